package wechatsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Message is a notification in a person's list. Channel is "subscribe" (mini-program) or
// "official" (official account).
type Message struct {
	ID         int64     `json:"id"`
	Channel    string    `json:"channel"`
	TemplateID string    `json:"template_id"`
	Title      string    `json:"title"`
	Page       string    `json:"page"`
	State      string    `json:"miniprogram_state,omitempty"` // which build Page opens in
	Fields     []Value   `json:"fields"`
	At         time.Time `json:"at"`
	Read       bool      `json:"read"`
}

// Value is one filled field of a Message, in the template's order.
type Value struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Value string `json:"value"`
}

type datum struct {
	Value any `json:"value"`
}

func (s *Server) sendSubscribe(_ *http.Request, body []byte) any {
	var in struct {
		To       string           `json:"touser"`
		Template string           `json:"template_id"`
		Page     string           `json:"page"`
		State    string           `json:"miniprogram_state"`
		Data     map[string]datum `json:"data"`
	}
	if json.Unmarshal(body, &in) != nil {
		return refuse(47001, "data format error")
	}
	m, hash, fail := s.compose(s.mini, in.To, in.Template, in.Data)
	if fail != nil {
		return fail
	}
	if !s.published(in.Page) {
		return refuse(41030, "invalid page")
	}
	if in.State == "" {
		in.State = "formal"
	}
	if in.State != "formal" && in.State != "trial" && in.State != "developer" {
		return refuse(47003, "argument invalid! miniprogram_state")
	}
	if !s.spend(hash, in.Template) {
		return refuse(43101, "user refuse to accept the msg")
	}
	m.Page, m.State = in.Page, in.State
	id, late := s.deliver(hash, m)
	code, status := "0", "success"
	if late {
		code, status = "43101", "user refuse to accept the msg"
	}
	s.tell(s.mini, in.To, "subscribe_msg_sent_event", s.now(), "", field{"List", [][]field{{
		{"TemplateId", in.Template}, {"MsgID", strconv.FormatInt(id, 10)}, {"ErrorCode", code}, {"ErrorStatus", status},
	}}})
	return ok(object{"msgid": id})
}

func (s *Server) sendTemplate(_ *http.Request, body []byte) any {
	var in struct {
		To       string           `json:"touser"`
		Template string           `json:"template_id"`
		URL      string           `json:"url"`
		Once     string           `json:"client_msg_id"`
		Data     map[string]datum `json:"data"`
		Mini     struct {
			AppID string `json:"appid"`
			Page  string `json:"pagepath"`
		} `json:"miniprogram"`
	}
	if json.Unmarshal(body, &in) != nil {
		return refuse(47001, "data format error")
	}
	m, hash, fail := s.compose(s.official, in.To, in.Template, in.Data)
	if fail != nil {
		return fail
	}
	if p := s.people[hash]; p != nil && p.left {
		return refuse(43004, "require subscribe")
	}
	if in.Mini.AppID != "" && in.Mini.AppID != s.mini.appID {
		return refuse(40013, "invalid appid")
	}
	if !s.published(in.Mini.Page) {
		return refuse(40165, "invalid weapp pagepath")
	}
	m.Page = in.Mini.Page
	now := s.now()
	maps.DeleteFunc(s.once, func(_ string, o onceSent) bool { return now.Sub(o.at) > onceFor })
	if o, again := s.once[in.To+" "+in.Once]; again {
		return ok(object{"msgid": o.id})
	}
	id, late := s.deliver(hash, m)
	if in.Once != "" {
		s.once[in.To+" "+in.Once] = onceSent{id, now}
	}
	status := "success"
	if late {
		status = "failed:user block"
	}
	s.tell(s.official, in.To, "TEMPLATESENDJOBFINISH", s.now(), "", field{"MsgID", strconv.FormatInt(id, 10)}, field{"Status", status})
	return ok(object{"msgid": id})
}

// onceFor is how long a client_msg_id holds back a second message.
const onceFor = 10 * time.Minute

type onceSent struct {
	id int64
	at time.Time
}

// compose checks receiver, template and fields, in WeChat's order.
func (s *Server) compose(a *account, to, templateID string, data map[string]datum) (Message, string, *failure) {
	hash, known := a.holder(to)
	if !known {
		return Message{}, "", refuse(40003, "invalid openid")
	}
	t, known := a.template(templateID)
	if !known {
		return Message{}, "", refuse(40037, "invalid template_id")
	}
	m := Message{Channel: a.channel, TemplateID: t.ID, Title: t.Title}
	for _, f := range t.Fields {
		d, present := data[f.Name]
		if !present || d.Value == nil || d.Value == "" {
			return Message{}, "", refuse(47003, "argument invalid! data.%s.value is empty", f.Name)
		}
		value := fmt.Sprint(d.Value)
		if err := CheckField(f.Type, value); err != nil {
			return Message{}, "", refuse(47003, "argument invalid! data.%s.value invalid", f.Name)
		}
		m.Fields = append(m.Fields, Value{f.Name, f.Label, value})
	}
	for name := range data {
		if !t.has(name) {
			return Message{}, "", refuse(47003, "argument invalid! data.%s is not of this template", name)
		}
	}
	return m, hash, nil
}

func (t Template) has(name string) bool {
	for _, f := range t.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

// spend uses up one permission to send; false when the person gave none.
func (s *Server) spend(hash, templateID string) bool {
	p := s.people[hash]
	if p == nil || p.deaf {
		return false
	}
	if p.standing[templateID] {
		return true
	}
	if p.credits[templateID] == 0 {
		return false
	}
	p.credits[templateID]--
	return true
}

// deliver puts a message into the person's list, unless it is one that fails late.
func (s *Server) deliver(hash string, m Message) (id int64, late bool) {
	s.lastID++
	m.ID, m.At = s.lastID, s.now()
	p := s.person(hash)
	if p == nil {
		return m.ID, false
	}
	if p.late > 0 {
		p.late--
		return m.ID, true
	}
	p.messages = append(p.messages, m)
	if extra := len(p.messages) - keepMessages; extra > 0 {
		p.messages = append([]Message(nil), p.messages[extra:]...)
	}
	return m.ID, false
}
