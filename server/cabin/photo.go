package cabin

import "time"

// PhotoState is how far a photo has come.
type PhotoState string

// The states of a photo: an upload is answered while it is still being worked on.
const (
	PhotoProcessing PhotoState = "processing"
	PhotoReady      PhotoState = "ready"
	PhotoBad        PhotoState = "bad"     // it cannot be decoded; Reason says so to its owner
	PhotoRemoved    PhotoState = "removed" // taken down by its owner: a name that the chain holds, no picture
)

// Stage says what a photo of a result shows.
type Stage string

// The stages; "" is neither.
const (
	Before Stage = "before" // the place as the office found it
	After  Stage = "after"  // and as it left it
)

// LooseLife is how long an upload may stay attached to nothing.
const LooseLife = 24 * time.Hour

// Photo is a stored photo without any metadata. Its id is 128 random bits in hex; that
// alone opens nothing, the reader's right is checked each time.
type Photo struct {
	ID         string     `db:"id"`
	OwnerID    int64      `db:"owner_id"`
	Mine       bool       `db:"mine"` // the reader's own; filled where a report is read
	ReportID   int64      `db:"report_id"`
	EventID    int64      `db:"event_id"`
	State      PhotoState `db:"state"`
	Stage      Stage      `db:"stage"`
	Width      int        `db:"width"`
	Height     int        `db:"height"`
	Bytes      int        `db:"bytes"`
	Reason     string     `db:"reason"`
	Cover      string     `db:"cover"`    // its covered areas; see CoverText
	CoverID    string     `db:"cover_id"` // the files that show it covered
	CoverReady bool       `db:"cover_ready"`
	CreatedAt  time.Time  `db:"created_at"`
}

// Person is somebody with a WeChat identity.
type Person struct {
	ID        int64     `db:"id"`
	OpenID    string    `db:"openid"`
	UnionID   string    `db:"unionid"`
	Name      string    `db:"name"`
	CreatedAt time.Time `db:"created_at"`
}

// OpenNames lets their name be opened where it is read.
func (p *Person) OpenNames(open func(personID int64, name string) string) {
	p.Name = open(p.ID, p.Name)
}

// PastEvent is an event as it was stored.
type PastEvent struct {
	ID     int64     `db:"id"`
	Made   string    `db:"command"` // by which command; of reports only
	At     time.Time `db:"at"`
	Role   Role      `db:"actor_role"`
	Mine   bool      `db:"mine"`
	Text   string    `db:"text"`
	Note   string    `db:"note"`
	Old    string    `db:"old_text"` // the time before and after, where it changed
	New    string    `db:"new_text"`
	Photos []Photo   `db:"-"`
}
