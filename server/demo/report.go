package demo

import (
	"context"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
)

// matter is the story of one report: what somebody brought, and what became of it. deputy
// is the name of whom it was raised with, or "".
type matter struct {
	who                 int
	category, community string
	place, body, deputy string
	north, east         float64 // of the community's middle, in degrees
	scene               scene
	at                  moment
	answers             []cabin.Given // to the category's questions
	moves               []move
	proxy               proxied // reported by somebody else on a resident's behalf; who does not matter then
}

// proxied is a resident without WeChat, and the account of who reported for them.
type proxied struct{ by, name, phone string }

// move is one step of a matter.
type move struct {
	at         moment
	by         string // an account; "" is the reporter
	command    cabin.ReportCommand
	in         cabin.Input
	department string
	scene      scene
}

func accept(at moment) move { return move{at: at, by: desk, command: cabin.ReportAccept} }

func acceptBy(community string, at moment) move {
	return move{at: at, by: community, command: cabin.ReportAccept}
}

func giveBack(at moment, reason string) move {
	return move{at: at, by: desk, command: cabin.ReportReturn, in: cabin.Input{Reason: reason}}
}

func reject(at moment, reason string) move {
	return move{at: at, by: desk, command: cabin.ReportReject, in: cabin.Input{Reason: reason}}
}

func dispatch(at moment, department string, days int) move {
	return move{at: at, by: desk, command: cabin.ReportDispatch, department: department, in: cabin.Input{Days: days}}
}

func answer(at moment, o cabin.Outcome, note string) move {
	return move{at: at, by: desk, command: cabin.ReportAnswer, in: cabin.Input{Outcome: o, Note: note}}
}

func take(at moment, department string) move {
	return move{at: at, by: handlers[department], command: cabin.ReportTake}
}

func sendBack(at moment, department, reason string) move {
	return move{at: at, by: handlers[department], command: cabin.ReportSendBack, in: cabin.Input{Reason: reason}}
}

func progress(at moment, department, note string, s scene) move {
	return move{at: at, by: handlers[department], command: cabin.ReportProgress, in: cabin.Input{Note: note}, scene: s}
}

func resolve(at moment, department string, o cabin.Outcome, note string, s scene) move {
	return move{at: at, by: handlers[department], command: cabin.ReportResolve, in: cabin.Input{Outcome: o, Note: note}, scene: s}
}

func rate(at moment, stars int, text string) move {
	return move{at: at, command: cabin.ReportRate, in: cabin.Input{Stars: stars, Text: text}}
}

func refuse(at moment, reason string) move {
	return move{at: at, command: cabin.ReportRefuse, in: cabin.Input{Reason: reason}}
}

func resubmit(at moment, note string) move {
	return move{at: at, command: cabin.ReportSubmit, in: cabin.Input{Note: note}}
}

func withdraw(at moment) move { return move{at: at, command: cabin.ReportWithdraw} }

func verify(at moment, by, note string, s scene) move {
	return move{at: at, by: by, command: cabin.ReportVerify, in: cabin.Input{Note: note}, scene: s}
}

func urge(at moment, by string) move { return move{at: at, by: by, command: cabin.ReportUrge} }

func supervise(at moment, by, reason string) move {
	return move{at: at, by: by, command: cabin.ReportSupervise, in: cabin.Input{Reason: reason}}
}

var handlers = map[string]string{
	cityWorks: "department", housing: "department-02", safety: "department-03", livelihood: "department-04",
}

func (l *loader) planMatters() []act {
	var acts []act
	for i, m := range append(append([]matter{}, doneMatters...), openMatters...) {
		acts = append(acts, l.planMatter(i, m)...)
	}
	return acts
}

func (l *loader) planMatter(n int, m matter) []act {
	var id int64
	name := "report “" + m.place + "”: "
	reporter := residentAccount(m.who)
	if m.proxy.by != "" {
		reporter = m.proxy.by
	}
	acts := []act{{m.at(l.calendar), name + "submit", func(ctx context.Context) error {
		who := l.actor(reporter).PersonID
		photos, err := l.upload(ctx, who, m.scene)
		if err != nil {
			return err
		}
		report := mysql.NewReport{
			ReporterID: who, CategoryID: l.ids[m.category], CommunityID: l.ids[m.community], DeputyID: l.ids[m.deputy],
			PlaceText: m.place, Body: m.body, PhotoIDs: photos, Answers: m.answers,
		}
		report.Lat, report.Lng = m.position()
		var r *cabin.Report
		if p := m.proxy; p.by != "" {
			report.ReporterID = 0
			r, err = l.db.Reports.SubmitFor(ctx, key(who, "report", n), mysql.ProxyReport{Actor: l.actor(p.by), Phone: p.phone, Name: p.name, How: cabin.ConsentFace, Report: report})
		} else {
			r, err = l.db.Reports.Submit(ctx, key(who, "report", n), report)
		}
		if err == nil {
			id = r.ID
		}
		return err
	}}}
	for _, step := range m.moves {
		by := step.by
		if by == "" {
			by = reporter
		}
		acts = append(acts, act{step.at(l.calendar), name + string(step.command), func(ctx context.Context) error {
			actor, in := l.actor(by), step.in
			in.DepartmentID = l.ids[step.department]
			var err error
			if in.PhotoIDs, err = l.upload(ctx, actor.PersonID, step.scene); err != nil {
				return err
			}
			_, err = l.db.Reports.Command(ctx, actor, id, step.command, in)
			return err
		}})
	}
	return acts
}

// position is where the matter is on the map, or nothing where it has no place.
func (m matter) position() (lat, lng *float64) {
	for _, c := range communities {
		if c.name == m.community && (m.north != 0 || m.east != 0) {
			lat, lng := c.lat+m.north, c.lng+m.east
			return &lat, &lng
		}
	}
	return nil, nil
}

// upload draws the scene as somebody's photo.
func (l *loader) upload(ctx context.Context, owner int64, s scene) ([]string, error) {
	if s == nil {
		return nil, nil
	}
	c := newCanvas(sceneWidth, sceneHeight)
	s(c)
	p, err := l.keep(ctx, c)
	if err != nil {
		return nil, err
	}
	return []string{p.ID}, l.db.Photos.Add(ctx, cabin.Photo{ID: p.ID, OwnerID: owner, Width: p.Width, Height: p.Height, Bytes: int(p.Bytes)})
}

// keep stores a picture, to be removed again when the load fails.
func (l *loader) keep(ctx context.Context, c *canvas) (media.Photo, error) {
	file, err := c.reader()
	if err != nil {
		return media.Photo{}, err
	}
	p, err := l.photos.Put(ctx, file)
	if err == nil {
		l.kept = append(l.kept, p.ID)
	}
	return p, err
}
