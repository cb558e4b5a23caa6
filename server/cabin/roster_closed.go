package cabin

import (
	"fmt"
	"slices"
)

// noteClosed says that a row is about what is closed: an import opens nothing again.
func (s *step) noteClosed(line int, here *RosterEntry) {
	s.out.Notes = append(s.out.Notes, fmt.Sprintf("%s第 %d 行：“%s”已经停用，导入以后还是停用。要再用，请到“%s”里恢复；不用就删掉这一行。",
		s.def.Sheet, line, s.def.Label(here.Values), reopenAt(s.def.Kind)))
}

func reopenAt(kind RosterKind) string {
	if kind == RosterDepartment {
		return "承办单位"
	}
	return "名册"
}

// useClosed refuses to give a thing to what is closed. What it holds already it may keep.
func (s *step) useClosed(it *RosterItem, r *RosterRow) {
	for i := range s.def.Columns {
		c := &s.def.Columns[i]
		if c.Names == "" || it.Values[i] == "" || it.Old != nil && it.Old[i] == it.Values[i] {
			continue
		}
		names, had := []string{it.Values[i]}, []string(nil)
		if c.List {
			names = RosterNames(it.Values[i])
			if it.Old != nil {
				had = RosterNames(it.Old[i])
			}
		}
		for _, n := range names {
			if s.closed(c.Names, n) && !slices.Contains(had, n) {
				s.fault(r.Line, i, fmt.Sprintf("“%s”已经停用，请换一个，或者先到“%s”里恢复它", n, reopenAt(c.Names)))
			}
		}
	}
}

// closed tells whether who is called so is closed, and nobody of that name is not.
func (p *planner) closed(kind RosterKind, name string) bool {
	def, closed := RosterDef(kind), false
	for i := range p.now[kind] {
		if e := &p.now[kind][i]; FoldName(def.Label(e.Values)) == FoldName(name) {
			if !e.Closed {
				return false
			}
			closed = true
		}
	}
	return closed
}
