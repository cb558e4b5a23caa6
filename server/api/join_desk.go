package api

import (
	"context"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/vault"
)

// Joinable is somebody who may be the person at the desk. The name is masked: they say it.
type Joinable struct {
	ID       int64  `json:"id"`
	Name     string `json:"name" doc:"王＊＊; empty when they never said it"`
	Reports  int    `json:"reports"`
	Bookings int    `json:"bookings"`
}

type lookToJoinIn struct {
	Body struct {
		Phone        string `json:"phone" minLength:"1" maxLength:"40" doc:"that was written down"`
		AccountPhone string `json:"accountPhone,omitempty" maxLength:"40" doc:"that their WeChat account left, when it is another"`
	}
}

type lookToJoinOut struct {
	Earlier  []Joinable `json:"earlier" nullable:"false" doc:"written down without WeChat"`
	Accounts []Joinable `json:"accounts" nullable:"false" doc:"WeChat accounts that left the phone"`
	Consent  string     `json:"consent" doc:"to be read aloud before anything is joined"`
}

// twoPhones reads what was typed; the second is the first when it was left out.
func twoPhones(typed, accountTyped string) (phone, account string, err error) {
	if phone, err = vault.NormalPhone(typed); err != nil {
		return "", "", err
	}
	if accountTyped == "" {
		return phone, phone, nil
	}
	if account, err = vault.NormalPhone(accountTyped); err != nil {
		return "", "", cabin.Invalid("accountPhone", "请填写 11 位手机号。")
	}
	return phone, account, nil
}

func (s *Server) lookToJoin(ctx context.Context, in *lookToJoinIn) (*body[lookToJoinOut], error) {
	phone, account, err := twoPhones(in.Body.Phone, in.Body.AccountPhone)
	if err != nil {
		return nil, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	earlier, accounts, err := s.DB.People.Joinable(ctx, a, phone, account)
	return reply(lookToJoinOut{joinables(earlier), joinables(accounts), cabin.JoinConsent}), err
}

func joinables(found []mysql.Joinable) []Joinable {
	out := make([]Joinable, len(found))
	for i, f := range found {
		out[i] = Joinable{ID: f.ID, Reports: f.Reports, Bookings: f.Bookings}
		if f.Name != "" {
			out[i].Name = cabin.MaskedName(f.Name)
		}
	}
	return out
}

type joinAtDeskIn struct {
	Body struct {
		Phone        string           `json:"phone" minLength:"1" maxLength:"40"`
		AccountPhone string           `json:"accountPhone,omitempty" maxLength:"40"`
		EarlierID    int64            `json:"earlierId" minimum:"1"`
		AccountID    int64            `json:"accountId" minimum:"1"`
		Consent      bool             `json:"consent" doc:"they said yes to the words read to them"`
		How          cabin.ConsentHow `json:"how,omitempty" enum:"face,phone," doc:"how the words were read; face to face when empty"`
	}
}

func (s *Server) joinAtDesk(ctx context.Context, in *joinAtDeskIn) (*body[Joined], error) {
	b := &in.Body
	n := mysql.DeskJoin{EarlierID: b.EarlierID, AccountID: b.AccountID, How: cabin.ConsentFace}
	if b.How != "" {
		n.How = b.How
	}
	var err error
	if n.Phone, n.AccountPhone, err = twoPhones(b.Phone, b.AccountPhone); err != nil {
		return nil, err
	}
	if !b.Consent {
		return nil, cabin.Invalid("consent", "请先把这段话读给本人听，对方同意了再合。")
	}
	if n.Actor, err = s.actor(ctx); err != nil {
		return nil, err
	}
	matters, err := s.DB.People.JoinAtDesk(ctx, n)
	return reply(Joined{matters}), err
}
