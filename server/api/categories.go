package api

import (
	"context"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Question is what a category asks.
type Question struct {
	ID       int                `json:"id" minimum:"0" doc:"0 for a new one"`
	Text     string             `json:"text" maxLength:"100"`
	Kind     cabin.QuestionKind `json:"kind" enum:"text,choice,yes_no"`
	Required bool               `json:"required"`
	Options  []string           `json:"options" nullable:"false" maxItems:"12" doc:"of a choice; 是 and 否 of yes_no"`
}

// Answer is what somebody answered, with the question as it was asked of them.
type Answer struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// OfficeCategory is a category as the admin keeps it.
type OfficeCategory struct {
	ID           int64      `json:"id"`
	Name         string     `json:"name"`
	Hint         string     `json:"hint"`
	DepartmentID int64      `json:"departmentId" doc:"who usually handles it; 0 for nobody"`
	Department   string     `json:"department"`
	Days         int        `json:"days"`
	Urgent       bool       `json:"urgent" doc:"danger: two hours, every hour counts"`
	Questions    []Question `json:"questions" nullable:"false" doc:"that are asked now"`
	Closed       bool       `json:"closed"`
	Version      int        `json:"version" doc:"goes back with a change"`
}

// CategoryForm is what the admin writes.
type CategoryForm struct {
	Name         string     `json:"name" maxLength:"40"`
	Hint         string     `json:"hint,omitempty" maxLength:"400"`
	DepartmentID int64      `json:"departmentId,omitempty" minimum:"0"`
	Days         int        `json:"days"`
	Urgent       bool       `json:"urgent,omitempty"`
	Questions    []Question `json:"questions,omitempty" nullable:"false" maxItems:"12"`
	Closed       bool       `json:"closed,omitempty"`
	Version      int        `json:"version,omitempty" doc:"of the category that was looked at"`
}

func (s *Server) categoryRoutes() {
	add(s, "buildings", s.buildings)
	add(s, "office-categories", func(ctx context.Context, _ *struct{}) (*body[List[OfficeCategory]], error) {
		return s.officeCategories(ctx)
	})
	add(s, "category-create", s.createCategory)
	add(s, "category-save", s.saveCategory)
	add(s, "category-order", s.orderCategories)
	add(s, "office-departments", func(ctx context.Context, _ *struct{}) (*body[List[OfficeDepartment]], error) {
		return s.officeDepartments(ctx)
	})
	add(s, "department-create", s.createDepartment)
	add(s, "department-save", s.saveDepartment)
	add(s, "department-close", s.closeDepartment)
	add(s, "department-reopen", s.reopenDepartment)
}

func questions(list cabin.Questions) []Question {
	out := []Question{}
	for _, q := range list.Asked() {
		options := append([]string{}, q.Options...)
		if q.Kind == cabin.AskYesNo {
			options = append(options, cabin.YesNo...)
		}
		out = append(out, Question{q.ID, q.Text, q.Kind, q.Required, options})
	}
	return out
}

func (f *CategoryForm) category(id int64) cabin.Category {
	c := cabin.Category{ID: id, Name: f.Name, Hint: f.Hint, DepartmentID: f.DepartmentID, Days: f.Days, Urgent: f.Urgent, Closed: f.Closed, Version: f.Version}
	for _, q := range f.Questions {
		c.Questions = append(c.Questions, cabin.Question{ID: q.ID, Text: q.Text, Kind: q.Kind, Required: q.Required, Options: q.Options})
	}
	return c
}

func (s *Server) officeCategories(ctx context.Context) (*body[List[OfficeCategory]], error) {
	found, err := s.DB.Categories.All(ctx)
	out := List[OfficeCategory]{Items: make([]OfficeCategory, len(found))}
	for i, c := range found {
		out.Items[i] = OfficeCategory{c.ID, c.Name, c.Hint, c.DepartmentID, c.Department, c.Days, c.Urgent, questions(c.Questions), c.Closed, c.Version}
	}
	return reply(out), err
}

// createCategory answers with all of them, as its place is among them.
func (s *Server) createCategory(ctx context.Context, in *struct {
	IdemKey
	Body CategoryForm
}) (*body[List[OfficeCategory]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.DB.Categories.Create(ctx, in.of(ctx, "category", &in.Body), a, in.Body.category(0)); err != nil {
		return nil, err
	}
	return s.officeCategories(ctx)
}

func (s *Server) saveCategory(ctx context.Context, in *struct {
	ByID
	Body CategoryForm
}) (*body[List[OfficeCategory]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Categories.Save(ctx, a, in.Body.category(in.ID)); err != nil {
		return nil, err
	}
	return s.officeCategories(ctx)
}

func (s *Server) orderCategories(ctx context.Context, in *struct {
	Body struct {
		IDs []int64 `json:"ids" nullable:"false" maxItems:"100" doc:"all open ones"`
	}
}) (*body[List[OfficeCategory]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Categories.Order(ctx, a, in.Body.IDs); err != nil {
		return nil, err
	}
	return s.officeCategories(ctx)
}

type names struct {
	Items []string `json:"items" nullable:"false"`
}

// buildings answers with none for a community that is not there.
func (s *Server) buildings(ctx context.Context, in *ByID) (*body[names], error) {
	found, err := s.DB.Places.Buildings(ctx, in.ID)
	return reply(names{append([]string{}, found...)}), err
}

// OfficeDepartment is a department as the admin keeps it.
type OfficeDepartment struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Duty   string `json:"duty"`
	Closed bool   `json:"closed"`
	Open   int    `json:"open" doc:"reports that wait for it"`
	People int    `json:"people" doc:"who hold its role"`
}

func (s *Server) officeDepartments(ctx context.Context) (*body[List[OfficeDepartment]], error) {
	found, err := s.DB.Departments.All(ctx)
	out := List[OfficeDepartment]{Items: make([]OfficeDepartment, len(found))}
	for i, d := range found {
		out.Items[i] = OfficeDepartment{d.ID, d.Name, d.Duty, d.Closed, d.Open, d.People}
	}
	return reply(out), err
}

type departmentForm struct {
	Name string `json:"name" maxLength:"80"`
	Duty string `json:"duty,omitempty" maxLength:"240"`
}

func (s *Server) createDepartment(ctx context.Context, in *struct {
	IdemKey
	Body departmentForm
}) (*body[List[OfficeDepartment]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.DB.Departments.Save(ctx, in.of(ctx, "department", &in.Body), a, cabin.Named{Name: in.Body.Name, Duty: in.Body.Duty}); err != nil {
		return nil, err
	}
	return s.officeDepartments(ctx)
}

func (s *Server) saveDepartment(ctx context.Context, in *struct {
	ByID
	Body departmentForm
}) (*body[List[OfficeDepartment]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.DB.Departments.Save(ctx, mysql.Key{}, a, cabin.Named{ID: in.ID, Name: in.Body.Name, Duty: in.Body.Duty}); err != nil {
		return nil, err
	}
	return s.officeDepartments(ctx)
}

// ClosedDepartment says what became of what it held.
type ClosedDepartment struct {
	Returned int `json:"returned" doc:"reports that are the desk's again"`
}

func (s *Server) closeDepartment(ctx context.Context, in *ByID) (*body[ClosedDepartment], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.DB.Departments.Close(ctx, a, in.ID)
	return reply(ClosedDepartment{n}), err
}

func (s *Server) reopenDepartment(ctx context.Context, in *ByID) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Departments.Reopen(ctx, a, in.ID)
}
