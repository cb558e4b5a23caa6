package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/sheet"
)

// Invite is shown once: only its hash is kept.
type Invite struct {
	Code      string     `json:"code"`
	Kind      string     `json:"kind"`
	Role      cabin.Role `json:"role"`
	RoleName  string     `json:"roleName"`
	ScopeID   int64      `json:"scopeId"`
	Page      string     `json:"page" doc:"the mini-program's page that redeems it, for a link"`
	ExpiresAt time.Time  `json:"expiresAt"`
}

// OpenInvite is one that nobody used yet; its code is not known any more.
type OpenInvite struct {
	ID        int64     `json:"id"`
	Kind      string    `json:"kind" enum:"grant,handover,rebind"`
	ForName   string    `json:"forName" doc:"who it is for; may be empty"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// PostHolder is somebody who holds a post.
type PostHolder struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Bound bool   `json:"bound" doc:"a WeChat account is theirs; false after their phone was unbound"`

	FactorAt *time.Time `json:"factorAt,omitempty" doc:"since when they have a second factor; of admins and auditors"`
}

// Post is what a role can be held for.
type Post struct {
	ScopeID int64        `json:"scopeId"`
	Name    string       `json:"name"`
	About   string       `json:"about"`
	Holders []PostHolder `json:"holders" nullable:"false"`
	Invites []OpenInvite `json:"invites" nullable:"false"`
}

// PostCount is how many posts of a role are held.
type PostCount struct {
	Role     cabin.Role `json:"role"`
	RoleName string     `json:"roleName"`
	Held     int        `json:"held"`
	Total    int        `json:"total" doc:"0 where any number may hold it"`
}

// Posts are the posts of one role, with the counts of all.
type Posts struct {
	Counts []PostCount `json:"counts" nullable:"false"`
	Items  []Post      `json:"items" nullable:"false"`
}

// Person is one who holds working roles.
type Person struct {
	Worker
	Bound   bool       `json:"bound"`
	Devices int        `json:"devices" doc:"sessions"`
	SeenAt  *time.Time `json:"seenAt,omitempty" doc:"exact to an hour; absent when nowhere logged in"`
}

func (s *Server) posts() {
	add(s, "invite-create", s.invite)
	add(s, "invite-picture", s.invitePicture)
	add(s, "invite-slips", s.inviteSlips)
	add(s, "invite-withdraw", func(ctx context.Context, in *ByID) (*none, error) {
		return nil, s.asAdmin(ctx, func(a cabin.Actor) error { return s.DB.People.Withdraw(ctx, a, in.ID) })
	})
	add(s, "posts", s.listPosts)
	add(s, "person", s.person)
	add(s, "person-unbind", s.unbind)
	add(s, "person-sign-out", s.signOut)
	add(s, "role-hand-over", s.handOver)
}

type inviteIn struct {
	Body struct {
		Kind     string     `json:"kind,omitempty" enum:"grant,handover,rebind" default:"grant" doc:"handover takes the role from personId; rebind gives personId back to somebody who lost their phone"`
		Role     cabin.Role `json:"role,omitempty" maxLength:"12" doc:"not of a rebind"`
		ScopeID  int64      `json:"scopeId,omitempty" doc:"the deputy, station, department or community; 0 for none, or every station"`
		PersonID int64      `json:"personId,omitempty"`
		ForName  string     `json:"forName,omitempty" maxLength:"80" doc:"who it is for, in the admin's words"`
		Days     int        `json:"days,omitempty" enum:"1,7" default:"1" doc:"7 for paper; not of an admin or auditor"`
	}
}

func (s *Server) invite(ctx context.Context, in *inviteIn) (*body[Invite], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	n := mysql.NewInvite{Code: cabin.NewInviteCode(), Kind: in.Body.Kind, Grant: cabin.Grant{Role: in.Body.Role, ScopeID: in.Body.ScopeID}, PersonID: in.Body.PersonID, ForName: oneLine(in.Body.ForName)}
	if n.Kind == mysql.InviteRebind {
		n.Grant = cabin.Grant{}
	}
	if in.Body.Days == 7 {
		if n.Kind != mysql.InviteGrant || n.Grant.Role == cabin.Admin || n.Grant.Role == cabin.Auditor {
			return nil, cabin.Invalid("days", "这个邀请码只能一天内有效。")
		}
		n.Life = mysql.PaperLife
	}
	expires, err := s.DB.People.Invited(ctx, a, n)
	if err != nil {
		return nil, err
	}
	return reply(Invite{n.Code, n.Kind, n.Grant.Role, n.Grant.Role.Name(), n.Grant.ScopeID, invitePage + n.Code, local(expires)}), nil
}

const invitePage = "/pages/me/invite?code="

// InvitePicture is the mini-program code of an invite.
type InvitePicture struct {
	Picture string `json:"picture" doc:"a data: address"`
}

// invitePicture draws the code of an invite that is still open. It is not kept: it is worth
// as much as the invite.
func (s *Server) invitePicture(ctx context.Context, in *redeemIn) (*body[InvitePicture], error) {
	if _, err := s.DB.People.InviteOf(ctx, in.Body.Code); err != nil {
		return nil, err
	}
	picture, err := s.WeChat.QRCode(ctx, string(cabin.InviteScene(in.Body.Code)), cabin.ScenePage)
	if err != nil {
		return nil, err
	}
	return reply(InvitePicture{"data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(picture)}), nil
}

// InviteSlips is a sheet of slips.
type InviteSlips struct {
	Count int    `json:"count"`
	Name  string `json:"name" doc:"for the file"`
	PDF   string `json:"pdf" doc:"base64"`
}

type slipsIn struct {
	Body struct {
		Role     cabin.Role `json:"role" enum:"deputy,staff,department,community,liaison"`
		ScopeIDs []int64    `json:"scopeIds" minItems:"1" maxItems:"60"`
	}
}

// inviteSlips makes an invite for each post and prints them, a week good, to be cut apart.
func (s *Server) inviteSlips(ctx context.Context, in *slipsIn) (*body[InviteSlips], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	posts, err := s.DB.People.Posts(ctx, in.Body.Role)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, p := range posts {
		names[p.ID] = p.Name
	}
	var invites []mysql.NewInvite
	for _, id := range in.Body.ScopeIDs {
		if names[id] == "" {
			return nil, cabin.Invalid("scopeIds", "有一项刚刚被停用了，请刷新后再选。")
		}
		invites = append(invites, mysql.NewInvite{Code: cabin.NewInviteCode(), Grant: cabin.Grant{Role: in.Body.Role, ScopeID: id}, Life: mysql.PaperLife})
	}
	street, err := s.DB.Offices.Street(ctx)
	if err != nil {
		return nil, err
	}
	expires, err := s.DB.People.InvitedAll(ctx, a, invites)
	if err != nil {
		return nil, err
	}
	slips := make([]sheet.Slip, len(invites))
	pictures, inTurn := errgroup.WithContext(ctx)
	pictures.SetLimit(6) // a sheet of sixty must not take a minute, nor all of WeChat's lanes
	for i, n := range invites {
		slips[i] = sheet.Slip{Role: in.Body.Role.Name(), Name: names[n.Grant.ScopeID], Code: n.Code, ExpiresAt: expires}
		pictures.Go(func() (err error) {
			slips[i].Picture, err = s.WeChat.QRCode(inTurn, string(cabin.InviteScene(n.Code)), cabin.ScenePage)
			return err
		})
	}
	if err := pictures.Wait(); err != nil {
		return nil, err
	}
	pdf, err := s.printed(ctx, func(f sheet.Fonts) ([]byte, error) { return sheet.Slips(f, street, slips, s.DB.Now()) })
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("邀请单-%s-%s.pdf", in.Body.Role.Name(), s.DB.Now().In(cabin.Shanghai).Format("20060102-1504"))
	return reply(InviteSlips{len(slips), name, base64.StdEncoding.EncodeToString(pdf)}), nil
}

type postsIn struct {
	Role cabin.Role `query:"role" enum:"deputy,staff,department,community,liaison,admin,auditor" default:"staff"`
}

func (s *Server) listPosts(ctx context.Context, in *postsIn) (*body[Posts], error) {
	counts, err := s.DB.People.PostCounts(ctx)
	if err != nil {
		return nil, err
	}
	posts, err := s.DB.People.Posts(ctx, in.Role)
	if err != nil {
		return nil, err
	}
	out := Posts{Counts: []PostCount{}, Items: make([]Post, len(posts))}
	for _, c := range counts {
		out.Counts = append(out.Counts, PostCount{c.Role, c.Role.Name(), c.Held, c.Total})
	}
	for i, p := range posts {
		shape := Post{ScopeID: p.ID, Name: p.Name, About: p.About, Holders: []PostHolder{}, Invites: []OpenInvite{}}
		for _, h := range p.Holders {
			shape.Holders = append(shape.Holders, PostHolder{h.PersonID, h.Name, h.Bound, localPtr(h.FactorAt)})
		}
		for _, inv := range p.Invites {
			shape.Invites = append(shape.Invites, OpenInvite{inv.ID, inv.Kind, inv.ForName, local(inv.CreatedAt), local(inv.ExpiresAt)})
		}
		out.Items[i] = shape
	}
	return reply(out), nil
}

func (s *Server) person(ctx context.Context, in *ByID) (*body[Person], error) {
	w, bound, err := s.DB.People.WorkerByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	sessions, err := s.Sessions.List(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := Person{Worker: workerShape(&w), Bound: bound, Devices: len(sessions)}
	if len(sessions) > 0 {
		out.SeenAt = localPtr(&sessions[0].SeenAt)
	}
	return reply(out), nil
}

// unbind takes the account away first, so that no new session can begin, then ends those
// there are. Should Redis not answer, asking again does the rest.
func (s *Server) unbind(ctx context.Context, in *ByID) (*none, error) {
	return nil, s.asAdmin(ctx, func(a cabin.Actor) error {
		if err := s.DB.People.Unbind(ctx, a, in.ID); err != nil {
			return err
		}
		return s.Sessions.RevokeAll(ctx, in.ID)
	})
}

func (s *Server) signOut(ctx context.Context, in *ByID) (*none, error) {
	if _, _, err := s.DB.People.WorkerByID(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, s.asAdmin(ctx, func(a cabin.Actor) error {
		if err := s.DB.People.SignedOut(ctx, a, in.ID); err != nil {
			return err
		}
		return s.Sessions.RevokeAll(ctx, in.ID)
	})
}

type handOverIn struct {
	ID      int64      `path:"id" minimum:"1"`
	Role    cabin.Role `path:"role" maxLength:"12"`
	ScopeID int64      `path:"scopeId"`
	Body    struct {
		ToID int64 `json:"toId" minimum:"1"`
	}
}

func (s *Server) handOver(ctx context.Context, in *handOverIn) (*none, error) {
	if !in.Role.Valid() {
		return nil, cabin.E(cabin.CodeNotFound, "没有这个角色。")
	}
	return nil, s.asAdmin(ctx, func(a cabin.Actor) error {
		return s.DB.People.HandOver(ctx, a, in.ID, in.Body.ToID, cabin.Grant{Role: in.Role, ScopeID: in.ScopeID})
	})
}
