package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/redis"
)

// DesktopCode is what a browser shows to be let in.
type DesktopCode struct {
	Key       string    `json:"key" doc:"22 characters; the code in the picture says q=<key>"`
	Secret    string    `json:"secret" doc:"stays in this browser: without it nobody gets the session"`
	Picture   []byte    `json:"picture" doc:"JPEG"`
	ExpiresAt time.Time `json:"expiresAt"`
	Seconds   int       `json:"seconds" doc:"until then, for a browser whose clock is wrong"`
}

// DesktopProgress is how far it has come.
type DesktopProgress struct {
	State string `json:"state" enum:"waiting,unfit,scanned,refused,used,expired,signed_in" doc:"unfit: scanned by somebody without a working role; it goes on waiting"`
	Me    *Me    `json:"me,omitempty" doc:"when signed in; the session is in a cookie that no script reads"`
}

// DesktopAsk is what a phone shows before its person says yes.
type DesktopAsk struct {
	Browser     string    `json:"browser"`
	Address     string    `json:"address" doc:"without its last part"`
	SameNetwork bool      `json:"sameNetwork" doc:"as the phone that asks this"`
	AskedAt     time.Time `json:"askedAt"`
	Seconds     int       `json:"seconds" doc:"left to answer"`
}

// A desktop's session travels in a cookie, and counts only beside "Authorization: Desktop",
// which no form and no other site's page can send.
const desktopScheme = "Desktop"

// desktopCookie is the cookie's name. The prefix makes browsers refuse one that was not set
// by this host over TLS; development has none.
func (s *Server) desktopCookie() string {
	if s.Development {
		return "warmcabin-desktop"
	}
	return "__Host-warmcabin-desktop"
}

// cookie holds a token, or with "" takes it away. It goes with the browser; the session
// itself ends sooner, when it is not used.
func (s *Server) cookie(token string) http.Cookie {
	c := http.Cookie{Name: s.desktopCookie(), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: !s.Development}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

func (s *Server) desktops() {
	add(s, "desktop-code", s.askDesktop)
	add(s, "desktop-poll", s.pollDesktop)
	add(s, "desktop-scan", s.scanDesktop)
	add(s, "desktop-answer", s.answerDesktop)
}

type desktopIn struct {
	Agent string `header:"User-Agent" maxLength:"1000"`
	Body  struct{}
}

func (s *Server) askDesktop(ctx context.Context, in *desktopIn) (*body[DesktopCode], error) {
	if err := s.Sessions.Allow(ctx, "all", *desktopsLimit); err != nil { // WeChat draws so many codes a minute for all of us
		return nil, err
	}
	code, err := s.Sessions.AskDesktop(ctx, cabin.BrowserName(in.Agent), clientIP(ctx))
	if err != nil {
		return nil, err
	}
	picture, err := s.WeChat.QRCode(ctx, string(cabin.DesktopScene(code.Key)), cabin.DesktopPage)
	if err != nil {
		return nil, err
	}
	return reply(DesktopCode{Key: code.Key, Secret: code.Secret, Picture: picture, ExpiresAt: local(code.Expires), Seconds: s.secondsTo(code.Expires)}), nil
}

type desktopPollIn struct {
	Agent string `header:"User-Agent" maxLength:"1000"`
	Body  struct {
		Key    string `json:"key" maxLength:"22"`
		Secret string `json:"secret" maxLength:"43"`
	}
}

type desktopPollOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      DesktopProgress
}

func (s *Server) pollDesktop(ctx context.Context, in *desktopPollIn) (*desktopPollOut, error) {
	state, person, err := s.Sessions.PollDesktop(ctx, in.Body.Key, in.Body.Secret)
	if err != nil {
		return nil, err
	}
	if state != redis.DesktopConfirmed {
		return &desktopPollOut{Body: DesktopProgress{State: string(state)}}, nil
	}
	browser := cabin.BrowserName(in.Agent)
	if err := s.DB.People.EnterDesktop(ctx, person, browser); err != nil {
		return nil, err
	}
	token, err := s.Sessions.CreateDesktop(ctx, person, "电脑 · "+browser)
	if err != nil {
		return nil, err
	}
	me, err := s.profile(ctx, person)
	return &desktopPollOut{SetCookie: []http.Cookie{s.cookie(token)}, Body: DesktopProgress{State: "signed_in", Me: &me}}, err
}

type desktopScanIn struct {
	Body struct {
		Key string `json:"key" maxLength:"22"`
	}
}

func (s *Server) scanDesktop(ctx context.Context, in *desktopScanIn) (*body[DesktopAsk], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.MayUseDesktop(); err != nil {
		if len(a.Asleep) == 0 { // else the phone asks for the factor, and comes again
			err = errors.Join(err, s.Sessions.UnfitDesktop(ctx, in.Body.Key))
		}
		return nil, err
	}
	d, err := s.Sessions.ScanDesktop(ctx, in.Body.Key, a.PersonID)
	if err != nil {
		return nil, err
	}
	coarse := cabin.CoarseAddress(d.IP)
	return reply(DesktopAsk{Browser: d.Browser, Address: coarse, SameNetwork: coarse != "" && coarse == cabin.CoarseAddress(clientIP(ctx)), AskedAt: local(d.AskedAt), Seconds: s.secondsTo(d.Expires)}), nil
}

type desktopAnswerIn struct {
	Body struct {
		Key string `json:"key" maxLength:"22"`
		Yes bool   `json:"yes" doc:"let it in"`
	}
}

func (s *Server) answerDesktop(ctx context.Context, in *desktopAnswerIn) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.MayUseDesktop(); in.Body.Yes && err != nil {
		return nil, err
	}
	return nil, s.Sessions.AnswerDesktop(ctx, in.Body.Key, a.PersonID, in.Body.Yes)
}

func (s *Server) secondsTo(at time.Time) int {
	return max(0, int(at.Sub(s.DB.Now()).Seconds()))
}

// desktopToken is the token in the cookie; "" for none.
func (s *Server) desktopToken(cookies string) string {
	found, err := http.ParseCookie(cookies)
	if err != nil {
		return ""
	}
	for _, c := range found {
		if c.Name == s.desktopCookie() {
			return c.Value
		}
	}
	return ""
}
