// Package wechatsim is WeChat faked at the HTTP boundary: the platform's own paths and
// JSON, so that the real SDK speaks to it, and beside them a control side that plays the
// person's part (open the app, tap a prompt, read the notification list).
//
// It keeps WeChat's rules: login and phone codes work once and for five minutes, access
// tokens expire, one accepted prompt allows one message, template fields have limits.
// State is in memory and gone with the process. Never part of a production server.
package wechatsim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The two kinds of subscribe template. One accepted prompt allows one message of a
// OneTime template; a LongTerm one stays allowed until it is rejected.
const (
	OneTime  = "one-time"
	LongTerm = "long-term"
)

// Field is one line of a template. Name is WeChat's ("thing1"); Label is what the person
// reads ("预约时间"); Type is Name without its digits when left empty.
type Field struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Type  string `json:"type"`
}

// Template is a message template. Kind is OneTime (also when empty) or LongTerm; an
// official account's templates have no kind.
type Template struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Kind   string  `json:"kind"`
	Fields []Field `json:"fields"`
}

// Options set up a Server. The official account is absent when OfficialAppID is empty.
// Pages are the mini-program's published pages, without a leading slash (a message to
// another page gets 41030); none means that every page is taken. Seen, when not nil, is
// told of each call of the wire side, before it is answered; several at once. Now is
// time.Now when nil.
type Options struct {
	AppID, Secret                 string
	Templates                     []Template
	OfficialAppID, OfficialSecret string
	OfficialTemplates             []Template
	Pages                         []string
	Seen                          func(Call)
	Now                           func() time.Time
}

const (
	codeLife     = 5 * time.Minute
	tokenLife    = 2 * time.Hour
	tokenOverlap = 5 * time.Minute // an old token goes on working beside a new one
	forcedGap    = 30 * time.Second
	activeFor    = 2 * time.Hour // content checks want a person seen this recently
	keepMessages = 200           // per person
	maxPeople    = 10_000
	maxCodes     = 10_000
	maxTokens    = 1_000
	keepDrawn    = 20
)

// Server is the simulated platform. Safe for concurrent use.
type Server struct {
	now   func() time.Time
	pages map[string]bool
	seen  func(Call)

	mu       sync.Mutex
	mini     *account
	official *account
	people   map[string]*person // by the hash part of the openid
	codes    map[string]*code
	tokens   map[string]*token
	faults   map[string]*Fault
	weather  Weather
	lastID   int64
	events   []*outgoing
	once     map[string]onceSent // by receiver and client_msg_id
	drawn    []Drawn             // the newest mini-program codes, newest first
}

// account is one app: the mini-program or the official account.
type account struct {
	appID, secret string
	channel       string // in a person's messages: "subscribe" or "official"
	prefix        string // of this account's openids
	templates     []Template
	push          PushTo // where its events go
	stable        string // the current stable token
	plain         string // the current token of /cgi-bin/token
	forcedAt      time.Time
}

type person struct {
	name     string // "" until the control side names them
	seen     time.Time
	credits  map[string]int  // messages still allowed, by one-time template
	standing map[string]bool // accepted long-term templates
	messages []Message

	deaf    bool   // the main switch of subscribe messages is off
	follows bool   // followed the official account by the control side
	left    bool   // left it; who did neither may follow it from before this process
	verdict string // of the content check on their photos; "" = pass
	late    int    // so many next messages are taken and then not delivered
}

type code struct {
	kind   string // "login" or "phone"
	person string
	ends   time.Time
	used   bool
}

type token struct {
	account *account
	ends    time.Time
	revoked bool // ended before its time because newer ones took its place
}

// New makes a platform with nobody on it. It panics when two templates of one account
// share an ID: that is a mistake in the set-up.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		now:   o.Now,
		pages: map[string]bool{},
		seen:  o.Seen,
		mini: &account{appID: o.AppID, secret: o.Secret, channel: "subscribe",
			prefix: miniPrefix, templates: complete(o.Templates)},
		official: &account{appID: o.OfficialAppID, secret: o.OfficialSecret, channel: "official",
			prefix: officialPrefix, templates: complete(o.OfficialTemplates)},
		people: map[string]*person{},
		codes:  map[string]*code{},
		tokens: map[string]*token{},
		faults: map[string]*Fault{},
		once:   map[string]onceSent{},
	}
	for _, p := range o.Pages {
		s.pages[p] = true
	}
	return s
}

// complete copies templates (never nil, so that they list as []), filling in field types and kinds.
func complete(templates []Template) []Template {
	seen := map[string]bool{}
	out := append([]Template{}, templates...)
	for i := range out {
		t := &out[i]
		if seen[t.ID] {
			panic("wechatsim: two templates with the ID " + t.ID)
		}
		seen[t.ID] = true
		if t.Kind == "" {
			t.Kind = OneTime
		}
		t.Fields = slices.Clone(t.Fields)
		for j := range t.Fields {
			if f := &t.Fields[j]; f.Type == "" {
				f.Type = strings.TrimRight(f.Name, "0123456789")
			}
		}
	}
	return out
}

const (
	miniPrefix     = "oSim"
	unionPrefix    = "uSim"
	officialPrefix = "oGzh"
	hashLen        = 24
)

func hashOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])[:hashLen]
}

// OpenID is the openid that the mini-program sees for the person of this account name.
func OpenID(name string) string { return miniPrefix + hashOf(name) }

// UnionID is that person's unionid, the same in the mini-program and the official account.
func UnionID(name string) string { return unionPrefix + hashOf(name) }

// OfficialOpenID is the openid that the official account sees for that person.
func OfficialOpenID(name string) string { return officialPrefix + hashOf(name) }

// PhoneNumber is that person's invented number, 11 digits without a country code.
func PhoneNumber(name string) string { return phoneOf(hashOf(name)) }

func phoneOf(hash string) string {
	n := 0
	for _, c := range hash[:8] {
		n = (n*31 + int(c)) % 10_000
	}
	return fmt.Sprintf("1990000%04d", n)
}

// holder finds whose openid this is, for this account. A well-formed openid of somebody
// not seen yet is a person too: demo data and sessions outlive this process.
func (a *account) holder(openid string) (hash string, ok bool) {
	hash, ok = strings.CutPrefix(openid, a.prefix)
	if !ok || len(hash) != hashLen {
		return "", false
	}
	_, err := hex.DecodeString(hash)
	return hash, err == nil && strings.ToLower(hash) == hash
}

// Allow lets n messages of the mini-program's template through to the person of this account
// name, as n accepted prompts would. It answers in words what is wrong, "" when done.
func (s *Server) Allow(name, templateID string, n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code, words := s.checkPrompt([]string{templateID}); code != 0 {
		return words
	}
	p := s.person(hashOf(name))
	if p == nil {
		return "too many people"
	}
	p.name, p.seen = name, s.now()
	p.credits[templateID] += n
	return ""
}

func (a *account) template(id string) (Template, bool) {
	i := slices.IndexFunc(a.templates, func(t Template) bool { return t.ID == id })
	if i < 0 {
		return Template{}, false
	}
	return a.templates[i], true
}

// person returns the person with this hash, made when new; nil when the house is full.
func (s *Server) person(hash string) *person {
	p := s.people[hash]
	if p == nil && len(s.people) < maxPeople {
		p = &person{credits: map[string]int{}, standing: map[string]bool{}}
		s.people[hash] = p
	}
	return p
}

// mint makes a one-use code of the kind for the person; "" when too many are about.
func (s *Server) mint(kind, hash string) string {
	now := s.now()
	maps.DeleteFunc(s.codes, func(_ string, c *code) bool { return now.After(c.ends.Add(codeLife)) })
	if len(s.codes) >= maxCodes {
		return ""
	}
	text := "0" + rand.Text()
	s.codes[text] = &code{kind: kind, person: hash, ends: now.Add(codeLife)}
	return text
}

// redeem spends a code and returns whose it is.
func (s *Server) redeem(kind, text string) (hash string, fail *failure) {
	c := s.codes[text]
	switch {
	case c == nil || c.kind != kind || s.now().After(c.ends):
		return "", refuse(40029, "invalid code")
	case c.used && kind == "phone":
		return "", refuse(40029, "invalid code")
	case c.used:
		return "", refuse(40163, "code been used")
	}
	c.used = true
	return c.person, nil
}

// issue makes a new token for the account; the one that it replaces goes on for the overlap.
func (s *Server) issue(a *account, old string) string {
	now := s.now()
	// A while past its end a token still answers 42001 rather than 40001.
	maps.DeleteFunc(s.tokens, func(_ string, t *token) bool { return now.After(t.ends.Add(tokenLife)) })
	if t := s.tokens[old]; t != nil && t.ends.After(now.Add(tokenOverlap)) {
		t.ends, t.revoked = now.Add(tokenOverlap), true
	}
	if len(s.tokens) >= maxTokens {
		clear(s.tokens)
	}
	text := "SIM_" + rand.Text() + rand.Text()
	s.tokens[text] = &token{account: a, ends: now.Add(tokenLife)}
	return text
}

// authorise checks an access token for the account that a path belongs to.
func (s *Server) authorise(text string, a *account) *failure {
	t := s.tokens[text]
	switch {
	case text == "":
		return refuse(41001, "access_token missing")
	case !strings.HasPrefix(text, "SIM_"):
		return refuse(40014, "invalid access_token")
	case t == nil:
		return refuse(40001, "invalid credential, access_token is invalid or not latest")
	case s.now().Before(t.ends) && t.account != a:
		return refuse(48001, "api unauthorized")
	case s.now().Before(t.ends):
		return nil
	case t.revoked:
		return refuse(40001, "invalid credential, access_token is invalid or not latest")
	}
	return refuse(42001, "access_token expired")
}
