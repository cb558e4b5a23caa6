package cabin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// HandKinds are the kinds that can be written by hand, one at a time.
var HandKinds = []RosterKind{RosterStation, RosterDepartment, RosterCommunity, RosterDeputy, RosterLiaison}

// Closable tells whether a thing of this kind can be closed: it is never deleted.
// here; a department's closing gives its matters back to the desk, elsewhere.
func (k RosterKind) Closable() bool { return k == RosterStation || k == RosterDeputy }

// HandChoices are what a column of a form is chosen from; nil where it is written. many
// says that several may be chosen.
func (now RosterNow) HandChoices(kind RosterKind, column int) (choices []string, many bool) {
	c := &RosterDef(kind).Columns[column]
	switch {
	case c.Names != "":
		for _, e := range now[c.Names] {
			choices = append(choices, RosterDef(c.Names).Label(e.Values))
		}
		return choices, c.List
	case kind == RosterStation && c.Title == "类型":
		return []string{"中心站", "企业站", "社区站", "分站"}, false
	case kind == RosterDeputy && c.Title == "层级":
		for _, level := range []string{"national", "province", "city", "district", "town"} {
			choices = append(choices, LevelName(level))
		}
		return choices, false
	case kind == RosterDeputy && c.Title == "服务":
		for _, s := range serviceOrder {
			choices = append(choices, s.Name())
		}
		return choices, true
	}
	return nil, false
}

// PlanByHand is what a filled-in form would do to one thing: id 0 is a new one. texts has
// one text a column; one that is still as it was shown stays as it is, an empty one is
// emptied. The rules are those of a workbook's row. nil when nothing would change;
// CodeInvalid, by the fields values[0], values[1] …; CodeNotFound; CodeConflict when there
// is another one of this name.
func PlanByHand(now RosterNow, kind RosterKind, id int64, texts []string, today string) (*RosterPlan, error) {
	def := RosterDef(kind)
	if !slices.Contains(HandKinds, kind) || len(texts) != len(def.Columns) {
		return nil, E(CodeNotFound, "这一项不能在这里填写。")
	}
	at := -1
	if id != 0 {
		if at = slices.IndexFunc(now[kind], func(e RosterEntry) bool { return e.ID == id }); at < 0 {
			return nil, E(CodeNotFound, "没有找到这一条，可能刚刚被改过，请刷新。")
		}
	}
	values, faults := def.handValues(now, at, texts)
	if len(faults) > 0 {
		return nil, &Error{Code: CodeInvalid, Message: faults[0].Message, Fields: faults}
	}
	return def.planOne(now, at, values, today)
}

func (d *RosterSheetDef) handValues(now RosterNow, at int, texts []string) (values []string, faults []Field) {
	values = make([]string, len(texts))
	for i := range d.Columns {
		c, old := &d.Columns[i], ""
		if at >= 0 {
			old = now[d.Kind][at].Values[i]
		}
		text, fault := strings.TrimSpace(texts[i]), ""
		switch {
		case old != "" && text == c.Shown(old):
			values[i] = old
		case text == "" && c.Required:
			fault = "请填写“" + c.Title + "”。"
		case text == "" && old != "" && c.Title != "房间":
			values[i] = RosterClear
		default:
			if values[i], fault = c.Read(text); fault != "" {
				fault = sentenceEnd(fault)
			}
		}
		if fault != "" {
			faults = append(faults, Field{Path: fmt.Sprintf("values[%d]", i), Message: fault})
		}
	}
	return values, faults
}

func sentenceEnd(text string) string { return strings.TrimSuffix(text, "。") + "。" }

// planOne plans the values as a workbook of one row would. A thing that gets another name
// is found by the new one.
func (d *RosterSheetDef) planOne(now RosterNow, at int, values []string, today string) (*RosterPlan, error) {
	key := d.key(values)
	for i := range now[d.Kind] {
		if i != at && d.key(now[d.Kind][i].Values) == key {
			return nil, E(CodeConflict, "已经有"+d.Label(now[d.Kind][i].Values)+"了，请换一个名称，或者去改那一条。")
		}
	}
	seen, old := RosterNow{}, []string(nil)
	for kind, entries := range now {
		seen[kind] = entries
	}
	if d.second != nil { // by hand a namesake is another one
		seen[d.Kind] = slices.DeleteFunc(slices.Clone(now[d.Kind]), func(e RosterEntry) bool {
			return d.second(e.Values) == d.second(values) && (at < 0 || e.ID != now[d.Kind][at].ID)
		})
	}
	if at >= 0 {
		entry := now[d.Kind][at]
		old = entry.Values
		renamed := slices.Clone(old)
		for i, c := range d.Columns { // what its key is made of is written, and never a list
			if values[i] != "" && values[i] != RosterClear && !c.List {
				renamed[i] = values[i]
			}
		}
		entries := slices.Clone(seen[d.Kind])
		entries[slices.IndexFunc(entries, func(e RosterEntry) bool { return e.ID == entry.ID })] = RosterEntry{ID: entry.ID, Values: renamed}
		seen[d.Kind] = entries
	}
	sheet := RosterSheet{Kind: d.Kind, Letters: make([]string, len(d.Columns)), Rows: []RosterRow{{Line: 1, Values: values}}}
	for i := range sheet.Letters {
		sheet.Letters[i] = strconv.Itoa(i) + "/"
	}
	plan := PlanRoster(seen, &RosterBook{Sheets: []RosterSheet{sheet}}, today)
	if len(plan.Faults) > 0 {
		return nil, handFaults(plan.Faults)
	}
	it := &plan.Items[0]
	if it.Old = old; old != nil {
		it.Action = RosterUpdate
		if slices.Equal(old, it.Values) {
			return nil, nil
		}
	}
	return plan, nil
}

func handFaults(faults []RosterFault) error {
	e := &Error{Code: CodeInvalid, Message: sentenceEnd(faults[0].Message)}
	for _, f := range faults {
		column, _, _ := strings.Cut(f.Cell, "/")
		e.Fields = append(e.Fields, Field{Path: "values[" + column + "]", Message: sentenceEnd(f.Message)})
	}
	return e
}
