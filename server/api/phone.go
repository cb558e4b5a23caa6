package api

import (
	"context"

	"warmcabin/server/cabin"
	"warmcabin/server/vault"
)

// MyPhone is the phone that the caller left with us.
type MyPhone struct {
	Phone string `json:"phone" doc:"138****8000; empty when none is kept"`
	// Earlier is who may be the caller, or of their family.
	Earlier []string `json:"earlier" nullable:"false" doc:"names, masked, that the desk or a community wrote down under this phone for somebody without WeChat"`
}

func (s *Server) myPhone(ctx context.Context, phone string) (*body[MyPhone], error) {
	out := MyPhone{Phone: vault.MaskedPhone(phone), Earlier: []string{}}
	if phone == "" {
		return reply(out), nil
	}
	names, err := s.DB.People.Earlier(ctx, me(ctx))
	out.Earlier = append(out.Earlier, names...)
	return reply(out), err
}

// Joined is what came of joining an earlier person.
type Joined struct {
	Matters int `json:"matters" doc:"reports and bookings that came along; none when it was done before"`
}

type joinEarlierIn struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"40" doc:"the whole name that was written down"`
	}
}

// joinEarlier: the phone is WeChat's word, kept before; a typed one never comes here.
func (s *Server) joinEarlier(ctx context.Context, in *joinEarlierIn) (*body[Joined], error) {
	name := cabin.Clean(in.Body.Name)
	if err := cabin.CheckText("name", name, 1, cabin.MaxName); err != nil {
		return nil, err
	}
	n, err := s.DB.People.JoinEarlier(ctx, me(ctx), name)
	return reply(Joined{n}), err
}

func (s *Server) phone() {
	add(s, "my-phone", func(ctx context.Context, _ *struct{}) (*body[MyPhone], error) {
		phone, err := s.DB.People.Phone(ctx, me(ctx))
		if err != nil {
			return nil, err
		}
		return s.myPhone(ctx, phone)
	})
	add(s, "my-phone-save", s.savePhone)
	add(s, "my-phone-join", s.joinEarlier)
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
	return s.myPhone(ctx, phone)
}
