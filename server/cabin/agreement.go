package cabin

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"
)

// AgreementCommand is what two admins must agree to (四眼): whatever would let one of them
// alone make others of them, take their place, or carry away who residents are.
type AgreementCommand string

// The commands.
const (
	AgreeInvite   AgreementCommand = "admin_invite"    // an invite that makes another admin
	AgreeHandover AgreementCommand = "admin_handover"  // an admin's role goes to another person
	AgreeRevoke   AgreementCommand = "admin_revoke"    // another admin's role is taken away
	AgreeUnbind   AgreementCommand = "admin_unbind"    // another admin's WeChat account is taken away
	AgreeRebind   AgreementCommand = "admin_rebind"    // an invite that makes a phone an unbound admin's
	AgreeFactor   AgreementCommand = "factor_reset"    // somebody's second factor is taken away
	AgreeContacts AgreementCommand = "contacts_export" // who brought reports, with names and phones
	AgreeBooked   AgreementCommand = "booked_export"   // who booked, with names and phones
)

// AgreementRule is one row of the table: its title, whether it is about a person, and whether
// it waits for a second admin where there is only one.
type AgreementRule struct {
	Command AgreementCommand
	Title   string // with %s for the person's name
	Person  bool
	Lone    bool       // the only admin does it alone: else there would never be a second one
	List    ExportList // the list with names and phones that it makes; "" for none
}

// AgreementRules are all of them. The first two admins are made by invites of the operator's
// command or of the only admin; from then on each of these takes two.
var AgreementRules = []AgreementRule{
	{AgreeInvite, "再邀请一位管理员", false, true, ""},
	{AgreeHandover, "移交%s的管理员身份", true, true, ""},
	{AgreeRevoke, "收回%s的管理员身份", true, true, ""},
	{AgreeUnbind, "解绑管理员%s的微信", true, true, ""},
	{AgreeRebind, "让管理员%s重新绑定微信", true, true, ""},
	{AgreeFactor, "重置%s的验证器", true, true, ""},
	{AgreeContacts, "导出带姓名电话的民情", false, false, ExportReportContacts},
	{AgreeBooked, "导出带姓名电话的预约", false, false, ExportBookingContacts},
}

// AgreementRuleOf is the command's row, nil for none.
func AgreementRuleOf(c AgreementCommand) *AgreementRule {
	i := slices.IndexFunc(AgreementRules, func(r AgreementRule) bool { return r.Command == c })
	if i < 0 {
		return nil
	}
	return &AgreementRules[i]
}

// List is the list with names and phones that the request is for, "" for none.
func (a *Agreement) List() ExportList {
	if rule := AgreementRuleOf(a.Command); rule != nil {
		return rule.List
	}
	return ""
}

// AgreementState is how far a request is.
type AgreementState string

// The states. Void is what could not be carried out any more when it was agreed to.
const (
	AgreementOpen      AgreementState = "open"
	AgreementAgreed    AgreementState = "agreed"
	AgreementRefused   AgreementState = "refused"
	AgreementWithdrawn AgreementState = "withdrawn"
	AgreementExpired   AgreementState = "expired"
	AgreementVoid      AgreementState = "void"
)

var agreementStates = map[AgreementState]string{
	AgreementOpen: "等另一位管理员", AgreementAgreed: "已同意，已办", AgreementRefused: "没有同意", AgreementWithdrawn: "申请人收回了", AgreementExpired: "过期了", AgreementVoid: "情况变了，没有办",
}

// Name is the state in Chinese.
func (s AgreementState) Name() string { return agreementStates[s] }

const (
	MinAgreementReason = 4
	MaxAgreementReason = 200

	// AgreedInviteLife is how long an invite can be redeemed that two admins agreed to.
	AgreedInviteLife = 24 * time.Hour
	// ContactsLife is how long a list with names and phones can be fetched: the time to open
	// it at the desk where it is needed, and no longer.
	ContactsLife = 2 * time.Hour
	// MaxContactRows is how many people such a list may hold: a campaign of calls, not the street.
	MaxContactRows = 500
)

// Agreement is one request of an admin to the others.
type Agreement struct {
	ID         int64            `db:"id"`
	Command    AgreementCommand `db:"command"`
	AskerID    int64            `db:"asker_id"`
	PersonID   int64            `db:"person_id"` // whom it is about
	ToID       int64            `db:"to_id"`     // of a handover to somebody who works here
	ForName    string           `db:"for_name"`  // of an invite
	Filters    string           `db:"filters"`   // of an export, as JSON
	Reason     string           `db:"reason"`
	State      AgreementState   `db:"state"`
	AnsweredBy *int64           `db:"answered_by"`
	AnsweredAt *time.Time       `db:"answered_at"`
	Answer     string           `db:"answer"`
	ObjectID   int64            `db:"object_id"` // the invite or export that it made
	Sealed     []byte           `db:"sealed"`
	CreatedAt  time.Time        `db:"created_at"`
	ExpiresAt  time.Time        `db:"expires_at"`
	AskerName  string           `db:"asker_name"`
	PersonName string           `db:"person_name"`
	ToName     string           `db:"to_name"`
	AnswerName string           `db:"answer_name"`
}

// Title says what is asked for.
func (a *Agreement) Title() string {
	rule := AgreementRuleOf(a.Command)
	if rule == nil {
		return "一件要两人同意的事"
	}
	if !rule.Person {
		return rule.Title
	}
	return fmt.Sprintf(rule.Title, firstText(a.PersonName, "一位同事"))
}

// Answerable tells whether this admin may agree or refuse at this moment: never who asked.
// CodeForbidden, or CodeConflict when it is over.
func (a *Agreement) Answerable(actor Actor, now time.Time) error {
	switch {
	case !actor.Has(Admin):
		return E(CodeForbidden, "只有管理员可以决定。")
	case a.AskerID == actor.PersonID:
		return E(CodeForbidden, "这是您自己提的，要另一位管理员来决定。")
	case a.State != AgreementOpen:
		return E(CodeConflict, "这件事已经有结果了："+a.State.Name()+"。请刷新。")
	case !now.Before(a.ExpiresAt):
		return E(CodeConflict, "这件事已经过期了，请申请人重新提。")
	}
	return nil
}

// AgreementNotice is the news of a request: to the other admins that it waits, to who asked
// and whom it is about what became of it.
func AgreementNotice(a *Agreement, now time.Time) Notice {
	n := Notice{
		Matter: MatterAgreement, MatterID: a.ID, Page: fmt.Sprintf("/sub-admin/agreements?id=%d", a.ID), Template: TellReportAssigned,
		Values: Values{"number": fmt.Sprintf("SY-%d", a.ID), "who": firstText(a.AskerName, "一位管理员"), "time": timeValue(a.ExpiresAt), "topic": shorten(a.Title(), 20), "state": "待同意", "remark": "点开查看详情"},
	}
	if a.State == AgreementOpen {
		n.Title = "请您同意：" + a.Title()
		n.Body = firstText(a.AskerName, "一位管理员") + "提出，理由：" + shorten(a.Reason, 100) + "。" + MomentText(a.ExpiresAt) + " 前有效。"
		return n
	}
	n.Title, n.Body = a.Title()+"："+a.State.Name(), ""
	n.Values["state"] = "有结果了"
	if a.AnswerName != "" {
		n.Body = a.AnswerName + "答复。"
	}
	if a.Answer != "" {
		n.Body += "说明：" + shorten(a.Answer, 100) + "。"
	}
	switch {
	case a.State == AgreementAgreed && (a.Sealed != nil):
		n.Body += "点开拿邀请码，24 小时内有效。"
	case a.State == AgreementAgreed && a.List() != "":
		n.Body += "点开下载，两小时内有效。"
	}
	return n
}

// NewInviteCode makes a code that can be read aloud and typed: no 0, 1, 8, 9, 50 random bits.
func NewInviteCode() string {
	t := rand.Text()
	return t[:5] + "-" + t[5:10]
}
