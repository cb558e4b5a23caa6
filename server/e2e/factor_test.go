package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"warmcabin/server/cabin"
)

// authenticator is the app on somebody's phone: it knows the secret and the time.
type authenticator struct {
	p      *phone
	secret string
	spare  []string // recovery codes
}

// bind binds an authenticator as the page does.
func (p *phone) bind() *authenticator {
	p.s.t.Helper()
	a := &authenticator{p: p}
	a.secret = p.post("/me/factor/begin", nil).need(200)["secret"].(string)
	for _, c := range p.post("/me/factor/confirm", map[string]any{"code": a.code()}).need(200)["codes"].([]any) {
		a.spare = append(a.spare, c.(string))
	}
	return a
}

// code is what the app shows at this moment.
func (a *authenticator) code() string {
	a.p.s.t.Helper()
	code, err := totp.GenerateCode(a.secret, a.p.s.clock.Now())
	if err != nil {
		a.p.s.t.Fatal(err)
	}
	return code
}

func (p *phone) give(code string) *answer {
	p.s.t.Helper()
	return p.post("/me/factor/give", map[string]any{"code": code})
}

// Until the factor was given in this session an admin's rights sleep, wherever they are
// used; what the person is besides goes on.
func TestAnAdminsRightsSleepUntilTheFactor(t *testing.T) {
	s := build(t, setup{factor: true})
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin}, cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	auditor := s.phone("auditor", cabin.Grant{Role: cabin.Auditor})
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	admin.get("/presets").refused(cabin.CodeFactorUnset)
	auditor.get("/audit").refused(cabin.CodeFactorUnset)
	admin.get("/desk").need(200)
	staff.get("/desk").need(200)
	staff.post("/me/factor/begin", nil).refused(cabin.CodeConflict)

	app := admin.bind()
	admin.get("/presets").need(200) // the code that bound it was given in this session
	if s.number(`SELECT COUNT(*) FROM notices WHERE person_id = ? AND title = '您的账号绑定了验证器'`, admin.id) != 1 {
		t.Error("nobody told the person")
	}
	var sealed string
	if err := s.x.QueryRow(`SELECT HEX(sealed) FROM second_factors`).Scan(&sealed); err != nil || strings.Contains(sealed, fmt.Sprintf("%X", app.secret)) {
		t.Errorf("the secret stands in the table: %s %v", sealed, err)
	}

	admin.login() // the session of another day
	admin.get("/presets").refused(cabin.CodeFactor)
	admin.get("/desk").need(200)
	// A door that asks for no role and finds none: a matter that only the admin may see.
	report := s.phone("resident").report().id("")
	s.exec(`UPDATE reports SET station_id = 9 WHERE id = ?`, report)
	admin.get(fmt.Sprintf("/reports/%d", report)).refused(cabin.CodeFactor)
	s.clock.Advance(time.Minute)
	admin.give(app.code()).need(204)
	admin.get("/presets").need(200)
	admin.get(fmt.Sprintf("/reports/%d", report)).need(200)
	if f := admin.get("/me/factor").need(200); f["asleep"] != false || f["recovery"] != float64(8) || f["givenAt"] == nil {
		t.Errorf("%v", f)
	}
	log := s.log.String()
	if strings.Contains(log, app.secret) || strings.Contains(log, app.spare[0]) {
		t.Error("the log knows a secret")
	}
}

// A code is taken once, also from two phones at one moment; a little late or early is fine.
func TestACodeIsTakenOnce(t *testing.T) {
	s := build(t, setup{factor: true})
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	app := admin.bind()
	tablet := s.phone("admin")
	used := app.code()
	tablet.give(used).refused(cabin.CodeConflict) // it bound the authenticator
	tablet.get("/presets").refused(cabin.CodeFactor)
	s.clock.Advance(time.Minute)
	code := app.code()
	var wg sync.WaitGroup
	answers := make([]*answer, 6)
	for i := range answers {
		wg.Go(func() { answers[i] = [2]*phone{admin, tablet}[i%2].give(code) })
	}
	wg.Wait()
	if got := statuses(answers); got[204] != 1 || got[409] != 5 {
		t.Errorf("one code six times at once: %v", got)
	}
	s.clock.Advance(time.Minute)
	late := app.code()
	s.clock.Advance(30 * time.Second)
	tablet.give(late).need(204)
	tablet.give(used).refused(cabin.CodeInvalid) // long over
	early := *app
	s.clock.Advance(5 * time.Minute)
	code = early.code()
	s.clock.Advance(-30 * time.Second)
	tablet.give(code).need(204)
	s.clock.Advance(-5 * time.Minute)
	tablet.give(app.code()).refused(cabin.CodeConflict) // older than one that was taken
	// Typed as people type: full-width digits, a gap.
	s.clock.Advance(10 * time.Minute)
	code = app.code()
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, code[:3])
	admin.give(wide + " " + code[3:]).need(204)
	for _, bad := range []string{"", "12345", "1234567", "abcdef", "１２３", "000000'; --"} {
		admin.give(bad).refused(cabin.CodeInvalid)
	}
}

// Five wrong ones, then a quarter of an hour; counted by person, whichever phone, in one row.
func TestWrongCodesHaveTheirEnd(t *testing.T) {
	s := build(t, setup{factor: true})
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	app := admin.bind()
	tablet := s.phone("admin")
	s.clock.Advance(time.Minute)
	for i := range 4 {
		[2]*phone{admin, tablet}[i%2].give(app.wrong()).say(t, fmt.Sprintf("还可以试 %d 次", 4-i))
	}
	tablet.give("AAAA-BBBB-CCCC").refused(cabin.CodeTooMany)
	right := admin.give(app.code())
	right.refused(cabin.CodeTooMany)
	right.say(t, "15 分钟")
	tablet.give(app.spare[0]).refused(cabin.CodeTooMany)
	s.clock.Advance(15 * time.Minute)
	admin.give(app.code()).need(204)
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = 'factor.wrong'`); n != 5 {
		t.Errorf("%d wrong codes in the audit", n)
	}
	s.clock.Advance(time.Minute) // what was right begins the count anew
	admin.give(app.wrong()).say(t, "还可以试 4 次")
}

// wrong is a code that none of the app's near ones is.
func (a *authenticator) wrong() string {
	a.p.s.t.Helper()
	for n := range 10 {
		code := strings.Repeat(fmt.Sprint(n), 6)
		if step, err := cabin.FactorStep(a.secret, code, a.p.s.clock.Now()); err == nil && step == 0 {
			return code
		}
	}
	a.p.s.t.Fatal("every code is right")
	return ""
}

// A recovery code opens once; new ones end the old; a new authenticator ends the old one and
// every session that gave the old one's code.
func TestRecoveryAndAnotherAuthenticator(t *testing.T) {
	s := build(t, setup{factor: true})
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	app := admin.bind()
	tablet := s.phone("admin")
	tablet.post("/me/factor/begin", nil).refused(cabin.CodeFactor) // a phone left on a table changes nothing
	tablet.post("/me/factor/codes", nil).refused(cabin.CodeFactor)
	tablet.give(strings.ToLower(app.spare[0])).need(204)
	tablet.get("/presets").need(200)
	admin.give(app.spare[0]).refused(cabin.CodeInvalid)
	fresh := tablet.post("/me/factor/codes", nil).need(200)["codes"].([]any)
	tablet.give(app.spare[1]).refused(cabin.CodeInvalid)
	s.clock.Advance(11 * time.Minute)
	tablet.post("/me/factor/begin", nil).refused(cabin.CodeFactor) // given too long ago
	tablet.give(fresh[0].(string)).need(204)
	s.clock.Advance(time.Minute)
	other := tablet.bind()
	admin.get("/presets").refused(cabin.CodeFactor) // it gave the old one's
	admin.give(app.code()).refused(cabin.CodeInvalid)
	s.clock.Advance(time.Minute)
	admin.give(other.code()).need(204)
	// A secret waits for half an hour.
	other.p = admin
	secret := admin.post("/me/factor/begin", nil).need(200)["secret"].(string)
	s.clock.Advance(31 * time.Minute)
	admin.give(other.code()).need(204)
	late := authenticator{p: admin, secret: secret}
	admin.post("/me/factor/confirm", map[string]any{"code": late.code()}).refused(cabin.CodeConflict)
	// Somebody else's session knows nothing of it.
	auditor := s.phone("auditor", cabin.Grant{Role: cabin.Auditor})
	auditor.bind()
	s.clock.Advance(time.Minute)
	auditor.give(other.code()).refused(cabin.CodeInvalid)
}

// Exports ask again; a role that was revoked between is no role after the code.
func TestExportsAskAgain(t *testing.T) {
	s := build(t, setup{factor: true})
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	app := admin.bind()
	body := map[string]any{"list": "people"}
	s.clock.Advance(9 * time.Minute)
	id := admin.post("/exports", body).need(201)["id"].(float64)
	if _, err := s.worker.Export(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(2 * time.Minute)
	admin.post("/exports", body).refused(cabin.CodeFactor)
	file := fmt.Sprintf("/exports/%d/file", int(id))
	admin.get(file).refused(cabin.CodeFactor)
	admin.get("/presets").need(200) // the rest of the day goes on
	admin.give(app.code()).need(204)
	admin.get(file).need(200)
	admin.post("/exports", body).need(201)
	s.exec(`DELETE FROM person_roles WHERE person_id = ?`, admin.id)
	admin.post("/exports", body).refused(cabin.CodeForbidden)
	s.clock.Advance(time.Minute)
	admin.give(app.code()).refused(cabin.CodeConflict)
	// Who needs no factor is not asked for one.
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	staff.post("/exports", map[string]any{"list": "desk_reports"}).need(201)
}

// Where it is optional only who bound one is asked.
func TestAnOptionalFactor(t *testing.T) {
	s := open(t)
	one, two := s.phone("one", cabin.Grant{Role: cabin.Admin}), s.phone("two", cabin.Grant{Role: cabin.Admin})
	one.get("/presets").need(200)
	one.bind()
	one.login()
	one.get("/presets").refused(cabin.CodeFactor)
	two.get("/presets").need(200)
	if err := s.db.Factors.Reset(t.Context(), cabin.TheSystem, one.id); err != nil {
		t.Fatal(err)
	}
	one.get("/presets").need(200)
	if got := one.inbox()[0]; got != "您的验证器被重置了" {
		t.Errorf("the person reads %q", got)
	}
	if err := s.db.Factors.Reset(t.Context(), cabin.TheSystem, one.id); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("reset twice: %v", err)
	}
}

// A desktop that a phone let in gives the factor itself: what the phone gave does not count
// there, and what the desktop gave wakes the admin's rights on it.
func TestADesktopGivesTheFactorItself(t *testing.T) {
	s := build(t, setup{factor: true, proxies: []string{"127.0.0.0/8"}})
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	app := admin.bind()
	b := s.browser()
	admin.scan(b).need(200)
	admin.let(b, true).need(204)
	b.stands("signed_in")
	b.call("GET", "/presets", nil).refused(cabin.CodeFactor)
	admin.get("/presets").need(200)
	s.clock.Advance(time.Minute)
	give := func(code string) *answer {
		return b.call("POST", "/me/factor/give", map[string]any{"code": code})
	}
	give("000000").refused(cabin.CodeInvalid)
	code := app.code()
	give(code).need(204)
	b.call("GET", "/presets", nil).need(200)
	give(code).refused(cabin.CodeConflict)

	// It asks again for what is taken away, and nobody else's desktop is woken by it.
	s.clock.Advance(cabin.FactorFresh)
	b.call("POST", "/me/factor/codes", map[string]any{}).refused(cabin.CodeFactor)
	other := s.browser()
	admin.scan(other).need(200)
	admin.let(other, true).need(204)
	other.stands("signed_in")
	other.call("GET", "/presets", nil).refused(cabin.CodeFactor)
}

// Whoever looks after the people sees in their lists who has a factor, and who should.
func TestTheListsOfPeopleSayWhoHasAFactor(t *testing.T) {
	s := build(t, setup{factor: true})
	admin, late := s.phone("admin", cabin.Grant{Role: cabin.Admin}), s.phone("late", cabin.Grant{Role: cabin.Auditor})
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	admin.bind()
	late.post("/me/factor/begin", nil).need(200) // begun is not bound
	staff.get("/people").refused(cabin.CodeForbidden)
	rows := map[float64]map[string]any{}
	for _, r := range admin.get("/people").need(200)["items"].([]any) {
		rows[r.(map[string]any)["id"].(float64)] = r.(map[string]any)
	}
	for p, want := range map[*phone][2]bool{admin: {true, true}, late: {true, false}, staff: {false, false}} {
		row := rows[float64(p.id)]
		if row["factorNeeded"] != want[0] || (row["factorAt"] != nil) != want[1] {
			t.Errorf("%s: the list says %v", p.name, row)
		}
		one := admin.get(fmt.Sprintf("/people/%d", p.id)).need(200)
		if one["factorNeeded"] != want[0] || (one["factorAt"] != nil) != want[1] {
			t.Errorf("%s: their page says %v", p.name, one)
		}
	}
	for role, want := range map[string]bool{"admin": true, "auditor": false} {
		post := admin.get("/office/posts?role=" + role).need(200)["items"].([]any)[0].(map[string]any)
		holder := post["holders"].([]any)[0].(map[string]any)
		if (holder["factorAt"] != nil) != want {
			t.Errorf("the post of %s says %v", role, holder)
		}
	}
}
