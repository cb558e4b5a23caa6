package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"warmcabin/server/cabin"
	"warmcabin/server/redis"
)

type (
	callerKey  struct{}
	requestKey struct{}
)

// request is what every handler may know of where it came from.
type request struct {
	id, ip string
	log    *slog.Logger
}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// caller is who asks: the session's person, and their grants where the route wants a role.
type caller struct {
	token   string
	desktop bool // it came in the cookie
	pass    redis.Pass
	actor   *cabin.Actor
}

// gate stands before every handler: session, limit and role from the route table. One
// trip to Redis; one to MariaDB only where a working role is asked for, so that a right
// taken away is gone with the next request.
func (s *Server) gate(hc huma.Context, next func(huma.Context)) {
	r := row(hc.Operation().OperationID)
	ctx := hc.Context()
	if len(r.Roles) == 0 {
		if r.Limit != nil {
			if err := s.Sessions.Allow(ctx, clientIP(ctx), *r.Limit); err != nil {
				refuse(hc, err)
				return
			}
		}
		token, _ := s.tokenOf(hc)
		if !r.Known || token == "" {
			next(hc)
			return
		}
		pass, err := s.Sessions.Gate(ctx, token, nil, clientIP(ctx))
		switch cabin.CodeOf(err) {
		case "":
			hc = huma.WithContext(hc, context.WithValue(ctx, callerKey{}, &caller{token: token, pass: pass}))
		case cabin.CodeUnauthorized: // so that the client logs in again, and does not take itself for known
			refuse(hc, err)
			return
		}
		next(hc) // without Redis public reading goes on
		return
	}
	c := &caller{}
	var err error
	c.token, c.desktop = s.tokenOf(hc)
	if c.pass, err = s.Sessions.Gate(ctx, c.token, r.Limit, clientIP(ctx)); err != nil {
		refuse(hc, err)
		return
	}
	ctx = context.WithValue(ctx, callerKey{}, c)
	if r.Roles[0] != cabin.Resident {
		err = s.mustHold(ctx, r.Roles)
	}
	if err == nil && r.Factor {
		err = s.freshFactor(ctx)
	}
	if err != nil {
		refuse(hc, err)
		return
	}
	next(huma.WithContext(hc, ctx))
	if r.Method != http.MethodGet { // what they did, they see next, whatever it touched
		s.reportPages.forget(c.pass.PersonID)
	}
}

func (s *Server) mustHold(ctx context.Context, roles []cabin.Role) error {
	a, err := s.actor(ctx)
	if err != nil {
		return err
	}
	for _, role := range roles {
		if a.Has(role) {
			return nil
		}
	}
	for _, g := range a.Asleep {
		if slices.Contains(roles, g.Role) {
			return wantsFactor(a)
		}
	}
	return cabin.E(cabin.CodeForbidden, "您没有这项权限。如果刚刚调整过分工，请联系街道人大工委。")
}

// me is the caller's person.
func me(ctx context.Context) int64 { return ctx.Value(callerKey{}).(*caller).pass.PersonID }

// actor is the caller with their grants, read once a request.
func (s *Server) actor(ctx context.Context) (cabin.Actor, error) {
	c := ctx.Value(callerKey{}).(*caller)
	if c.actor == nil {
		a, err := s.DB.People.Actor(ctx, c.pass.PersonID)
		if err == nil {
			err = s.shift(ctx, c, a.Works())
		}
		if err != nil {
			return a, err
		}
		a = s.awake(c, a)
		c.actor = &a
	}
	return *c.actor, nil
}

// shift holds a session to the life that its person's roles give it, wherever they were
// granted or taken away. A working right is never used in a session that rested longer than
// a shift, even when it began as a resident's.
func (s *Server) shift(ctx context.Context, c *caller, works bool) error {
	if works == c.pass.Works {
		return nil
	}
	if works && s.DB.Now().Sub(c.pass.SeenAt) >= redis.WorkLife {
		if err := s.Sessions.Logout(ctx, c.token); err != nil {
			return err
		}
		return cabin.E(cabin.CodeUnauthorized, "请重新登录。")
	}
	c.pass.Works = works
	return s.Sessions.Works(ctx, c.token, works)
}

// visitor is the caller of a Known route, nobody in particular without a session.
func (s *Server) visitor(ctx context.Context) (cabin.Actor, error) {
	if _, known := ctx.Value(callerKey{}).(*caller); !known {
		return cabin.Actor{}, nil
	}
	return s.actor(ctx)
}

// tokenOf is the session's token: a phone's in the header, a desktop's in its cookie.
func (s *Server) tokenOf(hc huma.Context) (token string, desktop bool) {
	header := hc.Header("Authorization")
	if header == desktopScheme {
		return s.desktopToken(hc.Header("Cookie")), true
	}
	return bearer(header), false
}

func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func refuse(hc huma.Context, err error) {
	p := problem(hc.Context(), err)
	for k, v := range p.GetHeaders() {
		hc.SetHeader(k, v[0])
	}
	hc.SetHeader("Content-Type", p.ContentType(""))
	hc.SetStatus(p.Status)
	_ = json.NewEncoder(hc.BodyWriter()).Encode(p) // the connection is the caller's
}

func requestID(ctx context.Context) string { return requestOf(ctx).id }

func clientIP(ctx context.Context) string { return requestOf(ctx).ip }

func logger(ctx context.Context) *slog.Logger {
	if log := requestOf(ctx).log; log != nil {
		return log
	}
	return slog.Default()
}

// ipExtractor believes X-Forwarded-For only from these ranges.
func ipExtractor(ranges []string) (echo.IPExtractor, error) {
	if len(ranges) == 0 {
		return echo.ExtractIPDirect(), nil
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, r := range ranges {
		_, block, err := net.ParseCIDR(r)
		if err != nil {
			return nil, err
		}
		trust = append(trust, echo.TrustIPRange(block))
	}
	return echo.ExtractIPFromXFFHeader(trust...), nil
}

// unrouted answers what no handler did: unknown paths and Echo's own errors.
func (s *Server) unrouted(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	if he, ok := err.(*echo.HTTPError); ok {
		status = he.Code
		err = nil
	}
	var p *Problem
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		p = problem(c.Request().Context(), cabin.E(cabin.CodeNotFound, "没有这个页面。"))
	case http.StatusRequestEntityTooLarge:
		p = problem(c.Request().Context(), cabin.E(cabin.CodeTooLarge, "内容太大了，请减少一些。"))
	case http.StatusServiceUnavailable:
		p = problem(c.Request().Context(), cabin.E(cabin.CodeUnavailable, "系统暂时繁忙，请稍后再试。"))
	default:
		p = problem(c.Request().Context(), cabin.E(cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。", err))
	}
	c.Response().Header().Set(echo.HeaderContentType, p.ContentType(""))
	c.Response().WriteHeader(p.Status)
	_ = json.NewEncoder(c.Response()).Encode(p)
}
