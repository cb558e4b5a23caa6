package cabin

import "time"

// DeletedName stands where the name of somebody stood who had their data deleted.
const DeletedName = "已注销的居民"

// PersonalData is what a person takes along of their own, as it stands in the archive.
type PersonalData struct {
	At       time.Time          `json:"at"`
	Person   PersonalSelf       `json:"person"`
	Reports  []PersonalReport   `json:"reports"`
	Bookings []PersonalBooking  `json:"bookings"`
	Waits    []PersonalWait     `json:"waits"`
	Follows  []string           `json:"follows"`
	Notices  []PersonalNotice   `json:"notices"`
	Consents []PersonalConsent  `json:"consents"`
	Proxies  []PersonalProxying `json:"proxies"`
	Settings []PersonalSetting  `json:"settings"`
	Prompts  []PersonalPrompt   `json:"prompts"`
	Devices  []PersonalDevice   `json:"devices"`
}

// PersonalSetting is a kind of messages that they turned off or on.
type PersonalSetting struct {
	Kind string    `json:"kind" db:"kind"`
	Push bool      `json:"push" db:"push"`
	At   time.Time `json:"at" db:"updated_at"`
}

// PersonalPrompt is an answer of theirs to a prompt of WeChat's.
type PersonalPrompt struct {
	At       time.Time `json:"at" db:"created_at"`
	Template string    `json:"template" db:"template"`
	Answer   string    `json:"answer" db:"kind"`
}

// PersonalDevice is where they are logged in while the archive is packed.
type PersonalDevice struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	Used time.Time `json:"used"`
}

// PersonalSelf is who the person is to us.
type PersonalSelf struct {
	ID    int64     `json:"id" db:"id"`
	Name  string    `json:"name" db:"name"`
	Since time.Time `json:"since" db:"created_at"`
	Phone string    `json:"phone"`
}

// OpenNames lets their name be opened where it is read.
func (p *PersonalSelf) OpenNames(open func(personID int64, name string) string) {
	p.Name = open(p.ID, p.Name)
}

// PersonalReport is a report of theirs with its history.
type PersonalReport struct {
	Number   string           `json:"number"`
	At       time.Time        `json:"at"`
	Category string           `json:"category"`
	Place    string           `json:"place"`
	Lat      *float64         `json:"lat,omitempty"`
	Lng      *float64         `json:"lng,omitempty"`
	Body     string           `json:"body"`
	State    string           `json:"state"`
	Outcome  string           `json:"outcome,omitempty"`
	Stars    int              `json:"stars,omitempty"`
	Rating   string           `json:"rating,omitempty"`
	Proxy    string           `json:"proxy,omitempty"`
	Events   []PersonalEvent  `json:"events"`
	Openings []PersonalOpened `json:"openings"`
}

// PersonalEvent is a step as the person reads it, with the photos that they took themselves.
type PersonalEvent struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Text   string    `json:"text"`
	Note   string    `json:"note,omitempty"`
	Photos []string  `json:"photos,omitempty"`
}

// PersonalOpened is a look at their phone.
type PersonalOpened struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Reason string    `json:"reason"`
}

// PersonalBooking is a booking of theirs.
type PersonalBooking struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`
	Start  time.Time `json:"start"`
	Deputy string    `json:"deputy"`
	Place  string    `json:"place"`
	Topic  string    `json:"topic"`
	Note   string    `json:"note,omitempty"`
	State  string    `json:"state"`
	Stars  int       `json:"stars,omitempty"`
	Rating string    `json:"rating,omitempty"`
}

// PersonalWait is a line they stood in.
type PersonalWait struct {
	At    time.Time `json:"at" db:"created_at"`
	Start time.Time `json:"start" db:"starts_at"`
	Topic string    `json:"topic" db:"topic"`
	State string    `json:"state" db:"state"`
}

// PersonalNotice is a message of their inbox.
type PersonalNotice struct {
	At    time.Time `json:"at" db:"created_at"`
	Title string    `json:"title" db:"title"`
	Body  string    `json:"body" db:"body"`
}

// PersonalConsent is what they allowed of one template of WeChat's.
type PersonalConsent struct {
	Template string `json:"template" db:"template"`
	Accepted int    `json:"accepted" db:"accepted"`
	Refused  int    `json:"refused" db:"refused"`
	Spent    int    `json:"spent" db:"spent"`
}

// PersonalProxying is a consent that somebody recorded for them.
type PersonalProxying struct {
	At      time.Time `json:"at" db:"at"`
	Words   string    `json:"words" db:"words"`
	Version int       `json:"version" db:"version"`
	How     string    `json:"how" db:"how"`
}
