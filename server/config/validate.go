package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
	"warmcabin/server/vault"
)

// Validate returns nil or every fault at once, as Faults. Production refuses what is only
// good for trying things out.
func (c *Config) Validate() error {
	var f Faults
	f.checkEnv(c)
	f.checkHTTP(c)
	f.checkStores(c)
	f.checkS3(&c.Media.S3)
	f.checkWeChat(c)
	f.checkKey(c)
	f.checkVault(c)
	if c.Env == Production {
		f.checkProduction(c)
	}
	if len(f) == 0 {
		return nil
	}
	return f
}

func (fs *Faults) add(key, format string, args ...any) {
	*fs = append(*fs, Fault{key, fmt.Sprintf(format, args...)})
}

func (fs *Faults) checkEnv(c *Config) {
	if c.Env != Development && c.Env != Production {
		fs.add("env", "只能是 development 或 production")
	}
	if s := c.Security.SecondFactor; s != "" && s != FactorRequired && s != FactorOptional {
		fs.add("security.second_factor", "只能是 required（管理员和审计必须用验证器）或 optional（绑定了才用）")
	}
	if c.Media.Dir == "" {
		fs.add("media.dir", "没有填写存放照片的文件夹")
	}
	if c.Worker.Interval < 50*time.Millisecond || c.Worker.Interval > time.Minute {
		fs.add("worker.interval", "要在 50ms 到 1m 之间，如 1s")
	}
}

func (fs *Faults) checkHTTP(c *Config) {
	if c.HTTP.Port < 0 || c.HTTP.Port > 65535 {
		fs.add("http.port", "端口要在 1 到 65535 之间（0 表示任选一个空闲端口）")
	}
	if u, err := url.Parse(c.HTTP.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		fs.add("http.public_url", "没有填写对外的网址，如 https://cabin.example.gov.cn")
	}
	for _, p := range c.HTTP.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			fs.add("http.trusted_proxies", "要填网段，如 10.0.0.0/8；单个地址写成 10.0.0.5/32")
		}
	}
	if c.HTTP.ReadTimeout < time.Second || c.HTTP.ReadTimeout > 10*time.Minute {
		fs.add("http.read_timeout", "要在 1s 到 10m 之间，如 30s")
	}
	if c.HTTP.ShutdownTimeout < time.Second || c.HTTP.ShutdownTimeout > 5*time.Minute {
		fs.add("http.shutdown_timeout", "要在 1s 到 5m 之间，如 15s")
	}
	fs.checkMetrics(c)
}

func (fs *Faults) checkMetrics(c *Config) {
	host, port, err := net.SplitHostPort(c.Metrics.Addr)
	if err != nil {
		fs.add("metrics.addr", "要填 地址:端口，如 127.0.0.1:9090")
		return
	}
	if !privateHost(host) {
		fs.add("metrics.addr", "不能对外公开，只能用本机或内网地址，如 127.0.0.1:9090")
	}
	if port != "0" && port == strconv.Itoa(c.HTTP.Port) {
		fs.add("metrics.addr", "不能和 http.port 用同一个端口")
	}
}

func privateHost(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.IsLoopback() || a.IsPrivate())
}

func (fs *Faults) checkStores(c *Config) {
	if c.MySQL.DSN == "" {
		fs.add("mysql.dsn", "没有填写数据库地址，如 用户:密码@tcp(127.0.0.1:3306)/warmcabin")
	} else if d, err := mysql.ParseDSN(string(c.MySQL.DSN)); err != nil {
		fs.add("mysql.dsn", "格式不对，应为 用户:密码@tcp(主机:端口)/数据库名")
	} else if d.DBName == "" {
		fs.add("mysql.dsn", "缺少数据库名，应为 用户:密码@tcp(主机:端口)/数据库名")
	}
	if c.MySQL.MaxOpen < 2 {
		fs.add("mysql.max_open", "至少为 2")
	}
	if c.MySQL.MaxIdle < 0 || c.MySQL.MaxIdle > c.MySQL.MaxOpen {
		fs.add("mysql.max_idle", "要在 0 到 mysql.max_open 之间")
	}
	if _, _, err := net.SplitHostPort(c.Redis.Addr); err != nil && !strings.HasPrefix(c.Redis.Addr, "/") {
		fs.add("redis.addr", "要填 主机:端口，如 127.0.0.1:6379")
	}
	if c.Redis.DB < 0 || c.Redis.DB > 15 {
		fs.add("redis.db", "要在 0 到 15 之间")
	}
}

var (
	bucketName   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	bucketPrefix = regexp.MustCompile(`^([A-Za-z0-9._-]+/)*$`)
)

func (fs *Faults) checkS3(s *S3) {
	if *s == (S3{}) {
		return
	}
	if u, err := url.Parse(s.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		fs.add("media.s3.endpoint", "要填对象存储的网址，不带桶名和路径，如 https://oss-cn-shanghai.aliyuncs.com")
	}
	if !bucketName.MatchString(s.Bucket) {
		fs.add("media.s3.bucket", "没有填写桶名，或者格式不对（小写字母、数字、点和横线）")
	}
	if !bucketPrefix.MatchString(s.Prefix) {
		fs.add("media.s3.prefix", "要以 / 结尾，如 warmcabin/；不用就留空")
	}
	if s.AccessKey == "" {
		fs.add("media.s3.access_key", "没有填写访问密钥的编号")
	}
	if s.SecretKey == "" {
		fs.add("media.s3.secret_key", "没有填写访问密钥")
	}
}

func (fs *Faults) checkPush(name string, p Push) {
	if (p.Token == "") != (p.AESKey == "") {
		fs.add(name, "token 和 aes_key 要么都填，要么都不填")
	}
	if key, err := base64.StdEncoding.DecodeString(string(p.AESKey) + "="); p.AESKey != "" && (err != nil || len(key) != 32) {
		fs.add(name+".aes_key", "应为 mp.weixin.qq.com 上显示的 43 个字符")
	}
}

func (fs *Faults) checkWeChat(c *Config) {
	w := &c.WeChat
	if w.AppID == "" {
		fs.add("wechat.app_id", "没有填写小程序的 AppID")
	}
	if w.Secret == "" {
		fs.add("wechat.secret", "没有填写小程序的 AppSecret")
	}
	if !slices.Contains([]State{StateDeveloper, StateTrial, StateFormal}, w.State) {
		fs.add("wechat.state", "只能是 developer、trial 或 formal")
	}
	if u, err := url.Parse(w.SimulatorURL); w.SimulatorURL != "" && (err != nil || u.Scheme != "http" || !onThisMachine(u.Host) || !w.Simulator) {
		fs.add("wechat.simulator_url", "要填本机的网址，如 http://127.0.0.1:8081，并把 wechat.simulator 设为 true")
	}
	fs.checkPush("wechat.push", w.Push)
	fs.checkPush("official.push", c.Official.Push)
	if c.Official.AppID == "" && c.Official.Push.Token != "" {
		fs.add("official.push", "填写了公众号的 app_id 和 secret 才能接收公众号的事件")
	}
	if (c.Official.AppID == "") != (c.Official.Secret == "") {
		fs.add("official", "app_id 和 secret 要么都填，要么都不填")
	}
	for _, key := range cabin.TemplateKeys {
		if _, ok := w.Templates[key]; !ok {
			fs.add("wechat.templates."+string(key), "没有填写这种通知的模板，写法见 configs/config.example.yaml")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Templates)) {
		fs.checkTemplate("wechat", key, w.Templates[key], OneTime, LongTerm)
	}
	for _, key := range slices.Sorted(maps.Keys(c.Official.Templates)) {
		fs.checkTemplate("official", key, c.Official.Templates[key], OfficialAccount)
	}
	if c.Official.AppID == "" && len(c.Official.Templates) > 0 {
		fs.add("official.templates", "填写了公众号的 app_id 和 secret 才能用公众号发通知")
	}
	if c.Official.AppID != "" && c.Official.AppID == w.AppID {
		fs.add("official.app_id", "公众号和小程序是两个账号，AppID 不会相同")
	}
}

// templatePage is a page of the mini-program with its query.
var templatePage = regexp.MustCompile(`^/?[a-z][0-9A-Za-z_/-]*(\?[0-9A-Za-z_=&{}-]*)?$`)

// templateField is how WeChat names the fields of a message: a type and a number.
var templateField = regexp.MustCompile(`^(thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase|enum|const)\d+$`)

func (fs *Faults) checkTemplate(account string, key cabin.TemplateKey, t Template, kinds ...Kind) {
	path := account + ".templates." + string(key)
	if !slices.Contains(cabin.TemplateKeys, key) {
		fs.add(path, "没有这种通知，全部通知见 configs/config.example.yaml")
		return
	}
	if t.ID == "" {
		fs.add(path+".id", "没有填写模板编号")
	}
	if !slices.Contains(kinds, t.Kind) {
		fs.add(path+".kind", "只能是 %s", strings.Trim(strings.ReplaceAll(fmt.Sprint(kinds), " ", " 或 "), "[]"))
	}
	if t.Page != "" && (!templatePage.MatchString(t.Page) || len(t.Page) > 100) {
		fs.add(path+".page", "不是小程序的页面，应如 pages/booking/detail?id={id}")
	}
	switch t.State {
	case "", StateDeveloper, StateTrial, StateFormal:
		if t.State != "" && t.Kind == OfficialAccount {
			fs.add(path+".state", "公众号的通知没有这一项")
		}
	default:
		fs.add(path+".state", "只能是 developer、trial 或 formal")
	}
	if t.KeepTryingHours < 0 || t.KeepTryingHours > 168 {
		fs.add(path+".keep_trying_hours", "填 1 到 168 小时，不填是 72")
	}
	if t.OnUnknown != "" && t.OnUnknown != Drop && t.OnUnknown != Resend {
		fs.add(path+".on_unknown", "只能是 drop 或 resend")
	}
	if len(t.Fields) == 0 {
		fs.add(path+".fields", "没有填写模板的字段")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		if !templateField.MatchString(name) {
			fs.add(path+".fields."+name, "不是微信的字段名，应如 thing1、time2、phrase3")
		} else if _, ok := cabin.ValueSources[t.Fields[name]]; !ok {
			fs.add(path+".fields."+name, "没有这项内容，可用的有 %s", strings.Join(slices.Sorted(maps.Keys(cabin.ValueSources)), "、"))
		}
	}
}

const howToMakeKey = "用 openssl rand -base64 32 生成"

func (fs *Faults) checkKey(c *Config) {
	key, err := base64.StdEncoding.DecodeString(string(c.SecretKey))
	switch {
	case c.SecretKey == "":
		fs.add("secret_key", "没有填写密钥，请%s", howToMakeKey)
	case err != nil || len(key) != 32:
		fs.add("secret_key", "应为 32 字节的 base64，请%s", howToMakeKey)
	}
}

// checkVault wants keys that differ: whoever gets to know one of them must not know two.
func (fs *Faults) checkVault(c *Config) {
	keys, index := string(c.Vault.Keys), string(c.Vault.IndexKey)
	if keys == "" {
		fs.add("vault.keys", "没有填写封存联系方式的密钥，应为 1:密钥，请%s", howToMakeKey)
	} else if _, err := vault.ParseKeys(keys); err != nil {
		fs.add("vault.keys", "%s", sentence(err))
	} else if c.SecretKey != "" && strings.Contains(keys, string(c.SecretKey)) {
		fs.add("vault.keys", "不能与 secret_key 相同，请另外%s", howToMakeKey)
	}
	if index == "" {
		fs.add("vault.index_key", "没有填写查找电话的密钥，请%s", howToMakeKey)
	} else if _, err := vault.ParseIndexKey(index); err != nil {
		fs.add("vault.index_key", "%s", sentence(err))
	} else if index == string(c.SecretKey) || strings.Contains(keys, index) {
		fs.add("vault.index_key", "不能与 secret_key 或 vault.keys 里的密钥相同，请另外%s", howToMakeKey)
	}
}

// sentence is what an error says to a person.
func sentence(err error) string {
	if e, ok := errors.AsType[*cabin.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

func (fs *Faults) checkProduction(c *Config) {
	if c.WeChat.Simulator {
		fs.add("wechat.simulator", "正式环境不能使用微信模拟器")
	}
	if c.Demo {
		fs.add("demo", "正式环境不能装入演示数据")
	}
	if c.Security.SecondFactor == FactorOptional {
		fs.add("security.second_factor", "正式环境里管理员和审计必须用验证器，请改成 required")
	}
	fs.checkPublicURL(c)
	fs.checkAppIDs(c)
	if u, err := url.Parse(c.Media.S3.Endpoint); err == nil && u.Scheme == "http" && !privateHost(u.Hostname()) {
		fs.add("media.s3.endpoint", "不在内网的对象存储必须用 https://")
	}
	fs.checkDefaultSecrets(c)
	for _, key := range cabin.TemplateKeys {
		if isDefault(c.WeChat.Templates[key].ID) {
			fs.add("wechat.templates."+string(key)+".id", "还是示例值，请换成 mp.weixin.qq.com 上的模板编号")
		}
		if isDefault(c.Official.Templates[key].ID) {
			fs.add("official.templates."+string(key)+".id", "还是示例值，请换成公众号后台的模板编号")
		}
	}
}

func (fs *Faults) checkPublicURL(c *Config) {
	u, err := url.Parse(c.HTTP.PublicURL)
	if err != nil || u.Host == "" {
		return // said already
	}
	if u.Scheme != "https" {
		fs.add("http.public_url", "正式环境必须用 https:// 开头的网址，微信不接受 http")
	} else if _, err := netip.ParseAddr(u.Hostname()); err == nil || u.Hostname() == "localhost" {
		fs.add("http.public_url", "必须用已备案的域名，微信不接受 IP 地址和 localhost")
	} else if isDefault(u.Hostname()) {
		fs.add("http.public_url", "还是示例值，请换成贵单位的域名")
	}
}

var appID = regexp.MustCompile(`^wx[0-9a-f]{16}$`)

func (fs *Faults) checkAppIDs(c *Config) {
	if !appID.MatchString(c.WeChat.AppID) {
		fs.add("wechat.app_id", "不是正式的 AppID（touristappid 和示例值不能用），应为 wx 加 16 位")
	}
	if c.Official.AppID != "" && !appID.MatchString(c.Official.AppID) {
		fs.add("official.app_id", "不是正式的 AppID，应为 wx 加 16 位")
	}
}

func (fs *Faults) checkDefaultSecrets(c *Config) {
	for _, s := range []struct {
		key   string
		value Secret
	}{
		{"media.s3.secret_key", c.Media.S3.SecretKey}, {"wechat.secret", c.WeChat.Secret}, {"wechat.push.token", c.WeChat.Push.Token},
		{"official.secret", c.Official.Secret}, {"official.push.token", c.Official.Push.Token}, {"redis.password", c.Redis.Password},
	} {
		if s.value != "" && isDefault(string(s.value)) {
			fs.add(s.key, "还是示例值，请换成真实的值")
		}
	}
	if c.Redis.Password == "" && !onThisMachine(c.Redis.Addr) {
		fs.add("redis.password", "Redis 不在本机，必须设置密码")
	}
	if c.SecretKey == DevelopmentKey || isDefault(string(c.SecretKey)) || repeats(c.SecretKey) {
		fs.add("secret_key", "还是示例值，请%s", howToMakeKey)
	}
	if strings.Contains(string(c.Vault.Keys), developmentMark) {
		fs.add("vault.keys", "含有示例值，请%s", howToMakeKey)
	}
	if strings.Contains(string(c.Vault.IndexKey), developmentMark) {
		fs.add("vault.index_key", "还是示例值，请%s", howToMakeKey)
	}
	if d, err := mysql.ParseDSN(string(c.MySQL.DSN)); err == nil && d.Net != "unix" {
		if d.Passwd == "" {
			fs.add("mysql.dsn", "数据库密码为空")
		} else if isDefault(d.Passwd) || d.Passwd == d.User {
			fs.add("mysql.dsn", "数据库密码还是示例值或与用户名相同，请更换")
		}
	}
}

func onThisMachine(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	a, err := netip.ParseAddr(host)
	return strings.HasPrefix(addr, "/") || host == "localhost" || err == nil && a.IsLoopback()
}

// repeats reports whether a key is one byte 32 times: all zeros is what people paste.
func repeats(s Secret) bool {
	key, err := base64.StdEncoding.DecodeString(string(s))
	return err == nil && len(key) > 0 && strings.Count(string(key), string(key[:1])) == len(key)
}

// samples are pieces of text that stand in examples and in nobody's real secret.
var samples = []string{
	"change-me", "changeme", "change_me", "replace", "placeholder", "example", "your-", "your_", "touristappid",
	"simulat", "请填写", "sim-",
}

// isDefault recognises example values and the passwords that everybody tries first.
func isDefault(s string) bool {
	s = strings.ToLower(s)
	for _, sample := range samples {
		if strings.Contains(s, sample) {
			return true
		}
	}
	if strings.HasPrefix(s, "<") || strings.HasPrefix(s, "${") {
		return true
	}
	return slices.Contains([]string{"todo", "sample", "secret", "password", "passwd", "root", "admin", "test", "demo", "123456", "12345678", "warmcabin"}, s)
}
