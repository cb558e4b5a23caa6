package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Station is a liaison station.
type Station struct {
	ID       int64    `json:"id"`
	ParentID int64    `json:"parentId"`
	Kind     string   `json:"kind" enum:"central,enterprise,community,branch"`
	KindName string   `json:"kindName"`
	Name     string   `json:"name"`
	Address  string   `json:"address"`
	Hours    string   `json:"hours"`
	Phone    string   `json:"phone"`
	Lat      *float64 `json:"lat,omitempty"`
	Lng      *float64 `json:"lng,omitempty"`
	Rooms    []Named  `json:"rooms" nullable:"false"`
	closed   bool     // no longer offered
}

// Need is a resident's own word for what a deputy is good at.
type Need struct {
	Word       string `json:"word"`
	Speciality string `json:"speciality"`
}

// Category is a kind of report.
type Category struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Hint   string `json:"hint" doc:"what to say about it"`
	Days   int    `json:"days" doc:"working days to answer"`
	Urgent bool   `json:"urgent"`

	DepartmentID int64      `json:"departmentId" doc:"who usually handles it; 0 for nobody"`
	Questions    []Question `json:"questions" nullable:"false" doc:"of its own, to be answered with a report"`
}

// Deputy is a people's deputy as residents see them.
type Deputy struct {
	ID           int64         `json:"id"`
	Name         string        `json:"name"`
	Level        string        `json:"level"`
	LevelName    string        `json:"levelName"`
	Constituency string        `json:"constituency"`
	Term         string        `json:"term"`
	Title        string        `json:"title"`
	Bio          string        `json:"bio"`
	PhotoID      string        `json:"photoId" doc:"for /public-photos; empty for none"`
	StationID    int64         `json:"stationId"`
	StationName  string        `json:"stationName"`
	Specialities []string      `json:"specialities" nullable:"false"`
	Services     []ServiceName `json:"services" nullable:"false"`
	Reason       string        `json:"reason" doc:"why this deputy fits the need"`
	Earliest     *Slot         `json:"earliest,omitempty" doc:"the first free time, if any"`
}

// ServiceName is a service with its Chinese name.
type ServiceName struct {
	Code cabin.Service `json:"code" enum:"talk_one,group_talk,enterprise,phone"`
	Name string        `json:"name"`
}

// Day is one day of a deputy's slots.
type Day struct {
	Date  string `json:"date"`
	Label string `json:"label" doc:"明天 周二"`
	Note  string `json:"note" doc:"why nothing can be booked: the holiday, or that it is too late; on a day with free times, what may still change"`
	Free  int    `json:"free"`
	Slots []Slot `json:"slots" nullable:"false"`
}

// ByID names one thing in the path.
type ByID struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) places() {
	add(s, "stations", func(ctx context.Context, _ *struct{}) (*body[List[Station]], error) {
		stations, err := s.stationShapes(ctx)
		open := slices.DeleteFunc(stations, func(st Station) bool { return st.closed })
		return reply(List[Station]{Items: open}), err
	})
	add(s, "station", s.station)
	add(s, "needs", s.needs)
	add(s, "categories", s.categories)
	add(s, "communities", func(ctx context.Context, _ *struct{}) (*body[List[Named]], error) {
		return named(s.DB.Places.Communities(ctx))
	})
	add(s, "departments", func(ctx context.Context, _ *struct{}) (*body[List[Named]], error) {
		return named(s.DB.Places.Departments(ctx))
	})
	add(s, "deputies", s.deputies)
	add(s, "deputy-filters", s.deputyFilters)
	add(s, "deputy", func(ctx context.Context, in *ByID) (*body[Deputy], error) {
		d, err := s.DB.Places.Deputy(ctx, in.ID)
		return reply(s.deputy(d)), err
	})
	add(s, "slots", s.slots)
}

func named(rows []cabin.Named, err error) (*body[List[Named]], error) {
	out := List[Named]{Items: make([]Named, len(rows))}
	for i, n := range rows {
		out.Items[i] = Named(n)
	}
	return reply(out), err
}

func (s *Server) stationShapes(ctx context.Context) ([]Station, error) {
	found, err := s.DB.Places.Stations(ctx)
	out := make([]Station, len(found))
	for i, st := range found {
		out[i] = Station{
			ID: st.ID, ParentID: st.ParentID, Kind: st.Kind, KindName: cabin.StationKindName(st.Kind), Name: st.Name,
			Address: st.Address, Hours: st.Hours, Phone: st.Phone, Lat: st.Lat, Lng: st.Lng, Rooms: []Named{}, closed: st.Closed,
		}
		for _, r := range st.Rooms {
			out[i].Rooms = append(out[i].Rooms, Named{ID: r.ID, Name: r.Name})
		}
	}
	return out, err
}

func (s *Server) station(ctx context.Context, in *ByID) (*body[Station], error) {
	all, err := s.stationShapes(ctx)
	if err != nil {
		return nil, err
	}
	for _, st := range all {
		if st.ID == in.ID {
			return reply(st), nil
		}
	}
	return nil, cabin.E(cabin.CodeNotFound, "没有找到这个联络站。")
}

func (s *Server) needs(ctx context.Context, _ *struct{}) (*body[List[Need]], error) {
	words, err := s.DB.Needs.Words(ctx)
	out := List[Need]{Items: []Need{}}
	for _, w := range words {
		if w.Position > 0 {
			out.Items = append(out.Items, Need{w.Word, w.Speciality})
		}
	}
	return reply(out), err
}

func (s *Server) categories(ctx context.Context, _ *struct{}) (*body[List[Category]], error) {
	found, err := s.DB.Places.Categories(ctx)
	out := List[Category]{Items: make([]Category, len(found))}
	for i, c := range found {
		out.Items[i] = Category{c.ID, c.Name, c.Hint, c.Days, c.Urgent, c.DepartmentID, questions(c.Questions)}
	}
	return reply(out), err
}

func (s *Server) deputy(d cabin.DeputyProfile) Deputy {
	out := Deputy{
		ID: d.ID, Name: d.Name, Level: d.Level, LevelName: cabin.LevelName(d.Level), Constituency: d.Constituency, Term: d.Term,
		Title: d.Title, Bio: d.Bio, PhotoID: d.PhotoID, StationID: d.StationID, StationName: d.StationName,
		Specialities: append([]string{}, d.Specialities...), Services: []ServiceName{}, Reason: d.Reason,
	}
	for _, sv := range d.Services {
		out.Services = append(out.Services, ServiceName{sv, sv.Name()})
	}
	if d.Earliest != nil {
		earliest := s.slot(*d.Earliest)
		out.Earliest = &earliest
	}
	return out
}

type deputiesIn struct {
	Paging
	Query     string `query:"q" maxLength:"40" doc:"in name, constituency, profession or speciality"`
	Need      string `query:"need" maxLength:"100" doc:"own words, such as 睡不好: one page, best first"`
	StationID int64  `query:"stationId"`

	SpecialityID int64  `query:"speciality" doc:"of /deputy-filters"`
	Constituency string `query:"constituency" maxLength:"120"`
}

func (s *Server) deputies(ctx context.Context, in *deputiesIn) (*body[List[Deputy]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	found, err := s.DB.Places.Deputies(ctx, mysql.DeputyFilter{
		Query: cabin.Clean(in.Query), Need: cabin.Clean(in.Need), StationID: in.StationID,
		SpecialityID: in.SpecialityID, Constituency: cabin.Clean(in.Constituency), After: page.ID, Limit: page.Limit,
	})
	if err != nil {
		return nil, err
	}
	if cabin.Clean(in.Need) != "" {
		in.Limit = -1 // no page follows
	}
	return paged(found, in.Limit, func(d cabin.DeputyProfile) (time.Time, int64) { return time.Time{}, d.ID }, s.deputy), nil
}

// DeputyFilters is what the list of deputies can be narrowed by: only what some deputy has.
type DeputyFilters struct {
	Specialities   []Named  `json:"specialities" nullable:"false"`
	Constituencies []string `json:"constituencies" nullable:"false"`
	Stations       []Named  `json:"stations" nullable:"false"`
}

func (s *Server) deputyFilters(ctx context.Context, _ *struct{}) (*body[DeputyFilters], error) {
	c, err := s.DB.Places.DeputyChoices(ctx)
	out := DeputyFilters{Specialities: []Named{}, Constituencies: append([]string{}, c.Constituencies...), Stations: []Named{}}
	for _, n := range c.Specialities {
		out.Specialities = append(out.Specialities, Named(n))
	}
	for _, n := range c.Stations {
		out.Stations = append(out.Stations, Named(n))
	}
	return reply(out), err
}

type slotsIn struct {
	ByID
	From string `query:"from" format:"date" doc:"today when empty"`
	Days int    `query:"days" minimum:"1" maximum:"31" default:"14"`
	Desk bool   `query:"desk" doc:"as the desk may book them: without the lead time"`
}

type days struct {
	Days []Day `json:"days" nullable:"false"`
}

func (s *Server) slots(ctx context.Context, in *slotsIn) (*body[days], error) {
	if _, err := s.DB.Places.Deputy(ctx, in.ID); err != nil {
		return nil, err
	}
	now, calendar := s.DB.Now(), s.DB.Presets().Calendar
	from := now
	if in.From != "" {
		var err error
		if from, err = date("from", in.From); err != nil {
			return nil, err
		}
	}
	read := s.DB.Places.Slots
	if in.Desk {
		read = s.DB.Places.DeskSlots
	}
	found, err := read(ctx, in.ID, from, in.Days)
	out := days{Days: make([]Day, len(found))}
	for i, d := range found {
		day := Day{Date: d.Date.Format(time.DateOnly), Label: cabin.DayText(d.Date, now), Slots: []Slot{}}
		if name, _ := calendar.Holiday(d.Date); name != "" {
			day.Note = fmt.Sprintf("%s放假", name)
		}
		closed := len(d.Slots) > 0
		for _, sl := range d.Slots {
			closed = closed && sl.Closed
			if sl.Free {
				day.Free++
			}
			day.Slots = append(day.Slots, s.slot(sl))
		}
		if closed {
			day.Note = "已截止"
		} else if day.Note == "" && day.Free > 0 && !calendar.Published(d.Date) {
			day.Note = fmt.Sprintf("%d年放假安排还没公布，按平常周几算", d.Date.Year())
		}
		out.Days[i] = day
	}
	return reply(out), err
}
