package wechatsim

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The simulator's content check: a text that holds RiskyWord is risky, one that holds
// ReviewWord wants a person's look, every other passes.
const (
	RiskyWord  = "违规内容"
	ReviewWord = "疑似内容"
)

// maxBody bounds what the wire side reads, in bytes.
const maxBody = 1 << 20

// failure is WeChat's way to say no: HTTP 200 with an errcode.
type failure struct {
	Code int    `json:"errcode"`
	Msg  string `json:"errmsg"`
}

// refuse makes a failure whose message ends with a request id, as WeChat's do.
func refuse(code int, format string, args ...any) *failure {
	return &failure{code, fmt.Sprintf(format, args...) + " rid: " + strings.ToLower(rand.Text()[:16])}
}

type object = map[string]any

func ok(more object) object {
	out := object{"errcode": 0, "errmsg": "ok"}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// endpoint is one path of WeChat's. serve runs under the server's lock and returns an
// object, a *failure, or the bytes of a JPEG.
type endpoint struct {
	method string
	app    func(*Server) *account // whose access token the path wants; nil: none
	serve  func(s *Server, r *http.Request, body []byte) any
}

func mini(s *Server) *account     { return s.mini }
func official(s *Server) *account { return s.official }

var endpoints = map[string]endpoint{
	"/cgi-bin/token":                   {http.MethodGet, nil, (*Server).plainToken},
	"/cgi-bin/stable_token":            {http.MethodPost, nil, (*Server).stableToken},
	"/sns/jscode2session":              {http.MethodGet, nil, (*Server).codeToSession},
	"/wxa/business/getuserphonenumber": {http.MethodPost, mini, (*Server).phoneNumber},
	"/cgi-bin/message/subscribe/send":  {http.MethodPost, mini, (*Server).sendSubscribe},
	"/cgi-bin/message/template/send":   {http.MethodPost, official, (*Server).sendTemplate},
	"/wxaapi/newtmpl/gettemplate":      {http.MethodGet, mini, (*Server).templateList},

	"/cgi-bin/template/get_all_private_template": {http.MethodGet, official, (*Server).officialTemplateList},

	"/cgi-bin/user/info":          {http.MethodGet, official, (*Server).userInfo},
	"/cgi-bin/user/get":           {http.MethodGet, official, (*Server).followers},
	"/cgi-bin/user/info/batchget": {http.MethodPost, official, (*Server).userInfos},
	"/wxa/msg_sec_check":          {http.MethodPost, mini, (*Server).checkText},
	"/wxa/media_check_async":      {http.MethodPost, mini, (*Server).checkMedia},
	"/wxa/getwxacodeunlimit":      {http.MethodPost, mini, (*Server).qrCode},
}

// API is WeChat's wire side: what api.weixin.qq.com answers.
func (s *Server) API() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, known := endpoints[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			writeAnswer(w, refuse(47001, "data format error"))
			return
		}
		record := Call{At: s.now(), Path: r.URL.Path, Body: body}
		defer func() {
			if s.seen != nil && !record.Worked {
				s.seen(record)
			}
		}()
		work := func() any {
			answer := s.answer(e, r, body)
			if _, refused := answer.(*failure); !refused {
				record.Worked = true
				if s.seen != nil { // before anybody hears of it
					s.seen(record)
				}
			}
			return answer
		}
		if s.misbehave(w, r, &record, func() { work() }) {
			return
		}
		writeAnswer(w, work())
	})
}

func (s *Server) answer(e endpoint, r *http.Request, body []byte) any {
	if r.Method != e.method {
		if e.method == http.MethodGet {
			return refuse(43001, "require GET method")
		}
		return refuse(43002, "require POST method")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.app != nil {
		if fail := s.authorise(r.URL.Query().Get("access_token"), e.app(s)); fail != nil {
			return fail
		}
	}
	return e.serve(s, r, body)
}

func writeAnswer(w http.ResponseWriter, answer any) {
	if picture, ok := answer.([]byte); ok {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(picture)
		return
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		panic(err) // an answer of ours that JSON cannot hold
	}
	w.Write(out.Bytes())
}

// credentials checks an appid and its secret.
func (s *Server) credentials(appID, secret string) (*account, *failure) {
	for _, a := range []*account{s.mini, s.official} {
		if appID == "" || a.appID != appID {
			continue
		}
		if a.secret != secret {
			return nil, refuse(40125, "invalid appsecret")
		}
		return a, nil
	}
	return nil, refuse(40013, "invalid appid")
}

func (s *Server) plainToken(r *http.Request, _ []byte) any {
	q := r.URL.Query()
	if q.Get("grant_type") != "client_credential" {
		return refuse(40002, "invalid grant_type")
	}
	a, fail := s.credentials(q.Get("appid"), q.Get("secret"))
	if fail != nil {
		return fail
	}
	a.plain = s.issue(a, a.plain)
	return object{"access_token": a.plain, "expires_in": int(tokenLife / time.Second)}
}

func (s *Server) stableToken(_ *http.Request, body []byte) any {
	var in struct {
		GrantType string `json:"grant_type"`
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
		Force     bool   `json:"force_refresh"`
	}
	if json.Unmarshal(body, &in) != nil {
		return refuse(47001, "data format error")
	}
	if in.GrantType != "client_credential" {
		return refuse(40002, "invalid grant_type")
	}
	a, fail := s.credentials(in.AppID, in.Secret)
	if fail != nil {
		return fail
	}
	now := s.now()
	if in.Force && now.Before(a.forcedAt.Add(forcedGap)) {
		return refuse(45011, "api minute-quota reach limit")
	}
	if in.Force {
		a.forcedAt = now
	}
	t := s.tokens[a.stable]
	if in.Force || t == nil || !t.ends.After(now.Add(tokenOverlap)) {
		a.stable = s.issue(a, a.stable)
		t = s.tokens[a.stable]
	}
	return object{"access_token": a.stable, "expires_in": int(t.ends.Sub(now) / time.Second)}
}

func (s *Server) codeToSession(r *http.Request, _ []byte) any {
	q := r.URL.Query()
	if q.Get("grant_type") != "authorization_code" {
		return refuse(40002, "invalid grant_type")
	}
	a, fail := s.credentials(q.Get("appid"), q.Get("secret"))
	if fail != nil {
		return fail
	}
	if a != s.mini {
		return refuse(40013, "invalid appid")
	}
	hash, fail := s.redeem("login", q.Get("js_code"))
	if fail != nil {
		return fail
	}
	if p := s.person(hash); p != nil {
		p.seen = s.now()
	}
	key := make([]byte, 16)
	rand.Read(key)
	return object{
		"session_key": base64.StdEncoding.EncodeToString(key),
		"openid":      miniPrefix + hash,
		"unionid":     unionPrefix + hash,
	}
}

func (s *Server) phoneNumber(_ *http.Request, body []byte) any {
	var in struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(body, &in) != nil {
		return refuse(47001, "data format error")
	}
	hash, fail := s.redeem("phone", in.Code)
	if fail != nil {
		return fail
	}
	number := phoneOf(hash)
	return ok(object{"phone_info": object{
		"phoneNumber": number, "purePhoneNumber": number, "countryCode": "86",
		"watermark": object{"timestamp": s.now().Unix(), "appid": s.mini.appID},
	}})
}

func (s *Server) userInfo(r *http.Request, _ []byte) any {
	openid := r.URL.Query().Get("openid")
	hash, known := s.official.holder(openid)
	if !known {
		return refuse(40003, "invalid openid")
	}
	if p := s.people[hash]; p != nil && p.left {
		return object{"subscribe": 0, "openid": openid} // WeChat tells nothing more of who left
	}
	return object{"subscribe": 1, "openid": openid, "unionid": unionPrefix + hash, "language": "zh_CN",
		"subscribe_time": s.now().Add(-24 * time.Hour).Unix(), "tagid_list": []int{}}
}

// followers lists who followed by the control side.
func (s *Server) followers(r *http.Request, _ []byte) any {
	ids := []string{}
	for hash, p := range s.people {
		if p.follows {
			ids = append(ids, officialPrefix+hash)
		}
	}
	slices.Sort(ids)
	total := len(ids)
	if next := r.URL.Query().Get("next_openid"); next != "" {
		ids = slices.DeleteFunc(ids, func(id string) bool { return id <= next })
	}
	if len(ids) == 0 {
		return object{"total": total, "count": 0, "next_openid": ""}
	}
	return object{"total": total, "count": len(ids), "data": object{"openid": ids}, "next_openid": ids[len(ids)-1]}
}

func (s *Server) userInfos(_ *http.Request, body []byte) any {
	var in struct {
		List []struct {
			OpenID string `json:"openid"`
		} `json:"user_list"`
	}
	if json.Unmarshal(body, &in) != nil || len(in.List) == 0 || len(in.List) > 100 {
		return refuse(40032, "invalid openid list size")
	}
	infos := []object{}
	for _, one := range in.List {
		hash, known := s.official.holder(one.OpenID)
		if !known {
			return refuse(40003, "invalid openid")
		}
		if p := s.people[hash]; p != nil && p.left {
			infos = append(infos, object{"subscribe": 0, "openid": one.OpenID})
			continue
		}
		infos = append(infos, object{"subscribe": 1, "openid": one.OpenID, "unionid": unionPrefix + hash, "subscribe_time": s.now().Add(-24 * time.Hour).Unix()})
	}
	return object{"user_info_list": infos}
}

// active checks that this is a person of the mini-program who was there lately.
func (s *Server) active(openid string) *failure {
	hash, known := s.mini.holder(openid)
	if !known {
		return refuse(40003, "invalid openid")
	}
	if p := s.people[hash]; p == nil || s.now().Sub(p.seen) > activeFor {
		return refuse(61010, "code is expired")
	}
	return nil
}

func (s *Server) checkText(_ *http.Request, body []byte) any {
	var in struct {
		OpenID  string `json:"openid"`
		Scene   int    `json:"scene"`
		Version int    `json:"version"`
		Content string `json:"content"`
	}
	if json.Unmarshal(body, &in) != nil || in.Version != 2 || in.Scene < 1 || in.Scene > 4 || in.Content == "" {
		return refuse(40129, "invalid scene, version or content")
	}
	if utf8.RuneCountInString(in.Content) > 2500 {
		return refuse(45002, "content size out of limit")
	}
	if fail := s.active(in.OpenID); fail != nil {
		return fail
	}
	suggest, label := "pass", 100
	switch {
	case strings.Contains(in.Content, RiskyWord):
		suggest, label = "risky", 20006
	case strings.Contains(in.Content, ReviewWord):
		suggest, label = "review", 21000
	}
	return ok(object{
		"result":   object{"suggest": suggest, "label": label},
		"detail":   []object{{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}},
		"trace_id": rand.Text(),
	})
}

func (s *Server) checkMedia(_ *http.Request, body []byte) any {
	var in struct {
		URL     string `json:"media_url"`
		Type    int    `json:"media_type"`
		OpenID  string `json:"openid"`
		Scene   int    `json:"scene"`
		Version int    `json:"version"`
	}
	if json.Unmarshal(body, &in) != nil || in.Version != 2 || in.Scene < 1 || in.Scene > 4 || in.Type < 1 || in.Type > 2 {
		return refuse(40129, "invalid scene, version or type")
	}
	if !strings.HasPrefix(in.URL, "http://") && !strings.HasPrefix(in.URL, "https://") {
		return refuse(44002, "empty or invalid media_url")
	}
	if fail := s.active(in.OpenID); fail != nil {
		return fail
	}
	trace := rand.Text()
	suggest, label := "pass", "100"
	if hash, _ := s.mini.holder(in.OpenID); s.people[hash].verdict != "" {
		suggest, label = s.people[hash].verdict, verdictLabels[s.people[hash].verdict]
	}
	s.tell(s.mini, in.OpenID, "wxa_media_check", s.now().Add(checkTakes), in.URL,
		field{"appid", s.mini.appID}, field{"trace_id", trace}, field{"version", "2"}, field{"errcode", "0"}, field{"errmsg", "ok"},
		field{"detail", [][]field{{{"strategy", "content_model"}, {"errcode", "0"}, {"suggest", suggest}, {"label", label}, {"prob", "90"}}}},
		field{"result", []field{{"suggest", suggest}, {"label", label}}})
	return ok(object{"trace_id": trace})
}

// verdictLabels are the reasons that go with what a person's photos are said to be.
var verdictLabels = map[string]string{"pass": "100", "review": "21000", "risky": "20006"}

var scenePattern = regexp.MustCompile(`^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$`)

func (s *Server) qrCode(_ *http.Request, body []byte) any {
	var in struct {
		Scene     string `json:"scene"`
		Page      string `json:"page"`
		CheckPath *bool  `json:"check_path"`
		Env       string `json:"env_version"`
	}
	if json.Unmarshal(body, &in) != nil {
		return refuse(47001, "data format error")
	}
	if !scenePattern.MatchString(in.Scene) {
		return refuse(40169, "invalid length for scene, or the data is not json string")
	}
	if !slices.Contains([]string{"", "release", "trial", "develop"}, in.Env) {
		return refuse(40097, "invalid args")
	}
	checked := in.CheckPath == nil || *in.CheckPath
	if strings.HasPrefix(in.Page, "/") || strings.Contains(in.Page, "?") || (checked && !s.published(in.Page)) {
		return refuse(41030, "invalid page")
	}
	s.drawn = append([]Drawn{{in.Page, in.Scene, s.now()}}, s.drawn[:min(len(s.drawn), keepDrawn-1)]...)
	return drawCode(in.Page + "\n" + in.Scene)
}

// published says whether the live version of the mini-program has this page, which is
// named without a leading slash.
func (s *Server) published(page string) bool {
	path, _, _ := strings.Cut(page, "?")
	return !strings.HasPrefix(path, "/") && (path == "" || len(s.pages) == 0 || s.pages[path])
}
