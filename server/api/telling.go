package api

import (
	"context"

	"warmcabin/server/cabin"
)

// NotifyKind is a sort of news with whether it is pushed to me.
type NotifyKind struct {
	Kind cabin.NoticeKind `json:"kind" enum:"booking_progress,report_progress,reminder,digest"`
	Name string           `json:"name"`
	Hint string           `json:"hint"`
	Push bool             `json:"push" doc:"false: in the inbox only"`
}

// NotifySettings are what I want to be told, and how.
type NotifySettings struct {
	Kinds    []NotifyKind    `json:"kinds" nullable:"false" doc:"what may be turned off; results and what needs me may not"`
	Credits  []NotifyCredits `json:"credits" nullable:"false" doc:"messages that I allowed WeChat and that are left, by template"`
	WeChat   bool            `json:"wechat" doc:"whether WeChat's subscribe messages are wanted at all"`
	Official OfficialChannel `json:"official"`
	Quiet    string          `json:"quiet" doc:"when nobody is disturbed, in words"`
}

// OfficialChannel is the official account as a way to me.
type OfficialChannel struct {
	Offered bool `json:"offered" doc:"there is one that tells people with my roles"`
	Follows bool `json:"follows" doc:"I follow it"`
	Push    bool `json:"push" doc:"I want its messages"`
}

// NotifyCredits are the messages left of one template.
type NotifyCredits struct {
	Title string `json:"title"`
	Left  int    `json:"left"`
	Keeps bool   `json:"keeps" doc:"of long term: it does not run out"`
}

func (s *Server) telling() {
	add(s, "notify-settings", s.notifySettings)
	add(s, "notify-setting", s.notifySetting)
}

func (s *Server) notifySettings(ctx context.Context, _ *struct{}) (*body[NotifySettings], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	wants, err := s.DB.Consents.Settings(ctx, a.PersonID)
	if err != nil {
		return nil, err
	}
	credits, err := s.DB.Consents.Credits(ctx, a.PersonID)
	out := NotifySettings{Kinds: []NotifyKind{}, Credits: []NotifyCredits{}, Quiet: s.DB.Presets().QuietHours()}
	for _, k := range cabin.MinorKinds {
		if !k.Work || a.Has(cabin.Deputy) {
			out.Kinds = append(out.Kinds, NotifyKind{k.Kind, k.Name, k.Hint, wants[k.Kind]})
		}
	}
	for _, key := range cabin.TemplateKeys {
		if t, ok := s.Templates[key]; ok && credits[key] > 0 {
			out.Credits = append(out.Credits, NotifyCredits{t.Title, credits[key], t.LongTerm})
		}
	}
	if err != nil {
		return nil, err
	}
	ways, err := s.DB.Consents.Channels(ctx, a.PersonID)
	out.WeChat, out.Official = ways.WeChat, OfficialChannel{Offered: s.OfficialTells && ways.Works, Follows: ways.Follows, Push: ways.Official}
	return reply(out), err
}

type notifyIn struct {
	Body struct {
		Kind    cabin.NoticeKind `json:"kind,omitempty" enum:"booking_progress,report_progress,reminder,digest"`
		Channel string           `json:"channel,omitempty" enum:"wechat,official" doc:"in place of kind: all by this way"`
		Push    bool             `json:"push"`
	}
}

func (s *Server) notifySetting(ctx context.Context, in *notifyIn) (*body[NotifySettings], error) {
	var err error
	switch b := in.Body; {
	case b.Channel == "wechat":
		err = s.DB.Consents.WantBy(ctx, me(ctx), cabin.ByOneTime, b.Push)
	case b.Channel == "official":
		err = s.DB.Consents.WantBy(ctx, me(ctx), cabin.ByOfficial, b.Push)
	default:
		err = s.DB.Consents.Want(ctx, me(ctx), b.Kind, b.Push)
	}
	if err != nil {
		return nil, err
	}
	return s.notifySettings(ctx, nil)
}
