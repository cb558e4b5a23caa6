package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"warmcabin/server/cabin"
)

const prefix = "WARMCABIN_"

// notSettings are variables that start like a setting and are none: the file's own path, and
// what our tools and tests say to each other.
var notSettings = regexp.MustCompile(`^WARMCABIN_(CONFIG|URL|TEST_.+)$`)

// Fault says in a Chinese sentence what is wrong with one key.
type Fault struct {
	Key     string // as in the file, "mysql.dsn"; "" when it is about the file itself
	Message string
}

func (f Fault) String() string {
	if f.Key == "" {
		return f.Message
	}
	return f.Key + "：" + f.Message
}

// Faults is every fault of a configuration at once; Load and Validate return it as their error.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads the file at path ("" = none) over the defaults, then the WARMCABIN_… variables
// of env (as os.Environ gives them), and validates the result. A variable's name is the key
// in capitals with "_" for ".": WARMCABIN_MYSQL_DSN, WARMCABIN_HTTP_PUBLIC_URL;
// WARMCABIN_PORT is short for WARMCABIN_HTTP_PORT. An empty variable counts as unset. A
// value ${NAME} in the file stands for the variable NAME.
//
// The error is Faults, and the Config is then what could be read, for showing only.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	k := koanf.New(".")
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return c, Faults{fileFault(path, err)}
		}
	}
	faults := expand(k, environ)
	faults = append(faults, overrides(k, environ)...)
	faults = append(faults, decode(k, &c)...)
	c.derive()
	if err, ok := errors.AsType[Faults](c.Validate()); ok {
		faults = append(faults, err...)
	}
	if faults = faults.distinct(); len(faults) > 0 {
		return c, faults
	}
	return c, nil
}

// distinct keeps the first fault of each key: a value that could not be read is then found
// missing as well, which tells nobody anything.
func (fs Faults) distinct() Faults {
	var out Faults
	for _, f := range fs {
		if f.Key == "" || !slices.ContainsFunc(out, func(o Fault) bool { return o.Key == f.Key }) {
			out = append(out, f)
		}
	}
	return out
}

func fileFault(path string, err error) Fault {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Fault{Message: fmt.Sprintf("找不到配置文件 %s，请用 -config 指定，可从 configs/config.example.yaml 复制一份", path)}
	case errors.Is(err, fs.ErrPermission):
		return Fault{Message: fmt.Sprintf("没有权限读取配置文件 %s", path)}
	}
	return Fault{Message: fmt.Sprintf("配置文件 %s 不是有效的 YAML：%v", path, err)}
}

var placeholder = regexp.MustCompile(`^\$\{([A-Za-z0-9_]+)\}$`)

// expand puts variables in the place of ${NAME} values. One that is unset is a fault unless
// the key's own WARMCABIN_ variable is there.
func expand(k *koanf.Koanf, environ []string) Faults {
	vars := lookup(environ)
	known := variables()
	var faults Faults
	for key, value := range k.All() {
		text, _ := value.(string)
		m := placeholder.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		k.Delete(key)
		if v := vars[m[1]]; v != "" {
			k.Set(key, v)
		} else if !overridden(key, known, vars) {
			faults = append(faults, Fault{key, "环境变量 " + m[1] + " 没有设置"})
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Key, b.Key) })
	return faults
}

func overridden(key string, known, vars map[string]string) bool {
	for name, k := range known {
		if k == key && vars[name] != "" {
			return true
		}
	}
	return false
}

func lookup(environ []string) map[string]string {
	vars := make(map[string]string, len(environ))
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		vars[name] = value
	}
	return vars
}

// overrides loads the WARMCABIN_ variables over the file. One that belongs to no key is a
// fault: it is a setting that its author believes in.
func overrides(k *koanf.Koanf, environ []string) Faults {
	known := variables()
	var faults Faults
	transform := func(name, value string) (string, any) {
		key, ok := known[name]
		if !ok && !notSettings.MatchString(name) {
			faults = append(faults, Fault{name, "没有这个设置，请核对环境变量的名字"})
		}
		if value == "" {
			return "", nil
		}
		return key, value
	}
	provider := env.Provider(".", env.Opt{Prefix: prefix, TransformFunc: transform, EnvironFunc: func() []string { return environ }})
	if err := k.Load(provider, nil); err != nil {
		faults = append(faults, Fault{Message: fmt.Sprintf("环境变量读取失败：%v", err)})
	}
	return faults
}

// variables maps the name of every variable to its key.
func variables() map[string]string {
	names := map[string]string{prefix + "PORT": "http.port"}
	for _, key := range leaves(reflect.TypeFor[Config](), "") {
		names[prefix+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))] = key
	}
	return names
}

// leaves lists the dotted keys of the settings below t that hold one value.
func leaves(t reflect.Type, path string) []string {
	var keys []string
	for f := range t.Fields() {
		key := path + f.Tag.Get("yaml")
		switch {
		case f.Type.Kind() == reflect.Struct:
			keys = append(keys, leaves(f.Type, key+".")...)
		case f.Type == reflect.TypeFor[map[cabin.TemplateKey]Template]():
			for _, name := range cabin.TemplateKeys {
				keys = append(keys, leaves(reflect.TypeFor[Template](), key+"."+string(name)+".")...)
			}
		case f.Type.Kind() != reflect.Map:
			keys = append(keys, key)
		}
	}
	return keys
}

// decode fills c; what c has and k has not stays as it is.
func decode(k *koanf.Koanf, c *Config) Faults {
	err := k.UnmarshalWithConf("", c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		TagName: "yaml", WeaklyTypedInput: true, MatchName: func(a, b string) bool { return a == b },
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(",")),
	}})
	faults := append(typeFaults(err), unknown(reflect.TypeFor[Config](), k.Raw(), "")...)
	slices.SortStableFunc(faults, func(a, b Fault) int { return strings.Compare(a.Key, b.Key) })
	return faults
}

// unknown finds the keys of raw that t has no field for.
func unknown(t reflect.Type, raw map[string]any, path string) Faults {
	var faults Faults
	for name, value := range raw {
		field, ok := child(t, name)
		if !ok {
			faults = append(faults, Fault{path + name, "没有这个设置，请核对拼写（全部设置见 configs/config.example.yaml）"})
		} else if below, ok := value.(map[string]any); ok {
			faults = append(faults, unknown(field, below, path+name+".")...)
		}
	}
	return faults
}

// child returns the type of the setting called name below t.
func child(t reflect.Type, name string) (reflect.Type, bool) {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
		for f := range t.Fields() {
			if f.Tag.Get("yaml") == name {
				return f.Type, true
			}
		}
	}
	return nil, false
}

// typeFaults turns the decoder's errors into sentences. The value is not repeated: it may be
// a secret that slipped into the wrong line.
func typeFaults(err error) Faults {
	switch e := err.(type) {
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var faults Faults
		for _, one := range e.Unwrap() {
			faults = append(faults, typeFaults(one)...)
		}
		return faults
	case *mapstructure.DecodeError:
		return Faults{{e.Name(), "值的类型不对，这里要填" + expected(e.Name())}}
	}
	if inner := errors.Unwrap(err); inner != nil {
		return typeFaults(inner)
	}
	return Faults{{Message: fmt.Sprintf("配置读取失败：%v", err)}}
}

// expected names the type of a key for a person.
func expected(key string) string {
	t := reflect.TypeFor[Config]()
	for name := range strings.SplitSeq(key, ".") {
		var ok bool
		if t, ok = child(t, name); !ok {
			return "合适的值"
		}
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "时长，如 30s"
	case t.Kind() == reflect.Bool:
		return " true 或 false"
	case t.Kind() == reflect.Int:
		return "整数"
	case t.Kind() == reflect.Slice:
		return "列表"
	case t.Kind() == reflect.Map, t.Kind() == reflect.Struct:
		return "一组下级设置"
	}
	return "文字"
}

// derive fills what follows from the rest.
func (c *Config) derive() {
	for i, p := range c.HTTP.TrustedProxies {
		c.HTTP.TrustedProxies[i] = strings.TrimSpace(p)
	}
	if c.HTTP.PublicURL == "" && !c.IsProduction() {
		c.HTTP.PublicURL = "http://" + net.JoinHostPort(c.HTTP.Host, strconv.Itoa(c.HTTP.Port))
	}
	c.HTTP.PublicURL = strings.TrimRight(c.HTTP.PublicURL, "/")
}
