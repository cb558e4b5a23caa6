package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// PublicReport is a report as everybody may read it: no name, no place but community and building.
type PublicReport struct {
	ID            int64         `json:"id"`
	Number        string        `json:"number"`
	Category      string        `json:"category"`
	Place         string        `json:"place" doc:"community, and building at most"`
	Body          string        `json:"body" doc:"masked"`
	StateName     string        `json:"stateName"`
	Tone          string        `json:"tone" enum:"waiting,done,told,late"`
	OutcomeName   string        `json:"outcomeName"`
	OutcomeText   string        `json:"outcomeText" doc:"masked"`
	Department    string        `json:"department"`
	Next          string        `json:"next"`
	ReopenedCount int           `json:"reopenedCount"`
	CreatedAt     time.Time     `json:"createdAt"`
	Receipt       string        `json:"receipt" doc:"the first digits of its chain's head (ADR 0013)"`
	Steps         int           `json:"steps" doc:"how many events its chain has"`
	Events        []PublicEvent `json:"events,omitempty" nullable:"false" doc:"newest first; only with one report"`
}

// PublicEvent is one step in public.
type PublicEvent struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who" doc:"a role"`
	Text   string    `json:"text"`
	Note   string    `json:"note" doc:"an office's words, masked"`
	Photos []Photo   `json:"photos" nullable:"false"`
}

func (s *Server) publicReport(r *cabin.Report) PublicReport {
	r.NameThen(s.DB.Names())
	return PublicReport{
		ID: r.ID, Number: r.Number(), Category: r.CategoryName, Place: r.CommunityName + r.PlaceText, Body: r.Body,
		StateName: r.State.Name(), Tone: tone(reportTones[r.State]), OutcomeName: r.Outcome.Name(), OutcomeText: cabin.Masked(r.OutcomeText),
		Department: r.DepartmentName, Next: r.Next(cabin.Actor{}, s.DB.Now()), ReopenedCount: r.ReopenedCount, CreatedAt: local(r.CreatedAt),
		Receipt: cabin.ReceiptCode(r.Head), Steps: r.ChainLength,
	}
}

func (s *Server) public() {
	add(s, "public-reports", s.publicReports)
	add(s, "public-report", s.onePublicReport)
	add(s, "public-report-photo", func(ctx context.Context, in *shownPhotoIn) (*huma.StreamResponse, error) {
		p, err := s.DB.Photos.Published(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return s.stream(ctx, p.File(), in.Size, "public, max-age=300") // it may be covered or withdrawn
	})
	add(s, "receipt-check", s.checkReceipt)
}

type publicReportsIn struct {
	Paging
	CategoryID  int64 `query:"categoryId"`
	CommunityID int64 `query:"communityId"`
	Solved      bool  `query:"solved" doc:"only what came to its end"`
}

func (s *Server) publicReports(ctx context.Context, in *publicReportsIn) (*body[List[PublicReport]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Reports.Public(ctx, mysql.PublicFilter{CategoryID: in.CategoryID, CommunityID: in.CommunityID, Solved: in.Solved, Before: page.ID, Limit: page.Limit})
	if err != nil {
		return nil, err
	}
	return paged(rows, in.Limit, func(r *cabin.Report) (time.Time, int64) { return r.CreatedAt, r.ID }, s.publicReport), nil
}

func (s *Server) onePublicReport(ctx context.Context, in *ByID) (*body[PublicReport], error) {
	r, past, err := s.DB.Reports.PublicOne(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := s.publicReport(r)
	for _, e := range past {
		out.Events = append(out.Events, PublicEvent{local(e.At), e.Role.Name(), e.Text, e.Note, photoShapes(e.Photos)})
	}
	return reply(out), nil
}

// ReceiptCheck is what a receipt proves.
type ReceiptCheck struct {
	Belongs bool   `json:"belongs" doc:"number and code belong together"`
	Whole   bool   `json:"whole" doc:"nothing was changed or taken away since"`
	Words   string `json:"words"`
}

type receiptIn struct {
	Number string `query:"number" maxLength:"20"`
	Code   string `query:"code" maxLength:"40"`
}

// checkReceipt tells nothing of a report but whether the receipt is one of it.
func (s *Server) checkReceipt(ctx context.Context, in *receiptIn) (*body[ReceiptCheck], error) {
	_, digits, _ := strings.Cut(strings.TrimSpace(in.Number), "-")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, cabin.Invalid("number", "编号是这样的：2026-0123。")
	}
	belongs, whole, err := s.DB.Reports.Receipt(ctx, id, in.Code)
	if err != nil {
		return nil, err
	}
	out := ReceiptCheck{Belongs: belongs, Whole: belongs && whole, Words: "编号和凭证对不上。请看看有没有抄错；没有抄错的话，请联系联络站核实。"}
	switch {
	case belongs && whole:
		out.Words = "对得上。从这张凭证起，每一步都在，没有被改动过。"
	case belongs:
		out.Words = "凭证对得上，但是后来的记录不完整。请联系人大工委核实。"
	}
	return reply(out), nil
}
