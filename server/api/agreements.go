package api

import (
	"context"
	"encoding/json"
	"time"

	"warmcabin/server/cabin"
)

// Agreement is what one admin asks of the others (四眼).
type Agreement struct {
	ID         int64                  `json:"id"`
	Command    cabin.AgreementCommand `json:"command"`
	Title      string                 `json:"title"`
	About      string                 `json:"about" doc:"to whom a role goes, who an invite is for, what a list holds; may be empty"`
	AskerName  string                 `json:"askerName"`
	Mine       bool                   `json:"mine" doc:"I asked"`
	Reason     string                 `json:"reason"`
	State      cabin.AgreementState   `json:"state" enum:"open,agreed,refused,withdrawn,expired,void"`
	StateName  string                 `json:"stateName"`
	AnswerName string                 `json:"answerName" doc:"who answered"`
	Answer     string                 `json:"answer"`
	MayAnswer  bool                   `json:"mayAnswer"`
	CreatedAt  time.Time              `json:"createdAt"`
	ExpiresAt  time.Time              `json:"expiresAt"`
	AnsweredAt *time.Time             `json:"answeredAt,omitempty"`
	Code       string                 `json:"code,omitempty" doc:"the invite's, for me who asked, until it is used"`
	CodeUntil  *time.Time             `json:"codeUntil,omitempty"`
	ExportID   int64                  `json:"exportId,omitempty" doc:"for me who asked"`
}

// Agreements are the open ones, and the last of those that are over.
type Agreements struct {
	Items  []Agreement `json:"items" nullable:"false"`
	Admins int         `json:"admins" doc:"who can log in; with one of them nothing waits for a second"`
}

func (s *Server) agreements() {
	add(s, "agreements", s.listAgreements)
	add(s, "agreement", func(ctx context.Context, in *ByID) (*body[Agreement], error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		found, err := s.DB.Agreements.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return s.replyAgreement(ctx, a, found)
	})
	add(s, "agreement-ask", s.askAgreement)
	add(s, "agreement-answer", s.answerAgreement)
	add(s, "agreement-withdraw", func(ctx context.Context, in *ByID) (*none, error) {
		return nil, s.asAdmin(ctx, func(a cabin.Actor) error { return s.DB.Agreements.Withdraw(ctx, a, in.ID) })
	})
}

func (s *Server) listAgreements(ctx context.Context, _ *struct{}) (*body[Agreements], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	list, admins, err := s.DB.Agreements.List(ctx)
	if err != nil {
		return nil, err
	}
	out := Agreements{Items: make([]Agreement, len(list)), Admins: admins}
	for i := range list {
		out.Items[i] = s.agreementShape(a, &list[i])
	}
	return reply(out), nil
}

func (s *Server) agreementShape(a cabin.Actor, g *cabin.Agreement) Agreement {
	out := Agreement{
		ID: g.ID, Command: g.Command, Title: g.Title(), AskerName: g.AskerName, Mine: g.AskerID == a.PersonID, Reason: g.Reason, State: g.State, StateName: g.State.Name(),
		AnswerName: g.AnswerName, Answer: g.Answer, MayAnswer: g.Answerable(a, s.DB.Now()) == nil, CreatedAt: local(g.CreatedAt), ExpiresAt: local(g.ExpiresAt), AnsweredAt: localPtr(g.AnsweredAt),
	}
	if g.State == cabin.AgreementOpen && !s.DB.Now().Before(g.ExpiresAt) {
		out.State, out.StateName = cabin.AgreementExpired, cabin.AgreementExpired.Name()
	}
	switch {
	case g.ForName != "":
		out.About = "给" + g.ForName
	case g.ToName != "":
		out.About = "移交给" + g.ToName
	case g.Command == cabin.AgreeHandover:
		out.About = "移交给新的人，用邀请码"
	case g.Filters != "":
		var f cabin.ExportFilters
		if json.Unmarshal([]byte(g.Filters), &f) == nil {
			out.About = f.Words()
		}
	}
	if out.Mine && g.List() != "" {
		out.ExportID = g.ObjectID
	}
	return out
}

func (s *Server) replyAgreement(ctx context.Context, a cabin.Actor, g *cabin.Agreement) (*body[Agreement], error) {
	out := s.agreementShape(a, g)
	code, until, err := s.DB.Agreements.Code(ctx, a, g)
	if err != nil {
		return nil, err
	}
	if out.Code = code; code != "" {
		out.CodeUntil = localPtr(&until)
	}
	return reply(out), nil
}

type agreementIn struct {
	IdemKey
	Body struct {
		Command   cabin.AgreementCommand `json:"command" enum:"admin_invite,admin_handover,admin_revoke,admin_unbind,admin_rebind,factor_reset,contacts_export,booked_export"`
		PersonID  int64                  `json:"personId,omitempty" minimum:"0" doc:"whom it is about"`
		ToID      int64                  `json:"toId,omitempty" minimum:"0" doc:"of a handover to somebody who works here; 0 for an invite"`
		ForName   string                 `json:"forName,omitempty" maxLength:"80" doc:"of an invite: who it is for"`
		From      string                 `json:"from,omitempty" maxLength:"10" doc:"of a list with names and phones: the first day"`
		To        string                 `json:"to,omitempty" maxLength:"10" doc:"the last day"`
		StationID int64                  `json:"stationId,omitempty" minimum:"0"`
		Reason    string                 `json:"reason" maxLength:"800"`
	}
}

func (s *Server) askAgreement(ctx context.Context, in *agreementIn) (*body[Agreement], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	wanted := cabin.Agreement{Command: b.Command, PersonID: b.PersonID, ToID: b.ToID, ForName: oneLine(b.ForName), Reason: oneLine(b.Reason)}
	if wanted.List() != "" {
		text, err := json.Marshal(cabin.ExportFilters{From: b.From, To: b.To, StationID: b.StationID})
		if err != nil {
			return nil, err
		}
		wanted.Filters = string(text)
	}
	asked, err := s.DB.Agreements.Ask(ctx, in.of(ctx, "agreement", b), a, wanted)
	if err != nil {
		return nil, err
	}
	return s.replyAgreement(ctx, a, asked)
}

type answerIn struct {
	ByID
	Body struct {
		Agree  bool   `json:"agree"`
		Answer string `json:"answer,omitempty" maxLength:"800" doc:"why, in words; may be empty"`
	}
}

// answerAgreement carries out what was agreed to; the sessions of an unbound admin end after
// it was committed. Should Redis not answer, the same answer again does the rest.
func (s *Server) answerAgreement(ctx context.Context, in *answerIn) (*body[Agreement], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	g, err := s.DB.Agreements.Answer(ctx, a, in.ID, in.Body.Agree, oneLine(in.Body.Answer))
	if err != nil {
		return nil, err
	}
	if g.State == cabin.AgreementAgreed && g.Command == cabin.AgreeUnbind {
		if err := s.Sessions.RevokeAll(ctx, g.PersonID); err != nil {
			return nil, err
		}
	}
	return s.replyAgreement(ctx, a, g)
}
