package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Me is the person of the session.
type Me struct {
	ID     int64      `json:"id"`
	Name   string     `json:"name" doc:"empty until they say what to be called"`
	Roles  []Grant    `json:"roles" nullable:"false"`
	Unread int        `json:"unread"`
	Agree  int        `json:"agree" doc:"requests of other admins that wait for me"`
	Home   cabin.Role `json:"home" doc:"whose workbench to open first; resident for none"`
}

// Grant is a role with what it is for.
type Grant struct {
	Role      cabin.Role `json:"role"`
	RoleName  string     `json:"roleName"`
	ScopeID   int64      `json:"scopeId"`
	ScopeName string     `json:"scopeName"`
}

// Session is one logged-in device of mine.
type Session struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	CreatedAt time.Time `json:"createdAt"`
	SeenAt    time.Time `json:"seenAt" doc:"exact to an hour"`
	Current   bool      `json:"current"`
	Desktop   bool      `json:"desktop" doc:"a browser that was let in by a phone"`
}

// Worker is somebody with working roles.
type Worker struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Roles []Grant `json:"roles" nullable:"false"`

	FactorNeeded bool       `json:"factorNeeded" doc:"holds a role that asks for a second factor"`
	FactorAt     *time.Time `json:"factorAt,omitempty" doc:"since when there is one"`
}

func workerShape(w *mysql.Worker) Worker {
	out := Worker{ID: w.ID, Name: w.Name, Roles: []Grant{}}
	for _, g := range w.Grants {
		out.Roles = append(out.Roles, Grant{g.Role, g.Role.Name(), g.ScopeID, g.ScopeName})
	}
	if out.FactorNeeded = w.FactorNeeded(); out.FactorNeeded {
		out.FactorAt = localPtr(w.FactorAt)
	}
	return out
}

func (s *Server) profile(ctx context.Context, personID int64) (Me, error) {
	p, err := s.DB.People.ByID(ctx, personID)
	if err != nil {
		return Me{}, err
	}
	grants, err := s.DB.People.Grants(ctx, personID)
	if err != nil {
		return Me{}, err
	}
	unread, err := s.DB.Notices.Unread(ctx, personID)
	a := cabin.Actor{PersonID: personID}
	me := Me{ID: p.ID, Name: p.Name, Unread: unread, Roles: []Grant{}}
	for _, g := range grants {
		a.Grants = append(a.Grants, g.Grant)
		me.Roles = append(me.Roles, Grant{g.Role, g.Role.Name(), g.ScopeID, g.ScopeName})
	}
	me.Home = a.Home()
	if err == nil && a.Has(cabin.Admin) {
		me.Agree, err = s.DB.Agreements.Waiting(ctx, personID)
	}
	return me, err
}

type loginIn struct {
	Body struct {
		Code   string `json:"code" maxLength:"128" doc:"from wx.login, one use"`
		Device string `json:"device" maxLength:"120" doc:"how the device list will name this phone"`
	}
}

type loginOut struct {
	Token string `json:"token" doc:"send as Authorization: Bearer"`
	Me    Me     `json:"me"`
}

func (s *Server) session() {
	add(s, "environment", func(context.Context, *struct{}) (*body[Environment], error) {
		return reply(Environment{Name: "温馨小屋", Development: s.Development, Simulator: s.Sim != nil, PhoneButton: s.PhoneButton}), nil
	})
	add(s, "login", s.login)
	add(s, "logout", s.logout)
	add(s, "me", func(ctx context.Context, _ *struct{}) (*body[Me], error) {
		p, err := s.profile(ctx, me(ctx))
		return reply(p), err
	})
	add(s, "me-rename", s.rename)
	add(s, "sessions", s.listSessions)
	add(s, "session-revoke", func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"64"`
	}) (*none, error) {
		return nil, s.Sessions.Revoke(ctx, me(ctx), in.ID)
	})
	add(s, "sessions-revoke", func(ctx context.Context, _ *struct{}) (*none, error) {
		return nil, s.Sessions.RevokeAll(ctx, me(ctx))
	})
	add(s, "invite-redeem", s.redeem)
	add(s, "people", s.people)
	add(s, "role-revoke", func(ctx context.Context, in *struct {
		ID      int64      `path:"id"`
		Role    cabin.Role `path:"role" maxLength:"12"`
		ScopeID int64      `path:"scopeId"`
	}) (*none, error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		if !in.Role.Valid() {
			return nil, cabin.E(cabin.CodeNotFound, "没有这个角色。")
		}
		return nil, s.DB.People.Revoke(ctx, a, in.ID, cabin.Grant{Role: in.Role, ScopeID: in.ScopeID})
	})
}

// Environment is what the client should know before anybody logs in.
type Environment struct {
	Name        string `json:"name"`
	Development bool   `json:"development"`
	Simulator   bool   `json:"simulator" doc:"a browser gets its login code from /sim"`
	PhoneButton bool   `json:"phoneButton" doc:"WeChat's phone-number button may be offered"`
}

func (s *Server) login(ctx context.Context, in *loginIn) (*body[loginOut], error) {
	id, err := s.WeChat.Login(ctx, in.Body.Code)
	if err != nil {
		return nil, err
	}
	p, err := s.DB.People.Login(ctx, id.OpenID, id.UnionID)
	if err != nil {
		return nil, err
	}
	profile, err := s.profile(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	token, err := s.Sessions.Create(ctx, p.ID, cabin.Clean(in.Body.Device), len(profile.Roles) > 0)
	return reply(loginOut{Token: token, Me: profile}), err
}

type logoutOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *Server) logout(ctx context.Context, _ *struct{}) (*logoutOut, error) {
	c := ctx.Value(callerKey{}).(*caller)
	out := &logoutOut{}
	if c.desktop {
		out.SetCookie = []http.Cookie{s.cookie("")}
	}
	return out, s.Sessions.Logout(ctx, c.token)
}

type renameIn struct {
	Body struct {
		Name string `json:"name" maxLength:"80"`
	}
}

func (s *Server) rename(ctx context.Context, in *renameIn) (*body[Me], error) {
	name := strings.ReplaceAll(cabin.Clean(in.Body.Name), "\n", " ")
	if err := cabin.CheckText("name", name, 1, cabin.MaxName); err != nil {
		return nil, err
	}
	if err := s.DB.People.Rename(ctx, me(ctx), name); err != nil {
		return nil, err
	}
	p, err := s.profile(ctx, me(ctx))
	return reply(p), err
}

func (s *Server) listSessions(ctx context.Context, _ *struct{}) (*body[List[Session]], error) {
	c := ctx.Value(callerKey{}).(*caller)
	found, err := s.Sessions.List(ctx, c.pass.PersonID)
	if err != nil {
		return nil, err
	}
	out := List[Session]{Items: make([]Session, len(found))}
	for i, f := range found {
		out.Items[i] = Session{f.ID, f.Device, local(f.CreatedAt), local(f.SeenAt), f.ID == c.pass.SessionID, f.Desktop}
	}
	return reply(out), nil
}

type redeemIn struct {
	Body struct {
		Code string `json:"code" maxLength:"40"`
	}
}

func (s *Server) redeem(ctx context.Context, in *redeemIn) (*body[Me], error) {
	done, err := s.DB.People.Redeem(ctx, me(ctx), in.Body.Code)
	if err != nil {
		return nil, err
	}
	if done.PersonID != me(ctx) { // bound again: this phone logs in as who it now is
		if err := s.Sessions.RevokeAll(ctx, me(ctx)); err != nil {
			return nil, err
		}
	}
	p, err := s.profile(ctx, done.PersonID)
	return reply(p), err
}

func (s *Server) people(ctx context.Context, in *Paging) (*body[List[Worker]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	ws, err := s.DB.People.Workers(ctx, page.ID, page.Limit)
	if err != nil {
		return nil, err
	}
	return paged(ws, in.Limit, func(w mysql.Worker) (time.Time, int64) { return time.Time{}, w.ID }, func(w mysql.Worker) Worker { return workerShape(&w) }), nil
}
