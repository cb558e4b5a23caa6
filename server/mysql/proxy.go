package mysql

import (
	"context"
	"strings"

	"warmcabin/server/cabin"
)

// ProxyReport is what somebody of a community, a liaison officer or the desk reports for a
// resident who asked them to, and said yes to cabin.ReportConsent.
type ProxyReport struct {
	Actor      cabin.Actor
	Phone      string // in its normal form
	Name       string // may be empty with ResidentID
	ResidentID int64  // somebody known by this phone; 0 = look for the name
	Another    bool   // not one of those known by this phone
	How        cabin.ConsentHow
	Report     NewReport // without a reporter; its photos are the actor's uploads
}

// SubmitFor takes a report in on somebody's behalf, once for a key: it is the resident's,
// who is told where they have WeChat; else the actor is told in their place. The consent is
// kept with it. Errors: CodeForbidden outside the actor's community, CodeConflict when the
// phone is known by another name (cabin.MaskedName of it), and as Submit.
func (s Reports) SubmitFor(ctx context.Context, key Key, n ProxyReport) (*cabin.Report, error) {
	role, err := cabin.ProxyRole(n.Actor, n.Report.CommunityID)
	if err != nil {
		return nil, err
	}
	id, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		resident, err := tx.resident(WalkIn{Actor: n.Actor, Role: role, Phone: n.Phone, Name: n.Name, ResidentID: n.ResidentID, Another: n.Another})
		if err != nil {
			return 0, err
		}
		if resident == n.Actor.PersonID {
			return 0, cabin.Invalid("phone", "这是您自己的电话，请直接用“反映问题”。")
		}
		var wechat []struct {
			Has bool `db:"has"`
		}
		if err := tx.selectAll(&wechat, `SELECT openid IS NOT NULL AS has FROM persons WHERE id = ?`, resident); err != nil {
			return 0, err
		}
		r := cabin.Report{
			ReporterID: resident, CategoryID: n.Report.CategoryID, CommunityID: n.Report.CommunityID, ContactHidden: true,
			PlaceText: strings.TrimSpace(n.Report.Building + " " + n.Report.PlaceText), Building: n.Report.Building, Lat: n.Report.Lat, Lng: n.Report.Lng, Body: n.Report.Body,
		}
		if err := tx.resolveReport(&r, n.Report.Answers); err != nil {
			return 0, err
		}
		e, tell := r.BeginFor(n.Actor, role, len(wechat) == 0 || !wechat[0].Has, tx.Now, tx.presets())
		if err := tx.insertReports(nil, &r); err != nil {
			return 0, err
		}
		tx.savePerson(&r)
		tx.later(`INSERT INTO proxy_consents (person_id, matter_kind, matter_id, recorded_by, words, version, how, at) VALUES (?,?,?,?,?,?,?,?)`,
			resident, cabin.MatterReport, r.ID, n.Actor.PersonID, cabin.ReportConsent, cabin.ReportConsentVersion, n.How, tx.Now)
		return r.ID, s.record(tx, n.Actor, &r, e, tell, n.Report.PhotoIDs)
	})
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, id)
}

// Proxied pages through what the actor reported on others' behalf, newest first.
func (s Reports) Proxied(ctx context.Context, actor cabin.Actor, before int64, limit int) ([]*cabin.Report, error) {
	var list []*cabin.Report
	err := s.db.selectAll(ctx, &list, `SELECT `+reportColumns+reporterCalled+`
		FROM (SELECT matter_id FROM proxy_consents x WHERE recorded_by = ? AND matter_kind = 'report' AND matter_id < ? ORDER BY matter_id DESC LIMIT ?) page
		STRAIGHT_JOIN reports r ON r.id = page.matter_id ORDER BY r.id DESC`, actor.PersonID, orMax(before), limit)
	if err != nil {
		return nil, err
	}
	return list, s.db.label(ctx, list)
}
