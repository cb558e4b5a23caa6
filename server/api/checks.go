package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
)

// QueuedCheck is a text or a photo that waits for a person's look before it may be public.
// Who brought it is not said.
type QueuedCheck struct {
	ID        int64            `json:"id"`
	Kind      cabin.CheckKind  `json:"kind" enum:"text,image"`
	State     cabin.CheckState `json:"state" enum:"pending,passed,review,risky,manual,overturned,refused"`
	Why       string           `json:"why" doc:"why a person is asked"`
	Words     string           `json:"words" doc:"of a text"`
	Photo     string           `json:"photo" doc:"of a photo: GET /photos/{id}"`
	Appeal    string           `json:"appeal" doc:"the author's words when they asked for another look"`
	ReportID  int64            `json:"reportId"`
	Number    string           `json:"number"`
	Category  string           `json:"category"`
	QueuedAt  time.Time        `json:"queuedAt"`
	Decidable bool             `json:"decidable" doc:"not brought by the reader"`
}

// HeldBack is what of the reader's own is not public yet, and why.
type HeldBack struct {
	ID        int64           `json:"id"`
	Kind      cabin.CheckKind `json:"kind" enum:"text,image"`
	EventID   int64           `json:"eventId"`
	Photo     string          `json:"photo"`
	Words     string          `json:"words"`
	CanAppeal bool            `json:"canAppeal"`
}

func (s *Server) checks() {
	add(s, "check-queue", s.checkQueue)
	add(s, "check-decide", s.decideCheck)
	add(s, "check-appeal", s.appealCheck)
}

var checkWhy = map[cabin.CheckState]string{
	cabin.CheckReview: "微信建议请人看一看", cabin.CheckRisky: "微信认为不适合公开", cabin.CheckManual: "微信没有给出检查结果",
	cabin.CheckRefused: "本人对不公开提出申诉",
}

func why(c *cabin.Check) string {
	words := checkWhy[c.State]
	if c.AppealedAt != nil {
		words = checkWhy[cabin.CheckRefused]
	}
	if label := c.LabelName(); label != "" {
		words += "（" + label + "）"
	}
	return words
}

func (s *Server) checkQueue(ctx context.Context, in *Paging) (*body[List[QueuedCheck]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	stations, err := s.stationsOf(ctx, a)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Checks.Queue(ctx, stations, page)
	if err != nil {
		return nil, err
	}
	out := paged(rows, in.Limit, func(c *mysql.QueuedCheck) (time.Time, int64) { return *c.QueuedAt, c.ID }, func(c *mysql.QueuedCheck) QueuedCheck {
		return QueuedCheck{
			ID: c.ID, Kind: c.Kind, State: c.State, Why: why(&c.Check), Words: c.Words, Photo: c.PhotoID, Appeal: c.Appeal,
			ReportID: c.MatterID, Number: cabin.Number(c.MatterID, c.MatterCreated), Category: c.CategoryName,
			QueuedAt: local(*c.QueuedAt), Decidable: c.MayDecide(a) == nil,
		}
	})
	mine := out.Body.Items[:0]
	for i, c := range rows {
		if !c.Recused(a) {
			mine = append(mine, out.Body.Items[i])
		}
	}
	out.Body.Items = mine
	return out, nil
}

type decideCheckIn struct {
	ByID
	Body struct {
		Pass   bool   `json:"pass"`
		Reason string `json:"reason,omitempty" maxLength:"400" doc:"what its author reads; needed for a no"`
	}
}

func (s *Server) decideCheck(ctx context.Context, in *decideCheckIn) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.DB.Checks.Decide(ctx, a, in.ID, in.Body.Pass, cabin.Clean(in.Body.Reason))
	return nil, err
}

type appealCheckIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"400"`
	}
}

func (s *Server) appealCheck(ctx context.Context, in *appealCheckIn) (*body[HeldBack], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.DB.Checks.Appeal(ctx, a, in.ID, cabin.Clean(in.Body.Reason))
	if err != nil {
		return nil, err
	}
	return reply(heldBack(c)), nil
}

func heldBack(c *cabin.Check) HeldBack {
	return HeldBack{ID: c.ID, Kind: c.Kind, EventID: c.EventID, Photo: c.PhotoID, Words: c.Held(), CanAppeal: c.CanAppeal()}
}

// held lists what of the reader's own in this report is not public, and why.
func (s *Server) held(ctx context.Context, a cabin.Actor, reportID int64) ([]HeldBack, error) {
	checks, err := s.DB.Checks.Of(ctx, cabin.MatterReport, reportID)
	out := []HeldBack{}
	for _, c := range checks {
		if c.PersonID == a.PersonID && c.Held() != "" {
			out = append(out, heldBack(c))
		}
	}
	return out, err
}

// SignedMedia is where WeChat fetches a photo that it is to check: a signed part follows.
// No session is asked for; the signature, good for half an hour, is the right.
const SignedMedia = "/wechat/media/"

func (s *Server) signedMedia() {
	if s.Signer == nil {
		return
	}
	s.echo.GET(SignedMedia+":signed", func(c echo.Context) error {
		id, err := s.Signer.Open(c.Param("signed"), s.DB.Now())
		if err != nil {
			return echo.ErrNotFound
		}
		p, err := s.DB.Photos.Ready(c.Request().Context(), id)
		if err != nil {
			return echo.ErrNotFound
		}
		file, _, err := s.Photos.Get(c.Request().Context(), p.File(), media.Full) // never the original
		if err != nil {
			return echo.ErrNotFound
		}
		defer file.Close()
		size, err := file.Seek(0, io.SeekEnd)
		if err == nil {
			_, err = file.Seek(0, io.SeekStart)
		}
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		c.Response().Header().Set("Content-Length", strconv.FormatInt(size, 10))
		return c.Stream(http.StatusOK, media.ContentType, file)
	})
}
