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

// Preset is a limit that the admin may change.
type Preset struct {
	Name      string     `json:"name"`
	Group     string     `json:"group"`
	Title     string     `json:"title"`
	Unit      string     `json:"unit"`
	Meaning   string     `json:"meaning" doc:"what changes for people"`
	Min       int        `json:"min"`
	Max       int        `json:"max"`
	Default   int        `json:"default"`
	Value     int        `json:"value"`
	ChangedBy string     `json:"changedBy" doc:"who set it last; may be empty"`
	ChangedAt *time.Time `json:"changedAt,omitempty" doc:"never when absent"`
}

// YearDay is a day that is not as its weekday says, or that the office set.
type YearDay struct {
	Date      string `json:"date" format:"date"`
	Label     string `json:"label" doc:"10月1日 周四"`
	Workday   bool   `json:"workday"`
	Name      string `json:"name"`
	AsWeekday int    `json:"asWeekday" doc:"the weekday whose hours apply, 0 = Sunday; -1 = its own"`
	Own       bool   `json:"own" doc:"set by the office, else published"`
	Published string `json:"published" doc:"what the published calendar says of it: 国庆节放假, 调休上班"`
	ChangedBy string `json:"changedBy" doc:"who set it; may be empty"`
	Bookings  int    `json:"bookings" doc:"agreed meetings on it, from today on; they stay"`
	Past      bool   `json:"past" doc:"cannot be set any more"`
}

// Year is a year of the office's calendar.
type Year struct {
	Year      int       `json:"year"`
	Published bool      `json:"published" doc:"whether the state's holidays of this year are known"`
	Note      string    `json:"note" doc:"what is so while they are not; empty when they are"`
	Days      []YearDay `json:"days" nullable:"false"`
}

// SpecialityWords is a speciality with the words that lead to it.
type SpecialityWords struct {
	ID       int64        `json:"id"`
	Name     string       `json:"name"`
	Deputies int          `json:"deputies" doc:"who have it"`
	Words    []NeedOnHome `json:"words" nullable:"false"`
}

// NeedOnHome is a word with its place on the home page.
type NeedOnHome struct {
	Word     string `json:"word"`
	Position int    `json:"position" doc:"from 1; 0 = not on the home page"`
}

// UnmetNeed is what people searched for and nobody's speciality fitted.
type UnmetNeed struct {
	Word    string    `json:"word"`
	Times   int       `json:"times"`
	FirstAt time.Time `json:"firstAt"`
	LastAt  time.Time `json:"lastAt"`
}

func (s *Server) settings() {
	add(s, "presets", func(ctx context.Context, _ *struct{}) (*body[List[Preset]], error) {
		list, err := s.presets(ctx)
		return reply(List[Preset]{Items: list}), err
	})
	add(s, "preset-save", s.savePreset)
	add(s, "calendar", s.calendar)
	add(s, "calendar-save", s.saveDay)
	add(s, "calendar-remove", s.removeDay)
	add(s, "office-needs", func(ctx context.Context, _ *struct{}) (*body[List[SpecialityWords]], error) {
		return s.needWords(ctx)
	})
	add(s, "need-save", s.saveNeed)
	add(s, "need-remove", s.removeNeed)
	add(s, "unmet-needs", s.unmetNeeds)
	add(s, "unmet-need-serve", s.serveUnmet)
	add(s, "unmet-need-dismiss", s.dismissUnmet)
}

func (s *Server) presets(ctx context.Context) ([]Preset, error) {
	found, err := s.DB.Settings.List(ctx)
	out := make([]Preset, len(found))
	for i, p := range found {
		out[i] = Preset{p.Name, p.Group, p.Title, p.Unit, p.Meaning, p.Min, p.Max, p.Default, p.Value, p.ChangedBy, localPtr(p.ChangedAt)}
	}
	return out, err
}

type savePresetIn struct {
	Name string `path:"name" maxLength:"40"`
	Body struct {
		Value int `json:"value"`
	}
}

func (s *Server) savePreset(ctx context.Context, in *savePresetIn) (*body[Preset], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Settings.SavePreset(ctx, a, in.Name, in.Body.Value); err != nil {
		return nil, err
	}
	all, err := s.presets(ctx)
	for _, p := range all {
		if p.Name == in.Name {
			return reply(p), err
		}
	}
	return nil, err
}

type calendarIn struct {
	Year int `query:"year" minimum:"2001" maximum:"2100" doc:"this year when absent"`
}

func (s *Server) calendar(ctx context.Context, in *calendarIn) (*body[Year], error) {
	now := s.DB.Now()
	if in.Year == 0 {
		in.Year = local(now).Year()
	}
	found, published, err := s.DB.Settings.Year(ctx, in.Year)
	out := Year{Year: in.Year, Published: published, Days: make([]YearDay, len(found))}
	if !published {
		out.Note = fmt.Sprintf("%d年放假安排还没公布。没有单独设的日子按平常周几算，公布以后会自动更新；也可以先在这里设。", in.Year)
	}
	today := local(now).Format(time.DateOnly)
	for i, d := range found {
		out.Days[i] = YearDay{
			Date: d.Day, Label: dayLabel(d.Day), Workday: d.Workday, Name: d.Name, AsWeekday: d.AsWeekday, Own: d.Own, Published: d.Published,
			ChangedBy: d.ChangedBy, Bookings: d.Bookings, Past: d.Day < today,
		}
	}
	return reply(out), err
}

// dayLabel is 10月1日 周四, whatever today is.
func dayLabel(day string) string {
	t, err := date("day", day)
	if err != nil {
		return day
	}
	return cabin.DayText(t, t.AddDate(0, 0, -9))
}

type saveDayIn struct {
	Day  string `path:"day" maxLength:"10"`
	Body struct {
		Workday   bool   `json:"workday"`
		Name      string `json:"name" maxLength:"80" doc:"春游; may be empty"`
		AsWeekday int    `json:"asWeekday" minimum:"-1" maximum:"6" doc:"on a workday, the weekday whose hours apply, 0 = Sunday; -1 = its own"`
	}
}

// SavedDay says what setting a day means for what is agreed.
type SavedDay struct {
	Bookings int    `json:"bookings" doc:"agreed meetings on that day; they stay"`
	Note     string `json:"note" doc:"what to do about them; empty when there are none"`
}

func (s *Server) saveDay(ctx context.Context, in *saveDayIn) (*body[SavedDay], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.DB.Settings.SaveDay(ctx, a, cabin.CalendarDay{Day: in.Day, Workday: in.Body.Workday, AsWeekday: in.Body.AsWeekday, Name: in.Body.Name})
	out := SavedDay{Bookings: n}
	switch {
	case n > 0 && in.Body.Workday:
		out.Note = fmt.Sprintf("这一天已有 %d 个约好的预约，照原来的时间进行。", n)
	case n > 0:
		out.Note = fmt.Sprintf("这一天已有 %d 个约好的预约，不会自动取消，请联络站和选民另约时间。", n)
	}
	return reply(out), err
}

func (s *Server) removeDay(ctx context.Context, in *struct {
	Day string `path:"day" maxLength:"10"`
}) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Settings.RemoveDay(ctx, a, in.Day)
}

func (s *Server) needWords(ctx context.Context) (*body[List[SpecialityWords]], error) {
	found, err := s.DB.Needs.BySpeciality(ctx)
	out := List[SpecialityWords]{Items: make([]SpecialityWords, len(found))}
	for i, f := range found {
		out.Items[i] = SpecialityWords{ID: f.ID, Name: f.Name, Deputies: f.Deputies, Words: []NeedOnHome{}}
		for _, w := range f.Words {
			out.Items[i].Words = append(out.Items[i].Words, NeedOnHome{w.Word, w.Position})
		}
	}
	return reply(out), err
}

// NewNeed is a word for a speciality.
type NewNeed struct {
	Word         string `json:"word" maxLength:"100"`
	SpecialityID int64  `json:"specialityId"`
	Position     int    `json:"position,omitempty" doc:"place on the home page from 1; 0 = not there"`
}

func (n NewNeed) word() cabin.NeedWord {
	return cabin.NeedWord{Word: n.Word, SpecialityID: n.SpecialityID, Position: n.Position}
}

// saveNeed answers with all words: those on the home page may have moved.
func (s *Server) saveNeed(ctx context.Context, in *struct{ Body NewNeed }) (*body[List[SpecialityWords]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Needs.Save(ctx, a, in.Body.word()); err != nil {
		return nil, err
	}
	return s.needWords(ctx)
}

func (s *Server) removeNeed(ctx context.Context, in *struct {
	Word         string `query:"word" maxLength:"100" required:"true"`
	SpecialityID int64  `query:"specialityId" required:"true"`
}) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Needs.Remove(ctx, a, in.Word, in.SpecialityID)
}

type unmetIn struct {
	Cursor string `query:"cursor" maxLength:"200" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

func (s *Server) unmetNeeds(ctx context.Context, in *unmetIn) (*body[List[UnmetNeed]], error) {
	after, err := unmetAfter(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := s.DB.Needs.Unmet(ctx, after, in.Limit)
	out := List[UnmetNeed]{Items: make([]UnmetNeed, len(found))}
	for i, u := range found {
		out.Items[i] = UnmetNeed{u.Word, u.Times, local(u.FirstAt), local(u.LastAt)}
	}
	if len(found) == in.Limit {
		last := found[len(found)-1]
		out.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d.%s", last.Times, last.LastAt.UnixMilli(), last.Word))
	}
	return reply(out), err
}

// unmetAfter decodes a cursor (CodeInvalid): times said, when last, the word.
func unmetAfter(text string) (after mysql.UnmetNeed, err error) {
	if text == "" {
		return after, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.SplitN(string(raw), ".", 3)
	if err == nil && len(parts) == 3 {
		var ms int64
		after.Word = parts[2]
		after.Times, err = strconv.Atoi(parts[0])
		if err == nil {
			ms, err = strconv.ParseInt(parts[1], 10, 64)
		}
		after.LastAt = time.UnixMilli(ms).UTC()
		if year := after.LastAt.Year(); err == nil && after.Times > 0 && year >= 1 && year <= 9999 && cabin.Clean(after.Word) == after.Word {
			return after, nil
		}
	}
	return after, cabin.Invalid("cursor", "列表已经更新，请下拉刷新。")
}

type serveUnmetIn struct {
	Body struct {
		NewNeed
		Unmet string `json:"unmet" maxLength:"100" doc:"as it stands in the list"`
	}
}

func (s *Server) serveUnmet(ctx context.Context, in *serveUnmetIn) (*body[List[SpecialityWords]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Needs.Serve(ctx, a, in.Body.Unmet, in.Body.word()); err != nil {
		return nil, err
	}
	return s.needWords(ctx)
}

func (s *Server) dismissUnmet(ctx context.Context, in *struct {
	Word string `query:"word" maxLength:"100" required:"true"`
}) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Needs.Dismiss(ctx, a, in.Word)
}
