package api

import (
	"context"

	"warmcabin/server/cabin"
	"warmcabin/server/vault"
)

// MyPhone is the phone that the caller left with us.
type MyPhone struct {
	Phone string `json:"phone" doc:"138****8000; empty when none is kept"`
}

func (s *Server) phone() {
	add(s, "my-phone", func(ctx context.Context, _ *struct{}) (*body[MyPhone], error) {
		phone, err := s.DB.People.Phone(ctx, me(ctx))
		return reply(MyPhone{vault.MaskedPhone(phone)}), err
	})
	add(s, "my-phone-save", s.savePhone)
	add(s, "my-phone-remove", func(ctx context.Context, _ *struct{}) (*none, error) {
		return nil, s.DB.People.RemovePhone(ctx, me(ctx))
	})
}

type savePhoneIn struct {
	Body struct {
		Code string `json:"code" maxLength:"128" doc:"from the phone-number button, one use, five minutes"`
	}
}

// savePhone keeps what WeChat says is the person's phone. Nobody needs one to book or to
// report: it is so that the desk can call.
func (s *Server) savePhone(ctx context.Context, in *savePhoneIn) (*body[MyPhone], error) {
	if !s.PhoneButton {
		return nil, cabin.E(cabin.CodeConflict, "这里还不能用微信的手机号。不留电话也能预约和反映。")
	}
	told, err := s.WeChat.Phone(ctx, in.Body.Code)
	if err != nil {
		return nil, err
	}
	phone, err := vault.NormalPhone(told)
	if err != nil {
		return nil, err
	}
	if err := s.DB.People.SavePhone(ctx, me(ctx), phone); err != nil {
		return nil, err
	}
	return reply(MyPhone{vault.MaskedPhone(phone)}), nil
}
