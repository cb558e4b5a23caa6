// Package server_test holds the architecture to its rules by reading the source files, never
// the build's cache: who may import whom, what stands where, how long a file may get.
package server_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "warmcabin/"

// rule says what the files of one package may import of ours.
type rule struct {
	code  []string // its code
	tests []string // its tests, besides
	libs  []string // when not nil: the only libraries beyond the standard one
	bars  []string // parts of the standard library that it must do without
}

var (
	adapters = []string{"server/mysql", "server/redis", "server/media", "server/vault", "server/wechat", "server/excel", "server/sheet"}
	props    = []string{"server/instance", "server/mysql/dbtest", "server/media/mediatest", "server/wechat/wechatsim", "server/config", "sql"}
	within   = append([]string{"server/cabin"}, adapters...)
	whole    = []string{"server/api", "server/backup", "server/jobs", "server/demo", "server/config", "server/wechat/wechatsim", "sql"}
)

// rules has a line for every package: a new one needs a decision, written here.
var rules = map[string]rule{
	"server": {},
	"server/cabin": {
		libs: []string{"github.com/6tail/lunar-go", "github.com/pquerna/otp"},
		bars: []string{"os", "net", "net/http", "database/sql", "log", "log/slog", "io/fs"},
	},
	"server/moment":           {libs: []string{}, bars: []string{"os", "net", "net/http", "database/sql", "log", "log/slog", "io/fs"}},
	"server/mysql":            {code: []string{"server/cabin", "server/moment", "sql"}, tests: []string{"server/mysql/dbtest", "server/instance"}},
	"server/mysql/dbtest":     {code: []string{"server/cabin", "server/mysql", "server/vault", "server/instance", "sql"}},
	"server/redis":            {code: []string{"server/cabin", "server/moment"}, tests: []string{"server/instance"}},
	"server/sheet":            {code: []string{"server/cabin"}},
	"server/media":            {code: []string{"server/cabin"}, tests: []string{"server/media/mediatest"}},
	"server/media/mediatest":  {code: []string{"server/cabin", "server/media"}},
	"server/excel":            {code: []string{"server/cabin"}, bars: []string{"net", "net/http", "database/sql", "log", "log/slog"}},
	"server/vault":            {code: []string{"server/cabin"}, libs: []string{}, bars: []string{"os", "net", "net/http", "database/sql", "log", "log/slog", "io/fs"}},
	"server/wechat":           {code: []string{"server/cabin"}, tests: []string{"server/wechat/wechatsim"}},
	"server/wechat/wechatsim": {libs: []string{}},
	"server/instance":         {},
	"server/config":           {code: []string{"server/cabin", "server/vault"}},
	"server/demo":             {code: []string{"server/cabin", "server/mysql", "server/media", "server/wechat/wechatsim"}, tests: props},
	"server/backup":           {code: []string{"server/cabin", "server/mysql", "server/media"}, tests: append([]string{"server/demo"}, props...)},
	"server/jobs":             {code: within, tests: props},
	"server/api":              {code: within, tests: props},
	"server/cmd/warmcabin":    {code: slices.Concat(within, whole), tests: props},
	"server/cmd/cabindev":     {code: []string{"server/cabin", "server/config", "server/instance", "server/vault"}, tests: props},
	"server/bench":            {code: []string{"server/cabin", "server/config", "server/instance", "server/jobs", "server/mysql", "server/redis", "server/wechat", "server/wechat/wechatsim"}},
	"server/faults":           {code: []string{"server/cabin", "server/config", "server/instance", "server/mysql", "server/wechat", "server/wechat/wechatsim"}},
	"server/e2e":              {code: slices.Concat(within, whole, props)},
	"sql":                     {libs: []string{}},
}

// vague names say nothing about what is inside.
var vague = []string{"util", "utils", "common", "manager", "helper", "helpers", "misc", "shared"}

// topLevel is what may stand in the project's folder beside dot-names.
var topLevel = []string{"server", "miniprogram", "sql", "configs", "go.mod", "go.sum", "Makefile", "README.md"}

const longest = 600 // lines of a file that a person wrote, tests apart

func TestArchitecture(t *testing.T) {
	for _, v := range violations(t, os.DirFS("..")) {
		t.Error(v)
	}
}

// violations lists in words what in the project's folder breaks a rule.
func violations(t *testing.T, root fs.FS) []string {
	t.Helper()
	found := strangers(t, root)
	for _, top := range []string{"server", "sql"} {
		err := fs.WalkDir(root, top, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.Type().IsRegular() && strings.HasSuffix(name, ".go"):
				text, err := fs.ReadFile(root, name)
				if err != nil {
					return err
				}
				found = append(found, inFile(t, name, text)...)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// strangers lists what stands in the top folder and neither belongs there nor is ignored by
// name.
func strangers(t *testing.T, root fs.FS) []string {
	t.Helper()
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		t.Fatal(err)
	}
	ignored, _ := fs.ReadFile(root, ".gitignore") // none ignores nothing
	var found []string
	for _, e := range entries {
		known := strings.HasPrefix(e.Name(), ".") || slices.Contains(topLevel, e.Name()) ||
			slices.Contains(strings.Fields(string(ignored)), "/"+e.Name())
		if !known {
			found = append(found, fmt.Sprintf("%s does not belong in the top folder", e.Name()))
		}
	}
	return found
}

func inFile(t *testing.T, name string, text []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	folder, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	r, ok := rules[folder]
	if !ok {
		return []string{fmt.Sprintf("%s: package %s has no rule in server/arch_test.go", name, folder)}
	}
	var found []string
	if slices.Contains(vague, file.Name.Name) {
		found = append(found, fmt.Sprintf("%s: package %s says nothing with its name", name, file.Name.Name))
	}
	if lines := bytes.Count(text, []byte("\n")); lines > longest && !test && !ast.IsGenerated(file) {
		found = append(found, fmt.Sprintf("%s has %d lines, at most %d", name, lines, longest))
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if !r.allows(folder, imported, test) {
			found = append(found, fmt.Sprintf("%s must not import %s", name, imported))
		}
	}
	return found
}

func (r rule) allows(folder, imported string, test bool) bool {
	if ours, ok := strings.CutPrefix(imported, module); ok {
		return ours == folder || slices.Contains(r.code, ours) || test && slices.Contains(r.tests, ours)
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") { // the standard library
		return test || !slices.Contains(r.bars, imported)
	}
	if r.libs == nil || test {
		return true
	}
	return slices.ContainsFunc(r.libs, func(l string) bool { return imported == l || strings.HasPrefix(imported, l+"/") })
}

// TestRulesNameRealPackages finds misspelt lines: a rule must not allow what cannot exist.
func TestRulesNameRealPackages(t *testing.T) {
	for name, r := range rules {
		for _, allowed := range slices.Concat(r.code, r.tests) {
			if _, ok := rules[allowed]; !ok {
				t.Errorf("%s may import %s, which has no rule of its own", name, allowed)
			}
		}
	}
}

// TestAdaptersDoNotMeet holds the table itself to the house's first sentence.
func TestAdaptersDoNotMeet(t *testing.T) {
	for name, r := range rules {
		for _, allowed := range r.code {
			peers := slices.Contains(adapters, name) && slices.Contains(adapters, allowed)
			upper := slices.Contains([]string{"server/api", "server/jobs"}, name) && slices.Contains([]string{"server/api", "server/jobs"}, allowed)
			production := name == "server/cmd/warmcabin" && slices.Contains([]string{"server/instance", "server/mysql/dbtest", "server/media/mediatest"}, allowed)
			if peers || upper || production {
				t.Errorf("the table lets %s import %s", name, allowed)
			}
		}
	}
}

// TestPlantedViolationsAreFound shows that each rule can fail.
func TestPlantedViolationsAreFound(t *testing.T) {
	planted := map[string]struct{ text, want string }{
		"server/cabin/a.go":             {`package cabin; import _ "warmcabin/server/mysql"`, "must not import warmcabin/server/mysql"},
		"server/cabin/b.go":             {`package cabin; import _ "net/http"`, "must not import net/http"},
		"server/cabin/c.go":             {`package cabin; import _ "github.com/jmoiron/sqlx"`, "must not import github.com/jmoiron/sqlx"},
		"server/mysql/a.go":             {`package mysql; import _ "warmcabin/server/redis"`, "must not import warmcabin/server/redis"},
		"server/mysql/b.go":             {`package mysql; import _ "warmcabin/server/mysql/dbtest"`, "must not import warmcabin/server/mysql/dbtest"},
		"server/jobs/a.go":              {`package jobs; import _ "warmcabin/server/api"`, "must not import warmcabin/server/api"},
		"server/api/a.go":               {`package api; import _ "warmcabin/server/jobs"`, "must not import warmcabin/server/jobs"},
		"server/wechat/wechatsim/a.go":  {`package wechatsim; import _ "golang.org/x/text/width"`, "must not import golang.org/x/text/width"},
		"server/instance/a.go":          {`package instance; import _ "warmcabin/server/config"`, "must not import warmcabin/server/config"},
		"server/cmd/warmcabin/a.go":     {`package main; import _ "warmcabin/server/instance"`, "must not import warmcabin/server/instance"},
		"server/booking/a.go":           {`package booking`, "has no rule"},
		"server/vault/a.go":             {`package vault; import _ "log/slog"`, "must not import log/slog"},
		"server/mysql/c.go":             {`package mysql; import _ "warmcabin/server/vault"`, "must not import warmcabin/server/vault"},
		"server/redis/a.go":             {`package util`, "says nothing with its name"},
		"server/media/a.go":             {"package media\n" + strings.Repeat("\n", longest), "601 lines"},
		"docs/a.md":                     {"", "docs does not belong in the top folder"},
		"sql/embed.go":                  {"package sql\n\nimport _ \"github.com/x/y\"", "must not import github.com/x/y"},
		"server/media/testdata/skip.go": {"not even Go", ""},
		"server/jobs/fine_test.go":      {`package jobs; import _ "warmcabin/server/mysql/dbtest"`, ""},
		"server/api/fine.go":            {`package api; import (_ "warmcabin/server/cabin"; _ "github.com/labstack/echo/v4")`, ""},
		"server/api/long.go":            {"// Code generated by x. DO NOT EDIT.\n\npackage api\n" + strings.Repeat("\n", 2*longest), ""},
		"server/api/long_test.go":       {"package api\n" + strings.Repeat("\n", 2*longest), ""},
		"bench.json":                    {"", ""},
		".gitignore":                    {"/bench.json\n", ""},
	}
	root, want := fstest.MapFS{}, 0
	for name, p := range planted {
		root[name] = &fstest.MapFile{Data: []byte(p.text)}
		if p.want != "" {
			want++
		}
	}
	found := violations(t, root)
	if len(found) != want {
		t.Errorf("found %d violations, want %d:\n%s", len(found), want, strings.Join(found, "\n"))
	}
	for _, name := range slices.Sorted(maps.Keys(planted)) {
		p := planted[name]
		said := func(v string) bool {
			return strings.Contains(v, p.want) && (strings.HasPrefix(v, name) || strings.HasPrefix(v, "docs "))
		}
		if p.want != "" && !slices.ContainsFunc(found, said) {
			t.Errorf("%s: nobody said %q", name, p.want)
		}
	}
}
