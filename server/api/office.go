package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// SetupStep is one line of the checklist of setting up.
type SetupStep struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Why      string           `json:"why" doc:"what is not possible without it"`
	State    cabin.SetupState `json:"state" enum:"todo,advice,done" doc:"todo stops people from being served; advice does not"`
	Stands   string           `json:"stands" doc:"what is there"`
	Missing  []string         `json:"missing" nullable:"false" doc:"what is not, in sentences"`
	Page     string           `json:"page" doc:"where it is mended by hand; empty: not on a screen"`
	Import   bool             `json:"import" doc:"an Excel import mends it too"`
	Help     string           `json:"help" doc:"what to do where no page does it"`
	ByHand   bool             `json:"byHand" doc:"a person says that it is done"`
	TickedBy string           `json:"tickedBy" doc:"who said so; may be empty"`
	TickedAt *time.Time       `json:"tickedAt,omitempty"`
}

// Setup is the checklist.
type Setup struct {
	Street string      `json:"street"`
	Todo   int         `json:"todo" doc:"steps that stop people from being served"`
	Advice int         `json:"advice"`
	Steps  []SetupStep `json:"steps" nullable:"false"`
}

// RosterEntry is one thing of the roster.
type RosterEntry struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	About    string     `json:"about"`
	ClosedAt *time.Time `json:"closedAt,omitempty"`
}

// RosterList is the things of one kind.
type RosterList struct {
	Kind     string        `json:"kind"`
	Title    string        `json:"title" doc:"联络站"`
	Closable bool          `json:"closable"`
	Items    []RosterEntry `json:"items" nullable:"false"`
}

// RosterField is one question of a form.
type RosterField struct {
	Title    string   `json:"title"`
	Hint     string   `json:"hint"`
	Required bool     `json:"required"`
	Secret   bool     `json:"secret" doc:"shown masked; left as shown it stays"`
	Many     bool     `json:"many" doc:"several choices, joined with 、"`
	Choices  []string `json:"choices" nullable:"false" doc:"empty where it is written"`
	Value    string   `json:"value"`
}

// RosterForm is the form of one thing.
type RosterForm struct {
	ID       int64         `json:"id"`
	Kind     string        `json:"kind"`
	Title    string        `json:"title"`
	Name     string        `json:"name"`
	Closable bool          `json:"closable"`
	ClosedAt *time.Time    `json:"closedAt,omitempty"`
	Former   []FormerName  `json:"former" nullable:"false" doc:"what it was called, the newest first"`
	Fields   []RosterField `json:"fields" nullable:"false"`
}

// FormerName is a name that something had. Matters that were over by then show it.
type FormerName struct {
	Name      string    `json:"name"`
	Until     time.Time `json:"until"`
	ChangedBy string    `json:"changedBy"`
}

// RosterPath names a kind of the roster in the path.
type RosterPath struct {
	Kind cabin.RosterKind `path:"kind" enum:"station,department,community,deputy,liaison"`
}

// RosterOne names one thing of the roster in the path.
type RosterOne struct {
	RosterPath
	ID int64 `path:"id" minimum:"0"`
}

func (s *Server) office() {
	add(s, "setup", s.setup)
	add(s, "setup-tick", s.tick)
	add(s, "street-save", func(ctx context.Context, in *struct {
		Body struct {
			Street string `json:"street" maxLength:"160"`
		}
	}) (*none, error) {
		return nil, s.asAdmin(ctx, func(a cabin.Actor) error {
			return s.DB.Offices.SaveStreet(ctx, a, oneLine(in.Body.Street))
		})
	})
	add(s, "categories-start", func(ctx context.Context, _ *struct{}) (*none, error) {
		return nil, s.asAdmin(ctx, func(a cabin.Actor) error { return s.DB.Offices.StartCategories(ctx, a) })
	})
	add(s, "roster", s.roster)
	add(s, "roster-form", s.rosterForm)
	add(s, "roster-save", s.saveRoster)
	add(s, "roster-close", func(ctx context.Context, in *RosterOne) (*none, error) {
		return nil, s.asAdmin(ctx, func(a cabin.Actor) error { return s.DB.Offices.Close(ctx, a, in.Kind, in.ID) })
	})
	add(s, "roster-reopen", func(ctx context.Context, in *RosterOne) (*none, error) {
		return nil, s.asAdmin(ctx, func(a cabin.Actor) error { return s.DB.Offices.Reopen(ctx, a, in.Kind, in.ID) })
	})
}

// asAdmin runs what needs the caller with their grants.
func (s *Server) asAdmin(ctx context.Context, do func(cabin.Actor) error) error {
	a, err := s.actor(ctx)
	if err != nil {
		return err
	}
	return do(a)
}

func oneLine(text string) string { return strings.Join(strings.Fields(cabin.Clean(text)), " ") }

func (s *Server) setup(ctx context.Context, _ *struct{}) (*body[Setup], error) {
	f, err := s.DB.Offices.Setup(ctx)
	if err != nil {
		return nil, err
	}
	f.Simulated = s.Sim != nil
	f.FactorNeeded = s.SecondFactor
	for _, key := range cabin.TemplateKeys {
		if t := s.Templates[key]; t.ID == "" {
			f.TemplatesMissing = append(f.TemplatesMissing, firstOf(t.Title, string(key)))
		}
	}
	out := Setup{Street: f.Street, Steps: []SetupStep{}}
	for _, step := range f.Setup() {
		shape := SetupStep{
			ID: step.ID, Title: step.Title, Why: step.Why, State: step.State, Stands: step.Stands, Missing: append([]string{}, step.Missing...),
			Page: step.Page, Import: step.Import, Help: step.Help, ByHand: step.ByHand,
		}
		if step.Ticked != nil {
			shape.TickedBy, shape.TickedAt = step.Ticked.ByName, localPtr(&step.Ticked.At)
		}
		switch step.State {
		case cabin.SetupTodo:
			out.Todo++
		case cabin.SetupAdvice:
			out.Advice++
		}
		out.Steps = append(out.Steps, shape)
	}
	return reply(out), nil
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (s *Server) tick(ctx context.Context, in *struct {
	Step string `path:"step" maxLength:"20"`
	Body struct {
		Done bool `json:"done"`
	}
}) (*body[Setup], error) {
	err := s.asAdmin(ctx, func(a cabin.Actor) error { return s.DB.Offices.Tick(ctx, a, in.Step, in.Body.Done) })
	if err != nil {
		return nil, err
	}
	return s.setup(ctx, nil)
}

func (s *Server) roster(ctx context.Context, in *RosterPath) (*body[RosterList], error) {
	_, entries, err := s.DB.Offices.Hand(ctx, in.Kind)
	if err != nil {
		return nil, err
	}
	def := cabin.RosterDef(in.Kind)
	out := RosterList{Kind: string(in.Kind), Title: def.Sheet, Closable: in.Kind.Closable(), Items: make([]RosterEntry, len(entries))}
	for i, e := range entries {
		out.Items[i] = RosterEntry{ID: e.ID, Name: e.Values[0], About: aboutEntry(def, e), ClosedAt: localPtr(e.ClosedAt)}
	}
	return reply(out), nil
}

// aboutEntry tells two of a name apart, without what is secret.
func aboutEntry(def *cabin.RosterSheetDef, e mysql.HandEntry) string {
	var parts []string
	for i, c := range def.Columns[1:] {
		if v := e.Values[i+1]; v != "" && !c.Secret && len(parts) < 2 && c.Title != "上级联络站" {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, " · ")
}

func (s *Server) rosterForm(ctx context.Context, in *RosterOne) (*body[RosterForm], error) {
	now, entries, err := s.DB.Offices.Hand(ctx, in.Kind)
	if err != nil {
		return nil, err
	}
	def := cabin.RosterDef(in.Kind)
	entry := mysql.HandEntry{RosterEntry: cabin.RosterEntry{Values: make([]string, len(def.Columns))}}
	if in.ID != 0 {
		i := slices.IndexFunc(entries, func(e mysql.HandEntry) bool { return e.ID == in.ID })
		if i < 0 {
			return nil, cabin.E(cabin.CodeNotFound, "没有找到这一条，可能刚刚被改过，请刷新。")
		}
		entry = entries[i]
	}
	out := RosterForm{ID: in.ID, Kind: string(in.Kind), Title: def.Sheet, Name: entry.Values[0], Closable: in.Kind.Closable(), ClosedAt: localPtr(entry.ClosedAt), Former: []FormerName{}}
	former, err := s.DB.Former(ctx, cabin.NamedKind(in.Kind), in.ID) // kinds of the roster are called as kinds of names
	if err != nil {
		return nil, err
	}
	for _, f := range former {
		out.Former = append(out.Former, FormerName{f.Name, local(f.Until), f.ChangedBy})
	}
	for i := range def.Columns {
		c := &def.Columns[i]
		choices, many := now.HandChoices(in.Kind, i)
		out.Fields = append(out.Fields, RosterField{
			Title: c.Title, Hint: c.Hint, Required: c.Required, Secret: c.Secret, Many: many, Choices: append([]string{}, choices...), Value: c.Shown(entry.Values[i]),
		})
	}
	return reply(out), nil
}

func (s *Server) saveRoster(ctx context.Context, in *struct {
	RosterOne
	Body struct {
		Values []string `json:"values" maxItems:"12" doc:"one text a field of the form"`
	}
}) (*body[RosterEntry], error) {
	for i, v := range in.Body.Values {
		in.Body.Values[i] = oneLine(v)
	}
	var out RosterEntry
	err := s.asAdmin(ctx, func(a cabin.Actor) (err error) {
		out.ID, err = s.DB.Offices.SaveByHand(ctx, a, in.Kind, in.ID, in.Body.Values)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Name = in.Body.Values[0]
	return reply(out), nil
}
