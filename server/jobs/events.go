package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

const (
	eventTries = 8
	eventLease = 2 * time.Minute
)

// Events works off what WeChat pushed, and returns how many it looked at. Started by every
// worker; twice is safe: an event is claimed once, and one whose worker died comes back to
// what is safe to do again.
func (w *Worker) Events(ctx context.Context) (int, error) {
	claimed, err := w.DB.Events.Claim(ctx, batch, eventLease)
	if err != nil {
		return 0, err
	}
	// What came of them is recorded also when the time is up, before another may claim them.
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), eventLease)
	defer cancel()
	var done, untried []int64
	for _, p := range claimed {
		if ctx.Err() != nil { // WeChat let those before hang
			untried = append(untried, p.ID)
			continue
		}
		err := w.event(ctx, p)
		if err == nil || p.Attempts+1 >= eventTries {
			done = append(done, p.ID)
		}
		if err == nil {
			continue
		}
		w.Log.Warn("event not handled", "event", p.ID, "attempts", p.Attempts+1, "cause", err.Error())
		if p.Attempts+1 < eventTries {
			if err := w.DB.Events.Again(recording, p.ID, w.DB.Now().Add(backoff(p.Attempts+1))); err != nil {
				return len(claimed), err
			}
		}
	}
	return len(claimed), errors.Join(w.DB.Events.Done(recording, done), w.DB.Events.Release(recording, untried))
}

func (w *Worker) event(ctx context.Context, p mysql.PushedEvent) error {
	var e wechat.Event
	if err := json.Unmarshal([]byte(p.Payload), &e); err != nil {
		return nil // it was ours to write; nothing can be done about it
	}
	if p.Account == mysql.OfficialAccount {
		return w.ofOfficial(ctx, e)
	}
	if e.Kind == wechat.EventMediaCheck {
		return w.DB.Checks.Answered(ctx, e.TraceID, e.Suggest, e.Label)
	}
	person, err := w.DB.People.ByOpenID(ctx, e.OpenID)
	if err != nil || person == 0 { // somebody who opened the mini-program and never logged in
		return err
	}
	id := fmt.Sprintf("wechat-%d", p.ID)
	switch e.Kind {
	case wechat.EventPopup:
		return w.answered(ctx, person, id, e)
	case wechat.EventChange:
		var off []cabin.TemplateKey
		for _, i := range e.Items {
			if key, ok := w.templateOf(i.TemplateID); ok && i.Status == "reject" {
				off = append(off, key)
			}
		}
		return w.DB.Consents.TurnedOff(ctx, person, id, off)
	case wechat.EventSent:
		for _, i := range e.Items {
			key, ok := w.templateOf(i.TemplateID)
			if !ok || i.Code == 0 {
				continue
			}
			_, again := w.OfficialTemplates[key]
			if err := w.late(ctx, mysql.LateFailure{
				PersonID: person, Template: key, MsgID: i.MsgID, At: e.At, Code: i.Code, Reason: "refused", Again: again && w.Official != nil,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Worker) answered(ctx context.Context, person int64, id string, e wechat.Event) error {
	accepted := map[cabin.TemplateKey]bool{}
	for _, i := range e.Items {
		if key, ok := w.templateOf(i.TemplateID); ok {
			accepted[key] = i.Status == "accept"
		}
	}
	return w.DB.Consents.Answered(ctx, person, mysql.Answer{Source: mysql.FromWeChat, PromptID: id, At: e.At, Accepted: accepted})
}

// recordedWithin is how long it may take until what came of a call is recorded.
const recordedWithin = time.Minute

// late notes that a message failed in the end. WeChat may say so before the call's own
// outcome is written: then it is looked for again.
func (w *Worker) late(ctx context.Context, f mysql.LateFailure) error {
	found, err := w.DB.Outbox.Late(ctx, f)
	if err == nil && !found && w.DB.Now().Sub(f.At) < recordedWithin {
		err = errors.New("the message is not recorded yet, or was before")
	}
	return err
}

// templateOf is the reverse of Templates.
func (w *Worker) templateOf(id string) (cabin.TemplateKey, bool) {
	for key, t := range w.Templates {
		if t.ID == id && id != "" {
			return key, true
		}
	}
	return "", false
}

// ofOfficial handles what the official account's events tell: who follows, and which
// message did not arrive.
func (w *Worker) ofOfficial(ctx context.Context, e wechat.Event) error {
	if e.Kind != wechat.EventTemplateSent {
		return w.follow(ctx, e)
	}
	for _, i := range e.Items {
		if i.Failed == "" {
			continue
		}
		if err := w.late(ctx, mysql.LateFailure{Official: true, MsgID: i.MsgID, At: e.At, Reason: i.Failed}); err != nil {
			return err
		}
	}
	return nil
}

// follow notes who follows the official account. The event has only the account's own
// openid: the unionid, which ties it to a person, is looked up.
func (w *Worker) follow(ctx context.Context, e wechat.Event) error {
	switch e.Kind {
	case wechat.EventUnsubscribe:
		return w.DB.Followers.Leave(ctx, e.OpenID, e.At)
	case wechat.EventSubscribe:
		if w.Official == nil {
			return nil
		}
		f, err := w.Official.Follower(ctx, e.OpenID)
		if err != nil {
			return err
		}
		if f.Subscribed {
			return w.DB.Followers.Follow(ctx, e.OpenID, f.UnionID, e.At)
		}
	}
	return nil
}
