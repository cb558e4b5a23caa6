package cabin

import (
	"slices"
	"time"
)

// Role is one of the eight of the domain, or System for what happens by the clock.
type Role string

// The roles. Everybody who logs in is a Resident; the others are granted.
const (
	Resident   Role = "resident"
	Deputy     Role = "deputy"
	Liaison    Role = "liaison"
	Community  Role = "community"
	Staff      Role = "staff"
	Department Role = "department"
	Admin      Role = "admin"
	Auditor    Role = "auditor"
	System     Role = "system"
)

// What somebody is to one matter, besides the roles. Nobody is granted these by name:
// Constituency comes with a deputy's role, for each community of the constituency.
const (
	Helping      Role = "helping"      // the department helps another one (协办)
	Helped       Role = "helped"       // it did its part: it reads on, and moves nothing
	Constituency Role = "constituency" // the deputy was elected there
	Follower     Role = "follower"     // met the same problem (我也遇到)
	Proxy        Role = "proxy"        // reported it on the reporter's behalf (代办)
)

// WorkingRoles are the roles that are granted by an invite, in the order of the desk.
var WorkingRoles = []Role{Deputy, Staff, Department, Community, Liaison, Admin, Auditor}

var roleNames = map[Role]string{
	Resident: "选民", Deputy: "人大代表", Liaison: "社情民意联络员", Community: "社区",
	Staff: "联络站工作人员", Department: "承办单位", Admin: "人大工委", Auditor: "审计", System: "系统", Helping: "协办单位", Helped: "协办单位", Follower: "居民", Proxy: "代办人",
}

// Name is the role's Chinese name, as a timeline shows it in place of a person's name.
func (r Role) Name() string { return roleNames[r] }

// Valid tells whether r is one of the eight.
func (r Role) Valid() bool { return r == Resident || slices.Contains(WorkingRoles, r) }

// NeedsScope tells whether a grant of r names something: a deputy, a department, a
// community. A staff grant may name a station; 0 is every station.
func (r Role) NeedsScope() bool { return r == Deputy || r == Department || r == Community }

// Grant gives a person one role. ScopeID is the deputy, station, department or community
// it is for; 0 where the role has no scope, and for staff of every station.
type Grant struct {
	Role    Role  `db:"role"`
	ScopeID int64 `db:"scope_id"`
}

// GrantName names a grant for people: 承办单位 · 城市管理科.
func GrantName(role Role, scopeName string) string {
	if scopeName == "" {
		return "“" + role.Name() + "”的身份"
	}
	return "“" + role.Name() + " · " + scopeName + "”的身份"
}

// Actor is who does something: a person with what they were granted, read from the
// database in this request, or the System.
type Actor struct {
	PersonID int64
	Grants   []Grant
	Asleep   []Grant    // what waits for the second factor; nobody has it until then
	FactorAt *time.Time // since when the person has a second factor; nil: none
	System   bool
}

// TheSystem acts by the clock.
var TheSystem = Actor{System: true}

// Has tells whether the actor holds r for anything at all.
func (a Actor) Has(r Role) bool {
	switch r {
	case System:
		return a.System
	case Resident:
		return a.PersonID != 0
	}
	for _, g := range a.Grants {
		if g.Role == r {
			return true
		}
	}
	return false
}

// Works tells whether the actor holds any working role.
func (a Actor) Works() bool { return len(a.Grants)+len(a.Asleep) > 0 }

// Sleep is the actor without what asks for a second factor.
func (a Actor) Sleep() Actor {
	a.Asleep, a.Grants = Guarded(append(slices.Clone(a.Asleep), a.Grants...))
	return a
}

// Holds tells whether the actor holds r for this scope. Staff of station 0 serve every station.
func (a Actor) Holds(r Role, scope int64) bool {
	for _, g := range a.Grants {
		if g.Role == r && (g.ScopeID == scope || (r == Staff && g.ScopeID == 0)) {
			return true
		}
	}
	return false
}

// Scopes lists what the actor holds r for.
func (a Actor) Scopes(r Role) []int64 {
	var ids []int64
	for _, g := range a.Grants {
		if g.Role == r {
			ids = append(ids, g.ScopeID)
		}
	}
	return ids
}

// Home is the role whose workbench this person lands on.
func (a Actor) Home() Role {
	for _, r := range []Role{Staff, Deputy, Department, Community, Liaison, Admin, Auditor} {
		if a.Has(r) {
			return r
		}
	}
	return Resident
}
