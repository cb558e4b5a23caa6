package api

import (
	"net/http"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/redis"
)

// Base is where the API lives.
const Base = "/api/v1"

// route is one row of the table that says what exists and who may call it.
type route struct {
	ID, Method, Path string
	Roles            []cabin.Role // public: nobody is asked; anyone: any session; else one of these must be held
	Limit            *redis.Limit
	Summary          string
	Creates          bool // answers 201 and wants an Idempotency-Key
	Empty            bool // answers 204
	Known            bool // public, but who sends a session is known
	Fresh            bool // public, and the same answer is good for everybody for Config.FreshFor
	Factor           bool // the second factor is asked for again when it was given too long ago
	Words            bool // takes what people write at length: a text that is far too long is measured, not cut off
	Upload           bool // takes a file: answers 201, and has time for a slow phone
}

var (
	public    []cabin.Role
	anyone    = []cabin.Role{cabin.Resident}
	admins    = []cabin.Role{cabin.Admin}
	auditors  = []cabin.Role{cabin.Auditor}
	deputy    = []cabin.Role{cabin.Deputy}
	desk      = []cabin.Role{cabin.Staff, cabin.Admin}
	handler   = []cabin.Role{cabin.Department}
	arrangers = []cabin.Role{cabin.Deputy, cabin.Staff, cabin.Admin}
	locals    = []cabin.Role{cabin.Community, cabin.Liaison}
	answerers = []cabin.Role{cabin.Staff, cabin.Admin, cabin.Department, cabin.Community}
	workers   = cabin.WorkingRoles
	openers   = []cabin.Role{cabin.Staff, cabin.Admin, cabin.Department, cabin.Community, cabin.Liaison}
	proxies   = []cabin.Role{cabin.Staff, cabin.Admin, cabin.Community, cabin.Liaison}
	recorders = []cabin.Role{cabin.Staff, cabin.Admin, cabin.Liaison, cabin.Community}
	hosts     = []cabin.Role{cabin.Community, cabin.Liaison, cabin.Deputy, cabin.Staff, cabin.Admin}
)

// The limits. A login is counted by address with room for a whole community behind one.
var (
	loginLimit    = &redis.Limit{Name: "login", Rate: 120, Per: time.Minute, Burst: 60, By: redis.ByIP}
	askLimit      = &redis.Limit{Name: "desktop-code", Rate: 60, Per: time.Minute, Burst: 30, By: redis.ByIP} // an office behind one address
	pollLimit     = &redis.Limit{Name: "desktop-poll", Rate: 1200, Per: time.Minute, Burst: 300, By: redis.ByIP}
	desktopsLimit = &redis.Limit{Name: "desktop-codes", Rate: 600, Per: time.Minute, Burst: 200, By: redis.ByIP}
	scanLimit     = &redis.Limit{Name: "desktop-scan", Rate: 30, Per: time.Minute, Burst: 10}
	joinLimit     = &redis.Limit{Name: "join", Rate: 10, Per: time.Hour, Burst: 5} // a name is not to be guessed
	redeemLimit   = &redis.Limit{Name: "redeem", Rate: 10, Per: time.Hour, Burst: 5}
	createLimit   = &redis.Limit{Name: "create", Rate: 20, Per: time.Minute, Burst: 10}
	commandLimit  = &redis.Limit{Name: "command", Rate: 60, Per: time.Minute, Burst: 30}
	codeLimit     = &redis.Limit{Name: "code", Rate: 60, Per: time.Minute, Burst: 20}
	auditLimit    = &redis.Limit{Name: "audit", Rate: 120, Per: time.Minute, Burst: 60}
	findLimit     = &redis.Limit{Name: "find", Rate: 60, Per: time.Minute, Burst: 20}
	numbersLimit  = &redis.Limit{Name: "numbers", Rate: 60, Per: time.Minute, Burst: 20}
	sheetLimit    = &redis.Limit{Name: "sheet", Rate: 20, Per: time.Minute, Burst: 6}
	contactLimit  = &redis.Limit{Name: "contact", Rate: 60, Per: time.Hour, Burst: 20}
	feedLimit     = &redis.Limit{Name: "feed", Rate: 60, Per: time.Minute, Burst: 30, By: redis.ByIP}
	pictureLimit  = &redis.Limit{Name: "picture", Rate: 120, Per: time.Minute, Burst: 60, By: redis.ByIP}
	publicLimit   = &redis.Limit{Name: "public", Rate: 120, Per: time.Minute, Burst: 60, By: redis.ByIP}
	importLimit   = &redis.Limit{Name: "import", Rate: 30, Per: time.Hour, Burst: 10}
	exportLimit   = &redis.Limit{Name: "export", Rate: 30, Per: time.Hour, Burst: 10}
	dataLimit     = &redis.Limit{Name: "data", Rate: 10, Per: time.Hour, Burst: 5}
	fileLimit     = &redis.Limit{Name: "file", Rate: 30, Per: time.Minute, Burst: 10}
	uploadLimit   = &redis.Limit{Name: "upload", Rate: 40, Per: time.Minute, Burst: 20}
	factorLimit   = &redis.Limit{Name: "factor", Rate: 30, Per: time.Minute, Burst: 10}
)

// routes is the one route→role table. What is not in it does not exist: handlers are
// registered by their row's ID, and a test holds the two together.
var routes = []route{
	{ID: "environment", Method: http.MethodGet, Path: "/environment", Roles: public, Summary: "What the client should know before anybody logs in"},
	{ID: "login", Method: http.MethodPost, Path: "/login", Roles: public, Limit: loginLimit, Summary: "Log in with a wx.login code"},
	{ID: "logout", Method: http.MethodPost, Path: "/logout", Roles: anyone, Empty: true, Summary: "End this session"},
	{ID: "desktop-code", Method: http.MethodPost, Path: "/desktop/codes", Roles: public, Limit: askLimit, Summary: "A code for a browser that wants to be let in, good for a minute"},
	{ID: "desktop-poll", Method: http.MethodPost, Path: "/desktop/codes/poll", Roles: public, Limit: pollLimit, Summary: "How far it has come; after the phone's yes the session, once"},
	{ID: "desktop-scan", Method: http.MethodPost, Path: "/desktop/scans", Roles: anyone, Limit: scanLimit, Summary: "Who asks by the code that I scanned"},
	{ID: "desktop-answer", Method: http.MethodPost, Path: "/desktop/scans/answer", Roles: anyone, Limit: scanLimit, Empty: true, Summary: "Let that browser in as me, or turn it away"},
	{ID: "me", Method: http.MethodGet, Path: "/me", Roles: anyone, Summary: "Who I am and what I may do"},
	{ID: "me-rename", Method: http.MethodPut, Path: "/me", Roles: anyone, Limit: commandLimit, Summary: "Change my name"},
	{ID: "sessions", Method: http.MethodGet, Path: "/me/sessions", Roles: anyone, Summary: "My devices"},
	{ID: "session-revoke", Method: http.MethodDelete, Path: "/me/sessions/{id}", Roles: anyone, Empty: true, Summary: "Log one device out"},
	{ID: "sessions-revoke", Method: http.MethodDelete, Path: "/me/sessions", Roles: anyone, Empty: true, Summary: "Log all devices out, this one too"},
	{ID: "factor", Method: http.MethodGet, Path: "/me/factor", Roles: anyone, Summary: "My second factor"},
	{ID: "factor-begin", Method: http.MethodPost, Path: "/me/factor/begin", Roles: anyone, Limit: factorLimit, Summary: "Begin to bind an authenticator, or another one"},
	{ID: "factor-confirm", Method: http.MethodPost, Path: "/me/factor/confirm", Roles: anyone, Limit: factorLimit, Summary: "Bind it by its first code"},
	{ID: "factor-give", Method: http.MethodPost, Path: "/me/factor/give", Roles: anyone, Limit: factorLimit, Empty: true, Summary: "Give a code: this session's role wakes up"},
	{ID: "factor-codes", Method: http.MethodPost, Path: "/me/factor/codes", Roles: anyone, Limit: factorLimit, Summary: "New recovery codes in place of those before"},
	{ID: "invite-redeem", Method: http.MethodPost, Path: "/invites/redeem", Roles: anyone, Limit: redeemLimit, Summary: "Redeem an invite"},
	{ID: "invite-create", Method: http.MethodPost, Path: "/invites", Roles: admins, Limit: createLimit, Summary: "Make a one-use invite: to a role, to take a role over, or to be bound again"},
	{ID: "invite-picture", Method: http.MethodPost, Path: "/invites/picture", Roles: admins, Limit: codeLimit, Summary: "The mini-program code of an open invite"},
	{ID: "invite-slips", Method: http.MethodPost, Path: "/invites/slips", Roles: admins, Limit: sheetLimit, Summary: "Invites for several posts, printed to be cut apart"},
	{ID: "invite-withdraw", Method: http.MethodDelete, Path: "/invites/{id}", Roles: admins, Limit: commandLimit, Empty: true, Summary: "End an invite that nobody used"},
	{ID: "people", Method: http.MethodGet, Path: "/people", Roles: admins, Summary: "Who holds working roles"},
	{ID: "person", Method: http.MethodGet, Path: "/people/{id}", Roles: admins, Summary: "One who holds working roles, and where they are logged in"},
	{ID: "person-unbind", Method: http.MethodPost, Path: "/people/{id}/unbind", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Unbind a lost phone: all its sessions end"},
	{ID: "person-sign-out", Method: http.MethodDelete, Path: "/people/{id}/sessions", Roles: admins, Limit: commandLimit, Empty: true, Summary: "End all sessions of one who holds working roles"},
	{ID: "role-hand-over", Method: http.MethodPost, Path: "/people/{id}/roles/{role}/{scopeId}/hand-over", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Give a role to another who works here; its open matters go along"},
	{ID: "agreements", Method: http.MethodGet, Path: "/office/agreements", Roles: admins, Summary: "What two admins must agree to: open requests, and the last that are over"},
	{ID: "agreement", Method: http.MethodGet, Path: "/office/agreements/{id}", Roles: admins, Summary: "One request; with what it made, for who asked"},
	{ID: "agreement-ask", Method: http.MethodPost, Path: "/office/agreements", Roles: admins, Limit: createLimit, Creates: true, Factor: true, Summary: "Ask another admin to agree"},
	{ID: "agreement-answer", Method: http.MethodPost, Path: "/office/agreements/{id}/answer", Roles: admins, Limit: commandLimit, Factor: true, Summary: "Agree, and it is done at once; or refuse. Never who asked"},
	{ID: "agreement-withdraw", Method: http.MethodDelete, Path: "/office/agreements/{id}", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Take a request of mine back"},
	{ID: "posts", Method: http.MethodGet, Path: "/office/posts", Roles: admins, Summary: "What a role can be held for, who holds it, and open invites"},
	{ID: "setup", Method: http.MethodGet, Path: "/office/setup", Roles: admins, Summary: "The checklist of setting up, judged from what is there"},
	{ID: "setup-tick", Method: http.MethodPut, Path: "/office/setup/{step}", Roles: admins, Limit: commandLimit, Summary: "Say that a step is done that only a person can know"},
	{ID: "street-save", Method: http.MethodPut, Path: "/office/street", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Say what the street is called"},
	{ID: "categories-start", Method: http.MethodPost, Path: "/office/categories/start", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Put the usual categories into an office that has none"},
	{ID: "roster", Method: http.MethodGet, Path: "/office/roster/{kind}", Roles: admins, Summary: "Stations, departments, communities, deputies or liaison officers, for editing by hand"},
	{ID: "roster-form", Method: http.MethodGet, Path: "/office/roster/{kind}/{id}", Roles: admins, Summary: "The form of one of them; id 0 is a new one"},
	{ID: "roster-save", Method: http.MethodPut, Path: "/office/roster/{kind}/{id}", Roles: admins, Limit: commandLimit, Summary: "Write one of them, by the rules of an import; id 0 makes a new one"},
	{ID: "roster-close", Method: http.MethodPost, Path: "/office/roster/{kind}/{id}/close", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Close one: it is offered no more, and what happened keeps it"},
	{ID: "roster-reopen", Method: http.MethodPost, Path: "/office/roster/{kind}/{id}/reopen", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Open a closed one again"},
	{ID: "role-revoke", Method: http.MethodDelete, Path: "/people/{id}/roles/{role}/{scopeId}", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Take a role away"},

	{ID: "stations", Method: http.MethodGet, Path: "/stations", Roles: public, Summary: "All liaison stations"},
	{ID: "station", Method: http.MethodGet, Path: "/stations/{id}", Roles: public, Summary: "One station"},
	{ID: "needs", Method: http.MethodGet, Path: "/needs", Roles: public, Summary: "Needs to start from"},
	{ID: "categories", Method: http.MethodGet, Path: "/categories", Roles: public, Summary: "Categories of reports"},
	{ID: "communities", Method: http.MethodGet, Path: "/communities", Roles: public, Summary: "Communities of the street"},
	{ID: "buildings", Method: http.MethodGet, Path: "/communities/{id}/buildings", Roles: public, Summary: "Buildings of a community, to name a place without a map"},
	{ID: "departments", Method: http.MethodGet, Path: "/departments", Roles: desk, Summary: "Departments to dispatch to"},
	{ID: "deputies", Method: http.MethodGet, Path: "/deputies", Roles: public, Fresh: true, Summary: "Find a deputy, also by need"},
	{ID: "deputy-filters", Method: http.MethodGet, Path: "/deputy-filters", Roles: public, Summary: "What the list of deputies can be narrowed by"},
	{ID: "deputy", Method: http.MethodGet, Path: "/deputies/{id}", Roles: public, Summary: "One deputy"},
	{ID: "slots", Method: http.MethodGet, Path: "/deputies/{id}/slots", Roles: public, Fresh: true, Summary: "A deputy's slots by day"},
	{ID: "portrait", Method: http.MethodGet, Path: "/public-photos/{id}", Roles: public, Summary: "A deputy's portrait"},

	{ID: "public-reports", Method: http.MethodGet, Path: "/public/reports", Roles: public, Limit: publicLimit, Summary: "What was reported in the street, as everybody may read it"},
	{ID: "public-report", Method: http.MethodGet, Path: "/public/reports/{id}", Roles: public, Limit: publicLimit, Summary: "One of them with its timeline"},
	{ID: "public-report-photo", Method: http.MethodGet, Path: "/public/photos/{id}", Roles: public, Limit: pictureLimit, Summary: "A photo of one of them that passed the check"},
	{ID: "receipt-check", Method: http.MethodGet, Path: "/public/receipts", Roles: public, Limit: publicLimit, Summary: "Whether a receipt holds"},
	{ID: "station-code", Method: http.MethodGet, Path: "/stations/{id}/code", Roles: public, Limit: pictureLimit, Summary: "The mini-program code of a station, for its wall"},
	{ID: "deputy-code", Method: http.MethodGet, Path: "/deputies/{id}/code", Roles: public, Limit: pictureLimit, Summary: "The mini-program code of a deputy, for a wall sheet"},
	{ID: "audit", Method: http.MethodGet, Path: "/audit", Roles: auditors, Limit: auditLimit, Summary: "Who did what to what, when, from where"},
	{ID: "audit-kinds", Method: http.MethodGet, Path: "/audit-kinds", Roles: auditors, Summary: "What the audit is about"},
	{ID: "station-sheet", Method: http.MethodGet, Path: "/stations/{id}/sheet", Roles: desk, Limit: sheetLimit, Summary: "A station's sheet for its wall, as PDF"},
	{ID: "deputy-sheet", Method: http.MethodGet, Path: "/deputies/{id}/sheet", Roles: desk, Limit: sheetLimit, Summary: "A deputy's sheet for a wall, as PDF"},
	{ID: "report-code", Method: http.MethodGet, Path: "/reports/{id}/code", Roles: anyone, Limit: codeLimit, Summary: "The mini-program code of a report that I may see"},
	{ID: "booking-code", Method: http.MethodGet, Path: "/bookings/{id}/code", Roles: anyone, Limit: codeLimit, Summary: "The mini-program code of a booking that I may see"},

	{ID: "my-phone", Method: http.MethodGet, Path: "/me/phone", Roles: anyone, Summary: "The phone that I left, masked"},
	{ID: "my-phone-save", Method: http.MethodPost, Path: "/me/phone", Roles: anyone, Limit: contactLimit, Summary: "Leave the phone that WeChat's button gave"},
	{ID: "my-phone-join", Method: http.MethodPost, Path: "/me/phone/earlier", Roles: anyone, Limit: joinLimit, Summary: "I am who was written down under my phone by this name: make us one"},
	{ID: "my-phone-remove", Method: http.MethodDelete, Path: "/me/phone", Roles: anyone, Limit: commandLimit, Empty: true, Summary: "Take my phone back"},

	{ID: "my-data", Method: http.MethodGet, Path: "/me/data", Roles: anyone, Summary: "What is kept of me"},
	{ID: "my-data-ask", Method: http.MethodPost, Path: "/me/data", Roles: anyone, Limit: dataLimit, Creates: true, Summary: "Have all of it packed into one file"},
	{ID: "my-data-file", Method: http.MethodGet, Path: "/me/data/{id}/file", Roles: anyone, Limit: fileLimit, Summary: "The file"},
	{ID: "my-data-delete", Method: http.MethodPost, Path: "/me/data/deletion", Roles: anyone, Limit: dataLimit, Summary: "Delete my data: matters stay, I go"},

	{ID: "booking-create", Method: http.MethodPost, Path: "/bookings", Roles: anyone, Limit: createLimit, Creates: true, Summary: "Book a deputy"},
	{ID: "booking", Method: http.MethodGet, Path: "/bookings/{id}", Roles: anyone, Summary: "One booking with its history"},
	{ID: "booking-command", Method: http.MethodPost, Path: "/bookings/{id}/commands", Roles: anyone, Limit: commandLimit, Summary: "Move a booking"},
	{ID: "allowance", Method: http.MethodGet, Path: "/me/allowance", Roles: anyone, Summary: "What I may still book, and the limits in words"},
	{ID: "wait-join", Method: http.MethodPost, Path: "/waits", Roles: anyone, Limit: createLimit, Creates: true, Summary: "Join the line for a full slot or talk"},
	{ID: "wait", Method: http.MethodGet, Path: "/waits/{id}", Roles: anyone, Summary: "One place in a line"},
	{ID: "wait-command", Method: http.MethodPost, Path: "/waits/{id}/commands", Roles: anyone, Limit: commandLimit, Summary: "Take, refuse or leave"},
	{ID: "my-waits", Method: http.MethodGet, Path: "/me/waits", Roles: anyone, Summary: "The lines I stand in"},
	{ID: "my-bookings", Method: http.MethodGet, Path: "/me/bookings", Roles: anyone, Summary: "My bookings"},
	{ID: "deputy-bookings", Method: http.MethodGet, Path: "/deputy/bookings", Roles: deputy, Summary: "A deputy's bookings"},
	{ID: "deputy-week", Method: http.MethodGet, Path: "/deputy/week", Roles: deputy, Summary: "Seven days of a deputy"},
	{ID: "schedule", Method: http.MethodGet, Path: "/deputies/{id}/schedule", Roles: arrangers, Summary: "A deputy's hours, exceptions and cap"},
	{ID: "hours-add", Method: http.MethodPost, Path: "/deputies/{id}/hours", Roles: arrangers, Limit: createLimit, Creates: true, Summary: "Add weekly hours"},
	{ID: "hours-save", Method: http.MethodPut, Path: "/deputies/{id}/hours/{ruleId}", Roles: arrangers, Limit: commandLimit, Summary: "Change weekly hours; what is booked stays"},
	{ID: "hours-remove", Method: http.MethodDelete, Path: "/deputies/{id}/hours/{ruleId}", Roles: arrangers, Limit: commandLimit, Summary: "Remove weekly hours; what is booked stays"},
	{ID: "day-cap", Method: http.MethodPut, Path: "/deputies/{id}/day-cap", Roles: arrangers, Limit: commandLimit, Summary: "Set how many meetings a day at most"},
	{ID: "affected", Method: http.MethodGet, Path: "/deputies/{id}/affected", Roles: arrangers, Summary: "What a leave would move, and where to"},
	{ID: "exception-add", Method: http.MethodPost, Path: "/deputies/{id}/exceptions", Roles: arrangers, Limit: createLimit, Creates: true, Summary: "Take leave, and re-offer what is booked in it; or add extra hours"},
	{ID: "exception-remove", Method: http.MethodDelete, Path: "/deputies/{id}/exceptions/{exceptionId}", Roles: arrangers, Limit: commandLimit, Summary: "Take a leave or extra hours back"},
	{ID: "booking-calendar", Method: http.MethodGet, Path: "/bookings/{id}/calendar", Roles: anyone, Summary: "A booking as a calendar file"},
	{ID: "feed-new", Method: http.MethodPost, Path: "/deputies/{id}/calendar-feed", Roles: deputy, Limit: commandLimit, Summary: "Make a new secret calendar address; the old one ends"},
	{ID: "feed-end", Method: http.MethodDelete, Path: "/deputies/{id}/calendar-feed", Roles: deputy, Limit: commandLimit, Empty: true, Summary: "End my calendar address"},
	{ID: "feed", Method: http.MethodGet, Path: "/calendar-feeds/{secret}", Roles: public, Limit: feedLimit, Summary: "A deputy's calendar, for who has its address"},
	{ID: "deputy-today", Method: http.MethodGet, Path: "/deputy/today", Roles: deputy, Summary: "A deputy's day"},
	{ID: "desk-bookings", Method: http.MethodGet, Path: "/desk/bookings", Roles: desk, Summary: "A desk's bookings"},
	{ID: "desk-day", Method: http.MethodGet, Path: "/desk/day", Roles: desk, Summary: "The day at a station"},
	{ID: "desk-check-in", Method: http.MethodGet, Path: "/desk/check-in", Roles: desk, Limit: codeLimit, Summary: "Find who is at the door by their code"},
	{ID: "desk-residents", Method: http.MethodPost, Path: "/desk/residents", Roles: desk, Limit: contactLimit, Summary: "Find who is known by a phone"},
	{ID: "walk-in", Method: http.MethodPost, Path: "/desk/walk-ins", Roles: desk, Limit: createLimit, Creates: true, Summary: "Book for somebody without WeChat"},
	{ID: "booking-contact", Method: http.MethodPost, Path: "/bookings/{id}/contact", Roles: desk, Limit: contactLimit, Summary: "Open a resident's phone, with a reason that they see"},

	{ID: "talks", Method: http.MethodGet, Path: "/talks", Roles: public, Summary: "Group talks to come"},
	{ID: "talk", Method: http.MethodGet, Path: "/talks/{id}", Roles: public, Known: true, Summary: "One talk, with the reader's own seats and place in line"},
	{ID: "talk-propose", Method: http.MethodPost, Path: "/talks", Roles: hosts, Limit: createLimit, Creates: true, Summary: "Ask a deputy for a talk"},
	{ID: "talk-command", Method: http.MethodPost, Path: "/talks/{id}/commands", Roles: hosts, Limit: commandLimit, Summary: "Schedule, move, decline, cancel or close a talk"},
	{ID: "talk-sign-up", Method: http.MethodPost, Path: "/talks/{id}/bookings", Roles: anyone, Limit: createLimit, Creates: true, Summary: "Take seats at a talk"},
	{ID: "my-talks", Method: http.MethodGet, Path: "/talks/mine", Roles: hosts, Summary: "The talks of my deputy, desk or community"},

	{ID: "photo-upload", Method: http.MethodPost, Path: "/photos", Roles: anyone, Limit: uploadLimit, Upload: true, Summary: "Upload a photo"},
	{ID: "photo-states", Method: http.MethodGet, Path: "/photos", Roles: anyone, Summary: "What became of my uploads"},
	{ID: "photo", Method: http.MethodGet, Path: "/photos/{id}", Roles: anyone, Summary: "A photo that I may see"},
	{ID: "photo-cover", Method: http.MethodGet, Path: "/photos/{id}/cover", Roles: desk, Limit: codeLimit, Summary: "What is covered of a photo, for the desk of its report"},
	{ID: "photo-cover-save", Method: http.MethodPut, Path: "/photos/{id}/cover", Roles: desk, Limit: commandLimit, Summary: "Cover faces or plates in a photo"},
	{ID: "photo-cover-remove", Method: http.MethodDelete, Path: "/photos/{id}/cover", Roles: desk, Limit: commandLimit, Empty: true, Summary: "Show a photo again as it was taken"},
	{ID: "photo-uncovered", Method: http.MethodGet, Path: "/photos/{id}/uncovered", Roles: desk, Limit: codeLimit, Summary: "A photo without its cover; every look at a covered one is recorded"},
	{ID: "photo-remove", Method: http.MethodDelete, Path: "/photos/{id}", Roles: anyone, Limit: commandLimit, Empty: true, Summary: "Remove my upload, or take my photo off my report while it is open"},

	{ID: "report-create", Method: http.MethodPost, Path: "/reports", Roles: anyone, Limit: createLimit, Creates: true, Words: true, Summary: "Report a problem"},
	{ID: "report", Method: http.MethodGet, Path: "/reports/{id}", Roles: anyone, Summary: "One report with its history"},
	{ID: "report-command", Method: http.MethodPost, Path: "/reports/{id}/commands", Roles: anyone, Limit: commandLimit, Words: true, Summary: "Move a report"},
	{ID: "my-reports", Method: http.MethodGet, Path: "/me/reports", Roles: anyone, Summary: "My reports"},
	{ID: "desk", Method: http.MethodGet, Path: "/desk", Roles: desk, Summary: "What waits at the desk"},
	{ID: "desk-reports", Method: http.MethodGet, Path: "/desk/reports", Roles: desk, Summary: "A desk's reports"},
	{ID: "report-preflight", Method: http.MethodPost, Path: "/reports/preflight", Roles: anyone, Limit: commandLimit, Words: true, Summary: "Before submitting: the same problem near by, what is better not written, where else to go"},
	{ID: "report-join", Method: http.MethodPost, Path: "/reports/{id}/followers", Roles: anyone, Limit: createLimit, Creates: true, Words: true, Summary: "I met the same problem: follow it"},
	{ID: "report-leave", Method: http.MethodDelete, Path: "/reports/{id}/followers", Roles: anyone, Limit: commandLimit, Empty: true, Summary: "Follow it no longer"},
	{ID: "report-watch", Method: http.MethodPost, Path: "/reports/{id}/watch", Roles: deputy, Limit: commandLimit, Empty: true, Summary: "Follow a report of my constituency; DELETE followers ends it"},
	{ID: "my-followed", Method: http.MethodGet, Path: "/me/followed", Roles: anyone, Summary: "Reports that I follow"},
	{ID: "report-alike", Method: http.MethodGet, Path: "/reports/{id}/alike", Roles: anyone, Summary: "What a report may be merged into, for those who take it in"},
	{ID: "reports-dispatch", Method: http.MethodPost, Path: "/desk/reports/dispatch", Roles: desk, Limit: commandLimit, Summary: "Dispatch several reports to one department"},
	{ID: "report-hold", Method: http.MethodPost, Path: "/reports/{id}/holder", Roles: desk, Limit: commandLimit, Empty: true, Summary: "See to a report, also one that a colleague sees to"},
	{ID: "report-release", Method: http.MethodDelete, Path: "/reports/{id}/holder", Roles: desk, Limit: commandLimit, Empty: true, Summary: "Give a report that I see to back to the whole desk"},
	{ID: "colleagues", Method: http.MethodGet, Path: "/desk/colleagues", Roles: desk, Summary: "Who serves at my desk, and how many reports each sees to"},
	{ID: "shift-take", Method: http.MethodPost, Path: "/desk/shifts", Roles: desk, Limit: commandLimit, Summary: "Take over everything that a colleague sees to"},
	{ID: "quick-texts", Method: http.MethodGet, Path: "/quick-texts", Roles: answerers, Summary: "Sentences to begin an answer from, with blanks"},
	{ID: "department-reports", Method: http.MethodGet, Path: "/department/reports", Roles: handler, Summary: "What was dispatched to my department"},
	{ID: "community-reports", Method: http.MethodGet, Path: "/community/reports", Roles: locals, Summary: "What my community's residents brought"},
	{ID: "deputy-reports", Method: http.MethodGet, Path: "/deputy/reports", Roles: deputy, Summary: "What was raised with me"},

	{ID: "report-contact", Method: http.MethodPost, Path: "/reports/{id}/contact", Roles: openers, Limit: contactLimit, Summary: "Open a reporter's name and phone, with a reason that they see"},
	{ID: "report-contact-hide", Method: http.MethodPut, Path: "/reports/{id}/contact", Roles: anyone, Limit: commandLimit, Empty: true, Summary: "Say whether the department that handles my report may open my phone"},
	{ID: "report-subjects", Method: http.MethodPut, Path: "/reports/{id}/subjects", Roles: desk, Limit: commandLimit, Empty: true, Summary: "Say whom a report is about: they learn nothing of its reporter"},
	{ID: "desk-workers", Method: http.MethodGet, Path: "/desk/workers", Roles: desk, Limit: codeLimit, Summary: "People who work for the street, by name"},
	{ID: "desk-matters", Method: http.MethodPost, Path: "/desk/matters", Roles: desk, Limit: contactLimit, Summary: "Find somebody's matters by their phone"},
	{ID: "desk-join-look", Method: http.MethodPost, Path: "/desk/joins/look", Roles: desk, Limit: contactLimit, Summary: "Who was written down under a phone without WeChat, and which WeChat accounts left one"},
	{ID: "desk-join", Method: http.MethodPost, Path: "/desk/joins", Roles: desk, Limit: contactLimit, Summary: "Make what was written down for somebody theirs on WeChat, with their consent"},
	{ID: "proxy-residents", Method: http.MethodPost, Path: "/proxy/residents", Roles: proxies, Limit: contactLimit, Summary: "Who is known by a phone, before reporting on their behalf"},
	{ID: "proxy-report", Method: http.MethodPost, Path: "/proxy/reports", Roles: proxies, Limit: createLimit, Creates: true, Words: true, Summary: "Report on a resident's behalf, with their consent"},
	{ID: "proxy-reports", Method: http.MethodGet, Path: "/proxy/reports", Roles: proxies, Summary: "What I reported on others' behalf"},

	{ID: "check-queue", Method: http.MethodGet, Path: "/desk/checks", Roles: desk, Summary: "Texts and photos that wait for a person's look before they may be public"},
	{ID: "check-decide", Method: http.MethodPost, Path: "/checks/{id}/decisions", Roles: desk, Limit: commandLimit, Empty: true, Summary: "Say that it may be public, or not and why"},
	{ID: "check-appeal", Method: http.MethodPost, Path: "/checks/{id}/appeal", Roles: anyone, Limit: commandLimit, Summary: "Ask for another look at what of mine is not public"},

	{ID: "presets", Method: http.MethodGet, Path: "/presets", Roles: admins, Summary: "Limits that the office sets"},
	{ID: "preset-save", Method: http.MethodPut, Path: "/presets/{name}", Roles: admins, Limit: commandLimit, Summary: "Set a limit"},
	{ID: "calendar", Method: http.MethodGet, Path: "/calendar", Roles: admins, Summary: "A year of the office's calendar"},
	{ID: "calendar-save", Method: http.MethodPut, Path: "/calendar/{day}", Roles: admins, Limit: commandLimit, Summary: "Set a day over the published calendar"},
	{ID: "calendar-remove", Method: http.MethodDelete, Path: "/calendar/{day}", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Give a day back to the published calendar"},
	{ID: "office-categories", Method: http.MethodGet, Path: "/office/categories", Roles: admins, Summary: "Categories with their questions, closed ones too"},
	{ID: "category-create", Method: http.MethodPost, Path: "/office/categories", Roles: admins, Limit: createLimit, Creates: true, Summary: "Add a category"},
	{ID: "category-save", Method: http.MethodPut, Path: "/office/categories/{id}", Roles: admins, Limit: commandLimit, Summary: "Change a category, close it or open it again"},
	{ID: "category-order", Method: http.MethodPut, Path: "/office/category-order", Roles: admins, Limit: commandLimit, Summary: "Order the categories of the form"},
	{ID: "office-departments", Method: http.MethodGet, Path: "/office/departments", Roles: admins, Summary: "Departments with what they hold, closed ones too"},
	{ID: "department-create", Method: http.MethodPost, Path: "/office/departments", Roles: admins, Limit: createLimit, Creates: true, Summary: "Add a department"},
	{ID: "department-save", Method: http.MethodPut, Path: "/office/departments/{id}", Roles: admins, Limit: commandLimit, Summary: "Rename a department"},
	{ID: "department-close", Method: http.MethodPost, Path: "/office/departments/{id}/close", Roles: admins, Limit: commandLimit, Summary: "Dispatch nothing more to it; what it holds is the desk's again"},
	{ID: "department-reopen", Method: http.MethodPost, Path: "/office/departments/{id}/reopen", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Dispatch to it again"},
	{ID: "office-quick-texts", Method: http.MethodGet, Path: "/office/quick-texts", Roles: admins, Summary: "The office's sentences, and who changed them"},
	{ID: "quick-text-save", Method: http.MethodPut, Path: "/office/quick-texts", Roles: admins, Limit: commandLimit, Summary: "Change a sentence, or add one"},
	{ID: "quick-text-close", Method: http.MethodDelete, Path: "/office/quick-texts/{id}", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Take a sentence out of use"},
	{ID: "office-needs", Method: http.MethodGet, Path: "/office/needs", Roles: admins, Summary: "The words that lead to each speciality"},
	{ID: "need-save", Method: http.MethodPut, Path: "/office/needs", Roles: admins, Limit: commandLimit, Summary: "Add a word to a speciality, or place it on the home page"},
	{ID: "need-remove", Method: http.MethodDelete, Path: "/office/needs", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Take a word away from a speciality"},
	{ID: "unmet-needs", Method: http.MethodGet, Path: "/office/unmet-needs", Roles: admins, Summary: "Words that matched nobody, the most often said first"},
	{ID: "unmet-need-serve", Method: http.MethodPost, Path: "/office/unmet-needs/serve", Roles: admins, Limit: commandLimit, Summary: "Make an unmet word a speciality's"},
	{ID: "unmet-need-dismiss", Method: http.MethodDelete, Path: "/office/unmet-needs", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Take an unmet word off the list"},
	{ID: "import-template", Method: http.MethodGet, Path: "/office/import-template", Roles: admins, Limit: fileLimit, Summary: "The workbook to fill in, or with what is there now"},
	{ID: "import-check", Method: http.MethodPost, Path: "/office/imports", Roles: admins, Limit: importLimit, Upload: true, Summary: "Bring a workbook, and see what it would do"},
	{ID: "import", Method: http.MethodGet, Path: "/office/imports/{id}", Roles: admins, Summary: "What a workbook of mine would do, or did"},
	{ID: "import-items", Method: http.MethodGet, Path: "/office/imports/{id}/items", Roles: admins, Summary: "Its rows that create or change something"},
	{ID: "import-apply", Method: http.MethodPost, Path: "/office/imports/{id}/apply", Roles: admins, Limit: commandLimit, Summary: "Carry it out, all of it or nothing; again is safe"},
	{ID: "statistics", Method: http.MethodGet, Path: "/statistics", Roles: desk, Limit: numbersLimit, Summary: "What came in, and what became of it: by month, station, category and deputy"},
	{ID: "statistics-reports", Method: http.MethodGet, Path: "/statistics/reports", Roles: desk, Summary: "The reports behind a number"},
	{ID: "statistics-bookings", Method: http.MethodGet, Path: "/statistics/bookings", Roles: desk, Summary: "The bookings behind a number"},
	{ID: "visits", Method: http.MethodGet, Path: "/visits", Roles: locals, Summary: "My visit log, the newest first"},
	{ID: "visit-log", Method: http.MethodPost, Path: "/visits", Roles: anyone, Limit: createLimit, Creates: true, Summary: "Log a visit; who serves the community no longer is told so"},
	{ID: "visit-report", Method: http.MethodPost, Path: "/visits/reports", Roles: anyone, Limit: commandLimit, Empty: true, Summary: "Note that a report of mine came of a visit of mine"},
	{ID: "liaison-places", Method: http.MethodGet, Path: "/liaison/places", Roles: locals, Summary: "My communities with their deputies"},
	{ID: "handovers", Method: http.MethodGet, Path: "/desk/handovers", Roles: desk, Summary: "Notes of shifts, the newest first"},
	{ID: "handover-write", Method: http.MethodPost, Path: "/desk/handovers", Roles: desk, Limit: createLimit, Creates: true, Summary: "Leave a note for the next shift"},
	{ID: "handover-read", Method: http.MethodPost, Path: "/desk/handovers/{id}/read", Roles: desk, Limit: commandLimit, Empty: true, Summary: "Acknowledge a note"},
	{ID: "ledger", Method: http.MethodGet, Path: "/ledgers/{kind}", Roles: desk, Summary: "A month of a ledger"},
	{ID: "ledger-correct", Method: http.MethodPost, Path: "/ledgers/{kind}/{id}/corrections", Roles: recorders, Limit: createLimit, Creates: true, Summary: "Set something right in a ledger; the row stays"},
	{ID: "desk-find", Method: http.MethodPost, Path: "/desk/find", Roles: desk, Limit: findLimit, Summary: "Find anything of my stations: number, code, name, phone or words"},
	{ID: "export-ask", Method: http.MethodPost, Path: "/exports", Roles: workers, Limit: exportLimit, Factor: true, Creates: true, Summary: "Ask for a list that I may see as a workbook"},
	{ID: "exports", Method: http.MethodGet, Path: "/exports", Roles: workers, Summary: "What I asked for, and how far it is"},
	{ID: "export", Method: http.MethodGet, Path: "/exports/{id}", Roles: workers, Summary: "How far one of mine is"},
	{ID: "export-file", Method: http.MethodGet, Path: "/exports/{id}/file", Roles: workers, Limit: fileLimit, Factor: true, Summary: "Its file, while I still have the right"},
	{ID: "dead-pushes", Method: http.MethodGet, Path: "/office/dead-pushes", Roles: admins, Summary: "WeChat messages that were given up"},
	{ID: "held-pushes", Method: http.MethodGet, Path: "/office/held-pushes", Roles: admins, Summary: "WeChat messages that should have gone and wait"},
	{ID: "dead-push-retry", Method: http.MethodPost, Path: "/office/dead-pushes/{id}/retry", Roles: admins, Limit: commandLimit, Empty: true, Summary: "Send a given-up message once more"},

	{ID: "home", Method: http.MethodGet, Path: "/home", Roles: anyone, Summary: "My open matters"},
	{ID: "inbox", Method: http.MethodGet, Path: "/me/inbox", Roles: anyone, Summary: "My inbox by matter"},
	{ID: "notices", Method: http.MethodGet, Path: "/me/notices", Roles: anyone, Summary: "My news one by one"},
	{ID: "notices-read", Method: http.MethodPost, Path: "/me/notices/read", Roles: anyone, Limit: commandLimit, Summary: "Mark as read"},
	{ID: "prompts", Method: http.MethodGet, Path: "/me/prompts", Roles: anyone, Summary: "Which message templates to ask for"},
	{ID: "prompts-answered", Method: http.MethodPost, Path: "/me/prompts", Roles: anyone, Limit: commandLimit, Empty: true, Summary: "What was answered to the prompt"},
	{ID: "notify-settings", Method: http.MethodGet, Path: "/me/notify-settings", Roles: anyone, Summary: "What I want to be told"},
	{ID: "notify-setting", Method: http.MethodPut, Path: "/me/notify-settings", Roles: anyone, Limit: commandLimit, Summary: "Turn pushes of one kind on or off"},
	{ID: "booking-told", Method: http.MethodPost, Path: "/bookings/{id}/told", Roles: desk, Limit: commandLimit, Empty: true, Summary: "Note that the resident was told by phone"},
	{ID: "report-told", Method: http.MethodPost, Path: "/reports/{id}/told", Roles: desk, Limit: commandLimit, Empty: true, Summary: "Note that the reporter was told by phone"},
}

func row(id string) *route {
	for i := range routes {
		if routes[i].ID == id {
			return &routes[i]
		}
	}
	return nil
}
