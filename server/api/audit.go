package api

import (
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// AuditEntry is who did what to what, when, from where, as the auditor reads it.
type AuditEntry struct {
	ID        int64      `json:"id"`
	At        time.Time  `json:"at"`
	ActorID   int64      `json:"actorId" doc:"0 = the system"`
	Actor     string     `json:"actor" doc:"a resident's is their number: the auditor need not know them by name"`
	Role      cabin.Role `json:"role"`
	RoleName  string     `json:"roleName"`
	Text      string     `json:"text" doc:"what was done, in words"`
	Kind      string     `json:"kind"`
	KindName  string     `json:"kindName"`
	ObjectID  int64      `json:"objectId" doc:"0 where the kind has no ids"`
	Detail    string     `json:"detail" doc:"states and ids, as JSON"`
	Address   string     `json:"address" doc:"where the request came from"`
	RequestID string     `json:"requestId" doc:"as in the server's log"`
	Sealed    bool       `json:"sealed" doc:"a later change would be found"`
}

// AuditKind is what entries can be about.
type AuditKind struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type auditIn struct {
	Paging
	ActorID int64  `query:"actorId" minimum:"0"`
	Kind    string `query:"kind" maxLength:"20"`
	From    string `query:"from" maxLength:"10" doc:"the first day, 2026-01-31"`
	To      string `query:"to" maxLength:"10" doc:"the last day"`
}

func (s *Server) audits() {
	add(s, "audit", s.listAudit)
	add(s, "audit-kinds", func(context.Context, *struct{}) (*body[List[AuditKind]], error) {
		var out List[AuditKind]
		for _, k := range cabin.AuditKinds {
			out.Items = append(out.Items, AuditKind{k.ID, k.Name})
		}
		return reply(out), nil
	})
}

// filter reads what is asked for (CodeInvalid).
func (in *auditIn) filter() (f mysql.AuditFilter, err error) {
	f.ActorID, f.Kind = in.ActorID, in.Kind
	if in.Kind != "" && !slices.ContainsFunc(cabin.AuditKinds, func(k struct{ ID, Name string }) bool { return k.ID == in.Kind }) {
		return f, cabin.Invalid("kind", "没有这一类记录。")
	}
	if in.From != "" {
		if f.From, err = date("from", in.From); err != nil {
			return f, err
		}
	}
	if in.To != "" {
		if f.To, err = date("to", in.To); err != nil {
			return f, err
		}
		f.To = f.To.AddDate(0, 0, 1)
	}
	if in.From != "" && in.To != "" && !f.From.Before(f.To) {
		return f, cabin.Invalid("to", "结束日期要在开始日期以后。")
	}
	return f, nil
}

func (s *Server) listAudit(ctx context.Context, in *auditIn) (*body[List[AuditEntry]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Audits.Audit(ctx, f, page.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	sealed, err := s.DB.Audits.Sealed(ctx)
	if err != nil {
		return nil, err
	}
	names, err := s.DB.Audits.Names(ctx, rows)
	if err != nil {
		return nil, err
	}
	return paged(rows, in.Limit, func(r cabin.AuditRow) (time.Time, int64) { return r.At, r.ID }, func(r cabin.AuditRow) AuditEntry {
		return AuditEntry{ID: r.ID, At: local(r.At), ActorID: r.ActorID, Actor: r.ActorName(names[r.ActorID]), Role: r.ActorRole, RoleName: r.ActorRole.Name(), Text: r.Text(),
			Kind: r.Kind, KindName: cabin.AuditKindName(r.Kind), ObjectID: r.ObjectID, Detail: r.Detail, Address: r.Address, RequestID: r.RequestID, Sealed: r.ID <= sealed}
	}), nil
}
