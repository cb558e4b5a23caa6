package mysql

import (
	"context"
	"fmt"

	"warmcabin/server/cabin"
)

const personalPage = 50

// Data reads what there is of a person, for their own archive, with the photos that they
// took themselves, by the name under which each is to lie in it.
func (s Personal) Data(ctx context.Context, personID int64) (*cabin.PersonalData, map[string]cabin.Photo, error) {
	d := &cabin.PersonalData{At: s.db.Now(), Reports: []cabin.PersonalReport{}, Bookings: []cabin.PersonalBooking{}, Follows: []string{}, Devices: []cabin.PersonalDevice{}}
	var self []cabin.PersonalSelf
	err := s.db.read(ctx, part{&self, `SELECT p.id, ` + called + ` AS name, p.created_at FROM persons p WHERE p.id = ?`, []any{personID}},
		part{&d.Waits, `SELECT created_at, starts_at, topic, state FROM waits WHERE resident_id = ? ORDER BY id`, []any{personID}},
		part{&d.Notices, `SELECT created_at, title, body FROM notices WHERE person_id = ? ORDER BY id`, []any{personID}},
		part{&d.Consents, `SELECT template, accepted, refused, spent FROM consents WHERE person_id = ? ORDER BY template`, []any{personID}},
		part{&d.Settings, `SELECT kind, push, updated_at FROM notify_settings WHERE person_id = ? ORDER BY kind`, []any{personID}},
		part{&d.Prompts, `SELECT created_at, template, kind FROM consent_events WHERE person_id = ? ORDER BY id`, []any{personID}},
		part{&d.Proxies, `SELECT at, words, version, how FROM proxy_consents WHERE person_id = ? OR person_id IN (SELECT id FROM persons WHERE joined_to = ?) ORDER BY id`, []any{personID, personID}})
	if err != nil {
		return nil, nil, err
	}
	if len(self) > 0 {
		d.Person = self[0]
	}
	if d.Person.Phone, err = s.db.People.Phone(ctx, personID); err != nil {
		return nil, nil, err
	}
	if err := s.bookings(ctx, personID, d); err != nil {
		return nil, nil, err
	}
	photos, err := s.reports(ctx, personID, d)
	return d, photos, err
}

func (s Personal) bookings(ctx context.Context, personID int64, d *cabin.PersonalData) error {
	for before, more := int64(0), true; more; {
		list, err := s.db.Bookings.Mine(ctx, personID, before, personalPage)
		if err != nil {
			return err
		}
		for _, b := range list {
			before = b.ID
			start, _ := b.Occupies()
			d.Bookings = append(d.Bookings, cabin.PersonalBooking{
				Number: b.Number(), At: b.CreatedAt, Start: start, Deputy: b.DeputyName, Place: b.StationName + b.RoomName, Topic: b.Topic, Note: b.Note,
				State: b.State.Name(), Stars: b.Stars, Rating: b.RatingText,
			})
		}
		more = len(list) == personalPage
	}
	return nil
}

// reports reads each with its history as the person themselves reads it.
func (s Personal) reports(ctx context.Context, personID int64, d *cabin.PersonalData) (map[string]cabin.Photo, error) {
	self, photos := cabin.Actor{PersonID: personID}, map[string]cabin.Photo{}
	for before, more := int64(0), true; more; {
		list, err := s.db.Reports.Mine(ctx, personID, before, personalPage)
		if err != nil {
			return nil, err
		}
		for _, row := range list {
			before = row.ID
			r, events, err := s.db.Reports.Get(ctx, self, row.ID)
			if err != nil {
				return nil, err
			}
			r.NameThen(s.db.Names())
			d.Reports = append(d.Reports, personalReport(r, events, photos))
		}
		more = len(list) == personalPage
	}
	for before, more := int64(0), true; more; {
		list, err := s.db.Reports.Followed(ctx, personID, before, personalPage)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			before = r.ID
			d.Follows = append(d.Follows, r.Number())
		}
		more = len(list) == personalPage
	}
	return photos, nil
}

func personalReport(r *cabin.Report, events []cabin.PastEvent, photos map[string]cabin.Photo) cabin.PersonalReport {
	out := cabin.PersonalReport{
		Number: r.Number(), At: r.CreatedAt, Category: r.CategoryName, Place: r.CommunityName + r.PlaceText, Lat: r.Lat, Lng: r.Lng, Body: r.Body,
		State: r.StateName(), Outcome: r.Outcome.Name(), Stars: r.Stars, Rating: r.RatingText, Proxy: r.ProxyWord(),
		Events: []cabin.PersonalEvent{}, Openings: []cabin.PersonalOpened{},
	}
	for _, e := range events {
		step := cabin.PersonalEvent{At: e.At, Who: e.Role.Name(), Text: e.Text, Note: e.Note}
		for _, p := range e.Photos {
			if !e.Mine || p.State != cabin.PhotoReady {
				continue
			}
			name := photoName(r, len(photos)+1)
			photos[name], step.Photos = p, append(step.Photos, name)
		}
		out.Events = append(out.Events, step)
	}
	for _, o := range r.Openings {
		out.Openings = append(out.Openings, cabin.PersonalOpened{At: o.At, Who: o.Who(), Reason: o.Reason})
	}
	return out
}

func photoName(r *cabin.Report, n int) string {
	return fmt.Sprintf("photos/%s-%03d.jpg", r.Number(), n)
}
