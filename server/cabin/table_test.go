package cabin

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the table in server/ARCHITECTURE.md anew")

const (
	architecture = "../ARCHITECTURE.md"
	tableBegin   = "<!-- report table: generated, `make tables` writes it -->\n"
	tableEnd     = "<!-- end of report table -->\n"
)

var begun = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) // a Monday at 10:00 in Shanghai

// The table in ARCHITECTURE.md is made of ReportTransitions, the guards and the clock
// themselves: who reads it reads what the program does.
func TestArchitectureShowsTheReportTable(t *testing.T) {
	old, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(old), tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !found || !ended {
		t.Fatal("ARCHITECTURE.md has lost the marks of its table")
	}
	now := before + tableBegin + reportTable() + tableEnd + after
	if *update {
		if err := os.WriteFile(architecture, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if now != string(old) {
		t.Error("the table of reports in server/ARCHITECTURE.md is not current: make tables")
	}
}

func reportTable() string {
	type line struct {
		from []string
		t    reportMove
	}
	var lines []*line
	for _, t := range ReportTransitions {
		same := slices.IndexFunc(lines, func(l *line) bool {
			return l.t.Command == t.Command && slices.Equal(l.t.By, t.By) && slices.Equal(l.t.Tell, t.Tell) &&
				(l.t.To == l.t.From) == (t.To == t.From) && (t.To == t.From || l.t.To == t.To) && clockOf(&l.t) == clockOf(&t)
		})
		if same < 0 {
			lines = append(lines, &line{t: t})
			same = len(lines) - 1
		}
		lines[same].from = append(lines[same].from, string(t.From))
	}
	var b strings.Builder
	b.WriteString("| From | Command | Role | Guard (what is refused) | To | Needs (may take) | Told | Deadline |\n|---|---|---|---|---|---|---|---|\n")
	for _, l := range lines {
		to := string(l.t.To)
		if l.t.To == l.t.From {
			to = "same"
		}
		needs := joined(l.t.Needs)
		if len(l.t.Takes) > 0 {
			needs = strings.TrimSpace(needs + " (" + joined(l.t.Takes) + ")")
		}
		cells := []string{strings.Join(l.from, ", "), string(l.t.Command), joined(l.t.By), guardOf(&l.t), to, needs, joined(l.t.Tell), clockOf(&l.t)}
		if cells[0] == "" {
			cells[0] = "(new)"
		}
		for i, c := range cells {
			cells[i] = strings.TrimSpace(c)
		}
		fmt.Fprintln(&b, "| "+strings.Join(cells, " | ")+" |")
	}
	return b.String()
}

func joined[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// guardOf asks the guard about reports in every condition it knows and collects its refusals.
func guardOf(t *reportMove) string {
	at := time.Unix(0, 0)
	conditions := []*Report{
		{ReporterID: 1}, {ResolvedBy: 1}, {DepartmentID: 1, DepartmentName: "某单位"},
		{PausedAt: &at, ProxyTells: true}, {RelayAt: &at, ProxyTells: true}, {SupervisedAt: &at}, {SuggestedAt: &at}, {ExtendDays: 1}, {},
	}
	var refusals []string
	for _, role := range t.By {
		for _, r := range conditions {
			r.State = t.From
			err := r.guard(t, role, Actor{PersonID: 1, Grants: []Grant{{Role: Department, ScopeID: 1}}})
			if err != nil && !slices.Contains(refusals, err.Error()) {
				refusals = append(refusals, err.Error())
			}
		}
	}
	return strings.Join(refusals, " ")
}

// clockOf runs the clock and tells what it did to the deadline.
func clockOf(t *reportMove) string {
	p := DefaultPresets()
	asked, now := p.Calendar.AddWorkingTime(begun, 2*time.Hour), begun.AddDate(0, 0, 1)
	from, due := begun, begun.AddDate(0, 0, 7)
	r := Report{State: t.To, DueFrom: &from, DueAt: &due, CategoryDays: 5, ExtendDays: 3, DepartmentID: 1}
	if t.Command == ReportReply || t.Command == ReportResume {
		r.PausedAt = &asked
	}
	r.runClock(t, Input{Days: 5}, now, p)
	switch {
	case r.DueAt == nil:
		return "ends"
	case r.PausedAt != nil:
		return "stands"
	case r.DueFrom.Equal(now):
		return "starts, for " + string(r.Waiting)
	case !r.DueFrom.Equal(from):
		return "goes on"
	case !r.DueAt.Equal(due):
		return "moves"
	}
	return ""
}
