package config

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type composeFile struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
		Volumes     []string          `yaml:"volumes"`
		Healthcheck map[string]any    `yaml:"healthcheck"`
		DependsOn   map[string]any    `yaml:"depends_on"`
	} `yaml:"services"`
	Volumes map[string]any `yaml:"volumes"`
}

func TestComposeFiles(t *testing.T) {
	for name, services := range map[string][]string{
		"compose.yaml": {"app", "migrate", "mariadb", "redis"}, "compose.dev.yaml": {"mariadb", "redis"},
	} {
		text, err := os.ReadFile(configs + "deploy/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var file composeFile
		if err := yaml.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(file.Services) != len(services) {
			t.Errorf("%s has %d services, want %v", name, len(file.Services), services)
		}
		for _, want := range services {
			s, ok := file.Services[want]
			if !ok || s.Image == "" || len(s.Healthcheck) == 0 {
				t.Errorf("%s: %s is missing, or its image or health check is", name, want)
			}
			for _, port := range s.Ports {
				if !strings.HasPrefix(port, "127.0.0.1:") {
					t.Errorf("%s: %s publishes %s beyond this machine", name, want, port)
				}
			}
			for _, v := range s.Volumes {
				volume, _, _ := strings.Cut(v, ":")
				if strings.HasPrefix(volume, "./") {
					if _, err := os.Stat(configs + "deploy/" + volume); err != nil {
						t.Errorf("%s: %s mounts what is not there: %v", name, want, err)
					}
					continue
				}
				if _, ok := file.Volumes[volume]; !ok {
					t.Errorf("%s: %s uses the undeclared volume %s", name, want, volume)
				}
			}
			for other := range s.DependsOn {
				if _, ok := file.Services[other]; !ok {
					t.Errorf("%s: %s waits for %s, which does not exist", name, want, other)
				}
			}
		}
	}
}

// composeEnv is what the app gets from compose.yaml when env.example is filled in.
func composeEnv(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(configs + "deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file composeFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var env []string
	for name, value := range file.Services["app"].Environment {
		env = append(env, name+"="+regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(value, "4f1c9ab27d"))
	}
	return env
}

func TestEnvExampleIsAllThatProductionNeeds(t *testing.T) {
	text, err := os.ReadFile(configs + "deploy/env.example")
	if err != nil {
		t.Fatal(err)
	}
	real := lookup(filled())
	untouched, edited := composeEnv(t), composeEnv(t)
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(name, "#") || !strings.HasPrefix(name, prefix) {
			continue
		}
		untouched = append(untouched, name+"="+value)
		edited = append(edited, name+"="+real[name])
	}
	if c, err := Load(configs+"config.production.yaml", edited); err != nil {
		t.Errorf("filled in, it is refused:\n%v", err)
	} else if c.HTTP.Addr() != "0.0.0.0:8080" || c.HTTP.TrustedProxies[0] != "172.30.7.1/32" {
		t.Errorf("compose's own settings do not arrive: %+v", c.HTTP)
	}
	_, err = Load(configs+"config.production.yaml", untouched)
	faults := faultsOf(t, err)
	for _, key := range []string{"secret_key", "vault.keys", "vault.index_key", "http.public_url", "wechat.app_id", "wechat.secret", "wechat.templates.report_result.id"} {
		if faults[key] == "" {
			t.Errorf("the example value of %s is taken for real", key)
		}
	}
}
