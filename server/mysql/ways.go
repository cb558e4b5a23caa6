package mysql

import "warmcabin/server/cabin"

// way is what reaches somebody who works here by WeChat at this moment: a row for each
// template of which they have messages left, one at least.
type way struct {
	ScopeID  int64             `db:"scope_id"` // for which they work
	PersonID int64             `db:"person_id"`
	Joined   bool              `db:"joined"`  // has used the mini-program
	Wanted   bool              `db:"wanted"`  // its messages
	Follows  bool              `db:"follows"` // the official account, and wants its messages
	Template cabin.TemplateKey `db:"template"`
	Credits  int               `db:"credits"`
}

const wayColumns = `r.scope_id, r.person_id, l.openid IS NOT NULL AS joined, NOT l.no_wechat AS wanted, f.openid IS NOT NULL AS follows, COALESCE(c.template, '') AS template, COALESCE(c.credits, 0) AS credits`

const wayJoins = ` STRAIGHT_JOIN persons l FORCE INDEX (PRIMARY) ON l.id = r.person_id
	LEFT JOIN official_followers f ON l.unionid <> '' AND NOT l.no_official AND f.unionid = l.unionid AND f.left_at IS NULL
	LEFT JOIN consents c FORCE INDEX (PRIMARY) ON c.person_id = r.person_id AND c.credits > 0`

// waysPart reads who has the role for these scopes, and what reaches them.
func waysPart(dest *[]way, role cabin.Role, scopes []int64) part {
	return part{dest, `SELECT ` + wayColumns + ` FROM person_roles r FORCE INDEX (person_roles_scope)` + wayJoins + ` WHERE r.role = ? AND r.scope_id IN (?)`, []any{role, scopes}}
}

// ways are those of the people that were read in a transaction. Whoever makes something reads
// them on the way: a push that could go nowhere ends when it is written, and is no work for
// anybody.
type ways map[int64][]way

func (w *ways) learn(read []way) {
	if *w == nil {
		*w = ways{}
	}
	for _, r := range read {
		(*w)[r.PersonID] = append((*w)[r.PersonID], r)
	}
}

// end is the state in which a push ends that can go nowhere, "" when it can, or nothing was
// read. Minor news is left to the worker: what the person turned off, and what came since,
// counts too.
func (w ways) end(templates cabin.PushTemplates, personID int64, n cabin.Notice) string {
	of := w[personID]
	if n.Kind != "" || len(of) == 0 {
		return ""
	}
	means := cabin.PushMeans{WeChat: of[0].Joined && of[0].Wanted, Credits: map[cabin.TemplateKey]int{}}
	for _, r := range of {
		means.Credits[r.Template] = r.Credits
		means.Official = means.Official || r.Follows
	}
	steps, known := templates.Steps(n.Template, false, means)
	switch {
	case !known || len(steps) > 0:
		return ""
	case !of[0].Joined:
		return PushNoWeChat
	}
	return PushNoConsent
}
