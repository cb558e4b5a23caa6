package jobs

import (
	"encoding/json"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

// WeChat may tell that a message failed before what came of its call is recorded, and in the
// second in which it was due: it is no sent one all the same, also when it had waited long.
func TestAFailureIsTiedToItsMessageThoughItComesFirst(t *testing.T) {
	w, x, clock := openAt(t, 1, "a", "b")
	if _, err := x.Exec(`UPDATE outbox SET due_at = ? WHERE id = 2`, clock.Now().Add(-30*time.Hour).UTC()); err != nil {
		t.Fatal(err)
	}
	clock.Advance(700 * time.Millisecond)
	if _, err := x.Exec(`UPDATE outbox SET due_at = ? WHERE id = 1`, clock.Now().UTC()); err != nil {
		t.Fatal(err)
	}
	claimed, _, err := w.DB.Outbox.Claim(t.Context(), 5, lease, nil)
	if err != nil || len(claimed) != 2 {
		t.Fatal(claimed, err)
	}
	var results []mysql.Result
	for i, p := range claimed {
		e := wechat.Event{Kind: wechat.EventSent, OpenID: p.OpenID, At: clock.Now().Truncate(time.Second), Items: []wechat.MessageItem{{TemplateID: "tmpl", MsgID: 70 + p.ID, Code: 43101}}}
		payload, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Events.Keep(t.Context(), mysql.MiniProgram, [32]byte{byte(i)}, payload); err != nil {
			t.Fatal(err)
		}
		results = append(results, mysql.Result{ID: p.ID, State: mysql.PushSent, MsgID: 70 + p.ID, Channel: cabin.ByOneTime, Spent: p.Template})
	}
	events := func() {
		t.Helper()
		if _, err := w.Events(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	events()
	if err := w.DB.Outbox.Done(t.Context(), claimed, results, mysql.Onward{}); err != nil || counts(t, w) != "map[sent:2]" {
		t.Fatal(counts(t, w), err)
	}
	clock.Advance(5 * time.Second)
	events()
	if got := counts(t, w); got != "map[refused:2]" {
		t.Error(got)
	}
	for range 10 { // nobody looks for it for ever
		clock.Advance(5 * time.Minute)
		events()
	}
	var open int
	if err := x.QueryRow(`SELECT COUNT(*) FROM wechat_events WHERE due_at IS NOT NULL`).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d events are still worked on, %v", open, err)
	}
}
