package cabin

import (
	"fmt"
	"strings"
	"time"
)

// CheckState is how far the check of a text or a photo has come.
type CheckState string

// The states. Only CheckPassed and CheckOverturned may ever be shown in public: publishing
// fails closed. Taking a matter in waits for none of them.
const (
	CheckPending    CheckState = "pending"    // WeChat is to be asked, or has not answered yet
	CheckPassed     CheckState = "passed"     // WeChat has nothing against it
	CheckReview     CheckState = "review"     // WeChat wants a person to look
	CheckRisky      CheckState = "risky"      // WeChat says no
	CheckManual     CheckState = "manual"     // WeChat could not be asked, or did not answer in CheckPatience
	CheckOverturned CheckState = "overturned" // the staff say it may be shown, whatever WeChat said
	CheckRefused    CheckState = "refused"    // the staff say it may not
)

// CheckPatience is how long WeChat has for an answer: media_check_async promises one
// within 30 minutes. Afterwards a person looks.
const CheckPatience = 30 * time.Minute

// CheckKind says what is checked.
type CheckKind string

// The kinds: the words that came with an event, or one photo of it.
const (
	CheckedText  CheckKind = "text"
	CheckedImage CheckKind = "image"
)

// Check is the check of one text or photo that somebody brought and that other people might
// see one day.
type Check struct {
	ID         int64      `db:"id"`
	Kind       CheckKind  `db:"kind"`
	MatterKind MatterKind `db:"matter_kind"`
	MatterID   int64      `db:"matter_id"`
	EventID    int64      `db:"event_id"`
	PhotoID    string     `db:"photo_id"` // "" of a text
	PersonID   int64      `db:"person_id"`
	StationID  int64      `db:"station_id"` // whose desk decides
	State      CheckState `db:"state"`
	Label      int        `db:"label"` // WeChat's reason, 0 or 100 for none
	Reason     string     `db:"reason"`
	Appeal     string     `db:"appeal"`
	CreatedAt  time.Time  `db:"created_at"`
	AskedAt    *time.Time `db:"asked_at"`
	AnsweredAt *time.Time `db:"answered_at"`
	QueuedAt   *time.Time `db:"queued_at"` // since when it waits for the staff; nil = it does not
	DecidedAt  *time.Time `db:"decided_at"`
	DecidedBy  int64      `db:"decided_by"`
	AppealedAt *time.Time `db:"appealed_at"`
}

// Public tells whether it may be shown to everybody.
func (c *Check) Public() bool { return c.State == CheckPassed || c.State == CheckOverturned }

// Thing names what is checked to a person.
func (c *Check) Thing() string {
	if c.Kind == CheckedImage {
		return "这张照片"
	}
	return "这段话"
}

// checkLabels are WeChat's reasons in plain words.
var checkLabels = map[int]string{
	10001: "像是广告", 20001: "可能涉及时政", 20002: "可能涉及色情", 20003: "可能有辱骂", 20006: "可能违法",
	20008: "可能涉及欺诈", 20012: "可能低俗", 20013: "可能涉及版权", 21000: "可能不适合公开",
}

// LabelName is WeChat's reason in plain words, "" for none.
func (c *Check) LabelName() string { return checkLabels[c.Label] }

// Held says to its author why it is not public, "" when there is nothing to say: it is
// public, or its check has only begun.
func (c *Check) Held() string {
	why := ""
	switch c.State {
	case CheckRisky:
		why = firstText(c.LabelName(), "自动检查认为不适合公开")
	case CheckRefused:
		why = firstText(c.Reason, "工作人员认为不适合公开")
	case CheckReview, CheckManual:
		return c.Thing() + "还没有公开：工作人员会看一看，不影响办理。"
	default:
		return ""
	}
	if c.AppealedAt != nil && c.QueuedAt != nil {
		return c.Thing() + "还没有公开：您的申诉已收到，工作人员会再看。不影响办理。"
	}
	held := c.Thing() + "还没有公开：" + strings.TrimRight(why, "。") + "。不影响办理"
	if c.CanAppeal() {
		return held + "，您可以申诉。"
	}
	return held + "。"
}

// CanAppeal tells whether its author may ask for another look: once, after a no.
func (c *Check) CanAppeal() bool {
	return c.AppealedAt == nil && (c.State == CheckRisky || c.State == CheckRefused)
}

// MayDecide tells whether the actor is of the desk that decides. Nobody decides about what
// they brought themselves (CodeForbidden); others learn nothing (CodeNotFound).
func (c *Check) MayDecide(a Actor) error {
	if !a.Holds(Staff, c.StationID) && !a.Has(Admin) {
		return E(CodeNotFound, "没有找到这条记录，或者您无权查看。")
	}
	if a.PersonID == c.PersonID {
		return E(CodeForbidden, "自己写的、自己拍的，要请别人来看。")
	}
	return nil
}

// Decide is the staff's word: it may be shown, or it may not, with a reason that its author
// reads. Errors as MayDecide; CodeConflict when it waits for nobody any more; CodeInvalid
// without a reason.
func (c *Check) Decide(a Actor, pass bool, reason string, now time.Time) error {
	if err := c.MayDecide(a); err != nil {
		return err
	}
	if c.QueuedAt == nil {
		return E(CodeConflict, "这项内容已经有人看过了。")
	}
	least := 0
	if !pass {
		least = 2
	}
	if err := CheckText("reason", reason, least, MaxReason); err != nil {
		return err
	}
	c.State = CheckRefused
	if pass {
		c.State = CheckOverturned
	}
	c.Reason, c.QueuedAt, c.DecidedAt, c.DecidedBy = reason, nil, &now, a.PersonID
	return nil
}

// AskAgain is the author's appeal. CodeNotFound for anybody else; CodeConflict when there
// is nothing to appeal, or no second time; CodeInvalid without words.
func (c *Check) AskAgain(a Actor, words string, now time.Time) error {
	if a.PersonID == 0 || a.PersonID != c.PersonID {
		return E(CodeNotFound, "没有找到这条记录，或者您无权查看。")
	}
	if !c.CanAppeal() {
		return E(CodeConflict, "这项内容现在不用申诉，或者已经申诉过了。")
	}
	if err := CheckText("reason", words, 2, MaxReason); err != nil {
		return err
	}
	c.Appeal, c.AppealedAt, c.QueuedAt = words, &now, &now
	return nil
}

// Answer takes WeChat's verdict (pass, review, risky; anything else wants a person's look).
// It reports whether anything changed: a second answer does not, and what the staff decided
// stands.
func (c *Check) Answer(suggest string, label int, now time.Time) (changed bool) {
	if c.AnsweredAt != nil {
		return false
	}
	c.Label, c.AnsweredAt = label, &now
	if c.DecidedAt != nil {
		return true
	}
	switch suggest {
	case "pass":
		c.State, c.QueuedAt = CheckPassed, nil
	case "risky":
		c.State = CheckRisky
		c.queue(now)
	default:
		c.State = CheckReview
		c.queue(now)
	}
	return true
}

// GiveUp hands what WeChat did not answer to the staff.
func (c *Check) GiveUp(now time.Time) {
	c.State = CheckManual
	c.queue(now)
}

func (c *Check) queue(now time.Time) {
	if c.QueuedAt == nil {
		c.QueuedAt = &now
	}
}

// CheckNotice tells the author what became of a check; the matter's page shows the way to
// appeal. number and topic are the matter's.
func CheckNotice(c *Check, number, topic string, now time.Time) Notice {
	n := Notice{
		Matter: c.MatterKind, MatterID: c.MatterID, Template: TellReportProgress, Page: fmt.Sprintf("/pages/%s/detail?id=%d", c.MatterKind, c.MatterID),
		Title: c.Thing() + "暂不公开", Body: c.Held(),
		Values: Values{"number": number, "topic": topic, "state": "暂不公开", "remark": "不影响办理，可以申诉", "who": "联络站", "time": timeValue(now)},
	}
	if c.Public() {
		n.Title, n.Body = c.Thing()+"可以公开了", "工作人员看过了，没有问题。"
		n.Values["state"], n.Values["remark"] = "可以公开", "工作人员看过了"
	}
	return n
}
