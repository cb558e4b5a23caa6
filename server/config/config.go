// Package config loads, validates and prints the settings of a warmcabin process: built-in
// defaults, then one YAML file, then WARMCABIN_… environment variables.
package config

import (
	"encoding/base64"
	"net"
	"strconv"
	"time"

	"warmcabin/server/cabin"
)

// Env says what kind of place a process runs in.
type Env string

// The two environments. Production refuses the simulator, demo data and default secrets.
const (
	Development Env = "development"
	Production  Env = "production"
)

// Config is everything that a process may be told. The yaml tags are the keys of the file;
// configs/config.example.yaml explains each to an operator.
type Config struct {
	Env       Env      `yaml:"env"`
	Demo      bool     `yaml:"demo"`       // allows the invented people and matters to be loaded
	SecretKey Secret   `yaml:"secret_key"` // 32 bytes in base64, see Config.Key
	Vault     Vault    `yaml:"vault"`
	HTTP      HTTP     `yaml:"http"`
	Metrics   Metrics  `yaml:"metrics"`
	MySQL     MySQL    `yaml:"mysql"`
	Redis     Redis    `yaml:"redis"`
	WeChat    WeChat   `yaml:"wechat"`
	Official  Official `yaml:"official"`
	Media     Media    `yaml:"media"`
	Client    Client   `yaml:"client"`
	Sheets    Sheets   `yaml:"sheets"`
	Worker    Worker   `yaml:"worker"`
	Security  Security `yaml:"security"`
}

// The values of security.second_factor.
const (
	FactorRequired = "required" // without one admins and auditors cannot use their roles
	FactorOptional = "optional" // only who bound one is asked
)

// Security is what people with power are asked for.
type Security struct {
	SecondFactor string `yaml:"second_factor"` // "" = required in production, optional in development
}

// Vault holds the keys of contacts, name and phone, in the forms of package vault.
type Vault struct {
	Keys     Secret `yaml:"keys"`      // what seals them: "2:KEY,1:KEY", the current one first
	IndexKey Secret `yaml:"index_key"` // what phones are searched by; stays when keys rotate
}

// HTTP is the public listener.
type HTTP struct {
	Host            string        `yaml:"host"`
	Port            int           `yaml:"port"` // 0 = any free port
	PublicURL       string        `yaml:"public_url"`
	TrustedProxies  []string      `yaml:"trusted_proxies"` // CIDR ranges whose X-Forwarded-For is believed
	ReadTimeout     time.Duration `yaml:"read_timeout"`
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout"`
}

// Addr returns host:port to listen on.
func (h HTTP) Addr() string { return net.JoinHostPort(h.Host, strconv.Itoa(h.Port)) }

// Metrics is the second listener, for Prometheus; never public.
type Metrics struct {
	Addr string `yaml:"addr"` // host:port; port 0 = any free port
}

// MySQL is the database, MySQL 8 or MariaDB 10.11 and later.
type MySQL struct {
	DSN     DSN `yaml:"dsn"`
	MaxOpen int `yaml:"max_open"`
	MaxIdle int `yaml:"max_idle"`
}

// Redis holds sessions, limits and WeChat's access token.
type Redis struct {
	Addr     string `yaml:"addr"` // host:port, or the path of a unix socket
	Password Secret `yaml:"password"`
	DB       int    `yaml:"db"`
}

// WeChat is the mini-program.
type WeChat struct {
	AppID     string `yaml:"app_id"`
	Secret    Secret `yaml:"secret"`
	Simulator bool   `yaml:"simulator"` // speak to wechatsim instead of WeChat
	// SimulatorURL is where a wechatsim of its own process answers, so that several servers
	// share one; "" = each process has one inside.
	SimulatorURL string `yaml:"simulator_url"`
	State        State  `yaml:"state"` // which version a message or a code opens
	// PhoneButton offers residents to leave their phone by WeChat's button: it costs money
	// beyond some calls, unless the account is a government's.
	PhoneButton bool                           `yaml:"phone_button"`
	Push        Push                           `yaml:"push"`
	Templates   map[cabin.TemplateKey]Template `yaml:"templates"` // all of cabin.TemplateKeys
}

// State is a version of the mini-program, as WeChat's miniprogram_state names it.
type State string

// The states of a mini-program.
const (
	StateDeveloper State = "developer"
	StateTrial     State = "trial"
	StateFormal    State = "formal"
)

// Push is the receiver of WeChat's events; both values empty = off.
type Push struct {
	Token  Secret `yaml:"token"`
	AESKey Secret `yaml:"aes_key"` // 43 characters
}

// Template is one message template as granted at mp.weixin.qq.com.
type Template struct {
	ID   string `yaml:"id"`
	Kind Kind   `yaml:"kind"`
	// OnUnknown says what happens to a message of which nobody knows whether it arrived.
	OnUnknown OnUnknown         `yaml:"on_unknown"` // drop when empty
	Fields    map[string]string `yaml:"fields"`     // WeChat's field (thing1, time2 …) → one of cabin.ValueSources
	Page      string            `yaml:"page"`       // what a tap opens, {id} stands for the matter's; "" = the news' own page
	State     State             `yaml:"state"`      // miniprogram_state: which version a tap opens; "" = wechat.state
	// KeepTryingHours is how long a message is tried while WeChat does not take it; 0 = 72.
	KeepTryingHours int `yaml:"keep_trying_hours"`
}

// OnUnknown is a Template's policy.
type OnUnknown string

// The policies: a lost message is in the inbox anyway, a resent one may come twice.
const (
	Drop   OnUnknown = "drop"
	Resend OnUnknown = "resend"
)

// Kind says how many messages one consent allows.
type Kind string

// The kinds of templates: the mini-program's subscribe messages, and the official account's.
const (
	OneTime         Kind = "one-time"
	LongTerm        Kind = "long-term"
	OfficialAccount Kind = "official"
)

// Official is the official account 公众号, the second channel for deputies and staff; app_id
// and secret empty = off.
type Official struct {
	AppID  string `yaml:"app_id"`
	Secret Secret `yaml:"secret"`
	Push   Push   `yaml:"push"`
	// Templates may lack some of cabin.TemplateKeys: those have no second channel.
	Templates map[cabin.TemplateKey]Template `yaml:"templates"`
}

// Media is where photos are kept: in the folder, or in a bucket of an S3 object store when
// one is named; the folder then holds what is being worked on.
type Media struct {
	Dir string `yaml:"dir"`
	S3  S3     `yaml:"s3"`
}

// S3 is a bucket; without an endpoint there is none.
type S3 struct {
	Endpoint  string `yaml:"endpoint"` // https://host[:port]
	Region    string `yaml:"region"`
	Bucket    string `yaml:"bucket"`
	Prefix    string `yaml:"prefix"` // of all names in it
	AccessKey string `yaml:"access_key"`
	SecretKey Secret `yaml:"secret_key"`
	PathStyle bool   `yaml:"path_style"` // https://host/bucket instead of https://bucket.host
}

// Client is the built browser client that the server hands out; "" = none.
type Client struct {
	Dir string `yaml:"dir"`
}

// Sheets are printed for walls with these fonts, TrueType; a missing file stops printing only.
type Sheets struct {
	Font string `yaml:"font"`
	Bold string `yaml:"bold"`
}

// Worker runs the jobs inside `serve`.
type Worker struct {
	Enabled  bool          `yaml:"enabled"`
	Interval time.Duration `yaml:"interval"` // the pause between two looks for due work
}

// DevelopmentKey is the secret_key of configs/config.dev.yaml. Everybody can read it, so
// production refuses it.
const DevelopmentKey = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE="

// developmentMark begins every key of configs/config.dev.yaml: "development-only-".
const developmentMark = "ZGV2ZWxvcG1lbnQtb25seS"

// Default returns the settings before any file or variable is read.
func Default() Config {
	return Config{
		Env: Development,
		HTTP: HTTP{
			Host: "127.0.0.1", Port: 8080,
			ReadTimeout: 30 * time.Second, ShutdownTimeout: 15 * time.Second,
		},
		Metrics: Metrics{Addr: "127.0.0.1:9090"},
		MySQL:   MySQL{MaxOpen: 20, MaxIdle: 10},
		Redis:   Redis{Addr: "127.0.0.1:6379"},
		WeChat:  WeChat{State: StateFormal},
		Media:   Media{Dir: ".run/media"},
		Worker:  Worker{Enabled: true, Interval: time.Second},
	}
}

// Key returns the bytes of secret_key, for keyed hashes. Only on a validated Config.
func (c Config) Key() []byte {
	key, err := base64.StdEncoding.DecodeString(string(c.SecretKey))
	if err != nil {
		panic("config: Key on a Config that was not validated: " + err.Error())
	}
	return key
}

// NeedsFactor tells whether admins and auditors must have a second factor.
func (c Config) NeedsFactor() bool {
	return c.Security.SecondFactor == FactorRequired || c.Security.SecondFactor == "" && c.IsProduction()
}

// IsProduction reports whether real people depend on this process.
func (c Config) IsProduction() bool { return c.Env == Production }
