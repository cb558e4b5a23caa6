package config

import (
	"log/slog"

	"github.com/go-sql-driver/mysql"
	"go.yaml.in/yaml/v3"
)

const mask = "******"

// Secret is a setting that never appears in output: fmt, slog and YAML all show a mask. Use
// string(s) to hand the value to what needs it.
type Secret string

// String shows whether a value is set, not which.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString keeps %#v from showing the value.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue masks the value in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText masks the value in JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML masks the value in Masked.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// DSN is a database address whose password is masked in output.
type DSN string

// String returns the address with its password masked; an address that cannot be read is
// masked whole.
func (d DSN) String() string {
	if d == "" {
		return ""
	}
	parsed, err := mysql.ParseDSN(string(d))
	if err != nil {
		return mask
	}
	if parsed.Passwd != "" {
		parsed.Passwd = mask
	}
	return parsed.FormatDSN()
}

// GoString keeps %#v from showing the password.
func (d DSN) GoString() string { return `"` + d.String() + `"` }

// LogValue masks the password in logs.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText masks the password in JSON.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalYAML masks the password in Masked.
func (d DSN) MarshalYAML() (any, error) { return d.String(), nil }

// Masked returns the whole configuration as YAML with every secret masked, fit to be shown.
func (c Config) Masked() string {
	out, err := yaml.Marshal(c)
	if err != nil {
		return err.Error()
	}
	return string(out)
}
