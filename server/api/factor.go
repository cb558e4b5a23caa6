package api

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// Factor is how my second factor stands.
type Factor struct {
	Needed      bool       `json:"needed" doc:"I hold a role that asks for one"`
	Required    bool       `json:"required" doc:"without one the role cannot be used"`
	Asleep      bool       `json:"asleep" doc:"my role waits for it in this session"`
	ConfirmedAt *time.Time `json:"confirmedAt,omitempty" doc:"absent when I have none"`
	UsedAt      *time.Time `json:"usedAt,omitempty"`
	GivenAt     *time.Time `json:"givenAt,omitempty" doc:"in this session"`
	Recovery    int        `json:"recovery" doc:"recovery codes that are left"`
}

// FactorSecret is shown once, until its first code was given.
type FactorSecret struct {
	Secret string `json:"secret" doc:"to be typed into an authenticator"`
	URI    string `json:"uri" doc:"otpauth:, for a code to scan"`
}

// RecoveryCodes are shown once.
type RecoveryCodes struct {
	Codes []string `json:"codes" nullable:"false"`
}

type factorCodeIn struct {
	Body struct {
		Code string `json:"code" maxLength:"40" doc:"six digits, or a recovery code"`
	}
}

func (s *Server) factors() {
	add(s, "factor", s.factor)
	add(s, "factor-begin", s.beginFactor)
	add(s, "factor-confirm", s.confirmFactor)
	add(s, "factor-give", s.giveFactor)
	add(s, "factor-codes", s.recoverFactor)
}

// awake puts to sleep what of the caller's grants waits for the second factor. It is the one
// place where a session's factor is looked at: who is asleep here is so for every handler.
func (s *Server) awake(c *caller, a cabin.Actor) cabin.Actor {
	if s.SecondFactor || a.FactorAt != nil {
		if !gaveFactor(c, a) {
			return a.Sleep()
		}
	}
	return a
}

// gaveFactor tells whether the factor that the person has now was given in this session.
func gaveFactor(c *caller, a cabin.Actor) bool {
	return a.FactorAt != nil && !c.pass.FactorAt.Before(*a.FactorAt)
}

// guarded tells whether somebody has to have a second factor, asleep or not.
func (s *Server) guarded(a cabin.Actor) bool {
	held, _ := cabin.Guarded(append(a.Asleep, a.Grants...))
	return len(held) > 0 && (s.SecondFactor || a.FactorAt != nil)
}

// wantsFactor is what a handler answers whose caller's role sleeps.
func wantsFactor(a cabin.Actor) error {
	if a.FactorAt == nil {
		return cabin.E(cabin.CodeFactorUnset, "管理员和审计要先绑定验证器。请到“我的 → 账号安全”绑定。")
	}
	return cabin.E(cabin.CodeFactor, "请输入验证器里的六位验证码。")
}

// freshFactor asks for the factor again when it was given too long ago.
func (s *Server) freshFactor(ctx context.Context) error {
	a, err := s.actor(ctx)
	if err != nil || !s.guarded(a) {
		return err
	}
	c := ctx.Value(callerKey{}).(*caller)
	if gaveFactor(c, a) && s.DB.Now().Sub(c.pass.FactorAt) < cabin.FactorFresh {
		return nil
	}
	return wantsFactor(a)
}

// roused turns a refusal into the question for the factor, where a sleeping role may be why.
func roused(ctx context.Context, err error) error {
	c, known := ctx.Value(callerKey{}).(*caller)
	if !known || c.actor == nil || len(c.actor.Asleep) == 0 {
		return err
	}
	switch cabin.CodeOf(err) {
	case cabin.CodeForbidden, cabin.CodeNotFound:
		return wantsFactor(*c.actor)
	}
	return err
}

// factorHolder is the caller, who holds a role that asks for a second factor.
func (s *Server) factorHolder(ctx context.Context) (cabin.Actor, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return a, err
	}
	if held, _ := cabin.Guarded(append(a.Asleep, a.Grants...)); len(held) == 0 {
		return a, cabin.E(cabin.CodeConflict, "只有管理员和审计需要验证器，您现在不用绑定。")
	}
	return a, nil
}

func (s *Server) factor(ctx context.Context, _ *struct{}) (*body[Factor], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.DB.Factors.Of(ctx, a.PersonID)
	if err != nil {
		return nil, err
	}
	held, _ := cabin.Guarded(append(a.Asleep, a.Grants...))
	out := Factor{
		Needed: len(held) > 0, Required: s.SecondFactor, Asleep: len(a.Asleep) > 0, ConfirmedAt: localPtr(f.ConfirmedAt), UsedAt: localPtr(f.UsedAt), Recovery: f.Recovery,
	}
	if c := ctx.Value(callerKey{}).(*caller); gaveFactor(c, a) {
		out.GivenAt = localPtr(&c.pass.FactorAt)
	}
	return reply(out), nil
}

// beginFactor makes a secret that waits for its first code. Who has a factor already gives
// it first: a phone left on a table changes nothing.
func (s *Server) beginFactor(ctx context.Context, _ *struct{}) (*body[FactorSecret], error) {
	a, err := s.factorHolder(ctx)
	if err == nil && a.FactorAt != nil {
		err = s.freshFactor(ctx)
	}
	if err != nil {
		return nil, err
	}
	p, err := s.DB.People.ByID(ctx, a.PersonID)
	if err != nil {
		return nil, err
	}
	secret, account := cabin.NewFactorSecret(), p.Name
	if account == "" {
		account = "管理员"
	}
	uri, err := cabin.FactorURI(secret, account)
	if err != nil {
		return nil, err
	}
	return reply(FactorSecret{secret, uri}), s.DB.Factors.Begin(ctx, a.PersonID, secret)
}

func (s *Server) confirmFactor(ctx context.Context, in *factorCodeIn) (*body[RecoveryCodes], error) {
	a, err := s.factorHolder(ctx)
	if err == nil && a.FactorAt != nil {
		err = s.freshFactor(ctx)
	}
	if err != nil {
		return nil, err
	}
	code, recovery, err := cabin.FactorCode(in.Body.Code)
	if err == nil && recovery {
		err = cabin.Invalid("code", "请填验证器里的六位数字。")
	}
	if err != nil {
		return nil, err
	}
	codes, err := s.DB.Factors.Confirm(ctx, a, code)
	if err != nil {
		return nil, err
	}
	return reply(RecoveryCodes{codes}), s.Sessions.GaveFactor(ctx, ctx.Value(callerKey{}).(*caller).token)
}

func (s *Server) giveFactor(ctx context.Context, in *factorCodeIn) (*none, error) {
	a, err := s.factorHolder(ctx)
	if err != nil {
		return nil, err
	}
	code, recovery, err := cabin.FactorCode(in.Body.Code)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Factors.Give(ctx, a, code, recovery); err != nil {
		return nil, err
	}
	return nil, s.Sessions.GaveFactor(ctx, ctx.Value(callerKey{}).(*caller).token)
}

func (s *Server) recoverFactor(ctx context.Context, _ *struct{}) (*body[RecoveryCodes], error) {
	a, err := s.factorHolder(ctx)
	if err == nil {
		err = s.freshFactor(ctx)
	}
	if err != nil {
		return nil, err
	}
	codes, err := s.DB.Factors.Recover(ctx, a)
	if err != nil {
		return nil, err
	}
	return reply(RecoveryCodes{codes}), nil
}
