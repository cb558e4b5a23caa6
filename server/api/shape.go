package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Slot is a time that can be booked.
type Slot struct {
	Start       time.Time     `json:"start"`
	End         time.Time     `json:"end"`
	Service     cabin.Service `json:"service"`
	ServiceName string        `json:"serviceName"`
	StationID   int64         `json:"stationId"`
	StationName string        `json:"stationName"`
	RoomName    string        `json:"roomName"`
	TimeText    string        `json:"timeText" doc:"明天（11月24日 周二）上午 9:00–9:30"`
	Free        bool          `json:"free"`
	Queued      bool          `json:"queued" doc:"people wait in line for it: join the line"`
	Closed      bool          `json:"closed" doc:"too soon or too far to book; else what is not free is taken"`
	Kept        string        `json:"kept,omitempty" doc:"how long it is kept for whoever waited for it: 给您留 2 小时; empty when it is closed"`
}

func (s *Server) slot(sl cabin.Slot) Slot {
	out := Slot{
		Start: local(sl.Start), End: local(sl.End), Service: sl.Service, ServiceName: sl.Service.Name(),
		StationID: sl.StationID, StationName: sl.StationName, RoomName: sl.RoomName,
		TimeText: cabin.SpanText(sl.Start, sl.End, s.DB.Now()), Free: sl.Free, Queued: sl.Queued, Closed: sl.Closed,
	}
	if !sl.Closed {
		out.Kept = s.DB.Presets().OfferText(sl.Start)
	}
	return out
}

// Event is a line of a timeline: a role did something, in plain words.
type Event struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"at"`
	Who    string    `json:"who" doc:"a role, never a name; 您 for the reader"`
	Text   string    `json:"text"`
	Note   string    `json:"note"`
	Old    string    `json:"old,omitempty" doc:"the time before, where it changed"`
	New    string    `json:"new,omitempty" doc:"and after"`
	Photos []Photo   `json:"photos" nullable:"false"`
}

func events(past []cabin.PastEvent) []Event {
	out := make([]Event, len(past))
	for i, e := range past {
		out[i] = Event{ID: e.ID, At: local(e.At), Who: e.Role.Name(), Text: e.Text, Note: e.Note, Old: e.Old, New: e.New, Photos: photoShapes(e.Photos)}
		if e.Mine {
			out[i].Who = "您"
		}
	}
	return out
}

// Photo is a stored photo; GET /photos/{id} serves it to those who may see it, once it is
// ready.
type Photo struct {
	ID     string           `json:"id"`
	State  cabin.PhotoState `json:"state" enum:"processing,ready,bad"`
	Reason string           `json:"reason,omitempty" doc:"why it is bad, for its owner"`
	Width  int              `json:"width"`
	Height int              `json:"height"`
	Cover  string           `json:"cover,omitempty" doc:"changes when other areas are covered; empty: none are"`
	Stage  cabin.Stage      `json:"stage,omitempty" enum:"before,after," doc:"of a result: the place before or after"`
	Mine   bool             `json:"mine,omitempty" doc:"the reader sent it and may take it down; only with one report"`
}

func photoShape(p *cabin.Photo) Photo {
	shape := Photo{ID: p.ID, State: p.Shown(), Reason: p.Reason, Width: p.Width, Height: p.Height, Stage: p.Stage}
	if p.CoverID != "" {
		shape.Cover = p.CoverID[:8] // enough to tell two covers apart; it opens nothing
	}
	return shape
}

func photoShapes(photos []cabin.Photo) []Photo {
	out := make([]Photo, len(photos))
	for i := range photos {
		out[i] = photoShape(&photos[i])
	}
	return out
}

// Named is an id with its name.
type Named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Duty string `json:"duty,omitempty"`
}

func local(t time.Time) time.Time { return t.In(cabin.Shanghai) }

func localPtr(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	l := local(*t)
	return &l
}

// Paging is the query of every list.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

// page decodes the cursor (CodeInvalid).
func (p Paging) page() (mysql.Page, error) {
	page := mysql.Page{Limit: p.Limit}
	if p.Cursor == "" {
		return page, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	at, id, found := strings.Cut(string(raw), ".")
	ms, atErr := strconv.ParseInt(at, 10, 64)
	page.ID, _ = strconv.ParseInt(id, 10, 64) // 0 is refused
	if year := time.UnixMilli(ms).UTC().Year(); err != nil || !found || atErr != nil || page.ID <= 0 || year < 1 || year > 9999 {
		return page, cabin.Invalid("cursor", "列表已经更新，请下拉刷新。")
	}
	page.At = time.UnixMilli(ms).UTC()
	return page, nil
}

// date reads a day of the station's calendar (CodeInvalid about path).
func date(path, text string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, cabin.Shanghai)
	if err != nil || day.Year() < 2000 || day.Year() > 2100 {
		return day, cabin.Invalid(path, "日期不对，请重新选择。")
	}
	return day, nil
}

func cursor(at time.Time, id int64) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", at.UnixMilli(), id))
}

// paged shapes a page of rows; at says where a row stands in its order.
func paged[R, T any](rows []R, limit int, at func(R) (time.Time, int64), shape func(R) T) *body[List[T]] {
	out := List[T]{Items: make([]T, len(rows))}
	for i, r := range rows {
		out.Items[i] = shape(r)
	}
	if len(rows) == limit {
		out.Next = cursor(at(rows[len(rows)-1]))
	}
	return reply(out)
}

// stationsOf lists the stations whose desk the actor runs.
func (s *Server) stationsOf(ctx context.Context, a cabin.Actor) ([]int64, error) {
	if !a.Has(cabin.Admin) && !a.Holds(cabin.Staff, 0) {
		return a.Scopes(cabin.Staff), nil
	}
	stations, err := s.DB.Places.Stations(ctx)
	ids := make([]int64, len(stations))
	for i, st := range stations {
		ids[i] = st.ID
	}
	return ids, err
}
