package jobs

import (
	"context"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat"
)

// Whoever has no WeChat is told by phone: no call is made for them, none is tried again, and
// their inbox keeps the news.
func TestNobodyWithoutWeChatIsPushed(t *testing.T) {
	w, x := open(t, 1, "a")
	w.Sender = post(func(_ context.Context, m wechat.Message) wechat.Outcome {
		if m.OpenID != "a" {
			t.Errorf("a message to %q", m.OpenID)
		}
		return wechat.Outcome{Result: wechat.Sent}
	})
	res, err := x.Exec(`INSERT INTO persons (name, created_at) VALUES ('王秀兰', '2026-11-23')`)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := res.LastInsertId()
	for _, stmt := range []string{
		`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at) VALUES (?, 'booking', 1, '` + string(cabin.TellBookingChanged) + `', '{}', '/x', '2026-11-23', '2026-11-23')`,
		`INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at) VALUES (?, 'booking', 1, '约好了', '', '/x', '2026-11-23')`,
	} {
		if _, err := x.Exec(stmt, id); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := counts(t, w); got != "map[no_wechat:1 sent:1]" {
		t.Errorf("the outbox: %s", got)
	}
	var attempts int
	if err := x.QueryRow(`SELECT attempts FROM outbox WHERE person_id = ?`, id).Scan(&attempts); err != nil || attempts != 1 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
	if list, err := w.DB.Notices.List(t.Context(), id, 0, 5); err != nil || len(list) != 1 {
		t.Errorf("the inbox: %v, %v", list, err)
	}
}
