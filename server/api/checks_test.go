package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// simulated is the walker's server with WeChat behind it.
type simulated struct {
	*walker
	t      *testing.T
	sim    *wechatsim.Server
	signer *media.Signer
}

func newSimulated(t *testing.T) *simulated {
	t.Helper()
	s := &simulated{walker: newWalker(t), t: t, signer: media.NewSigner([]byte("a key of tests"))}
	s.sim = wechatsim.New(wechatsim.Options{AppID: "wxtest", Secret: "not-a-secret", Now: s.clock.Now})
	client, err := wechat.New(wechat.Config{AppID: "wxtest", Secret: "not-a-secret", Transport: s.sim.Transport(), Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	c := s.server.Config
	c.WeChat, c.Signer, c.PhoneButton, c.Registry = client, s.signer, true, nil
	if s.server, err = New(c); err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		`INSERT INTO stations (id, kind, name, address) VALUES (1, 'central', '中心站', '和平路 1 号')`,
		`INSERT INTO communities (id, name, station_id) VALUES (1, '梧桐社区', 1)`,
		`INSERT INTO categories (id, name, department_id, days) VALUES (1, '道路积水', 1, 5)`,
		`INSERT INTO deputies (id, name, level, station_id) VALUES (1, '林晓', 'district', 1)`,
	} {
		if _, err := s.x.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// ask calls a path as somebody (0 = nobody).
func (s *simulated) ask(method, path string, person int64, in any) *httptest.ResponseRecorder {
	s.t.Helper()
	text, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(s.t.Context(), method, path, bytes.NewReader(text))
	req.Header.Set("Content-Type", "application/json")
	if person != 0 {
		token, err := s.sessions.Create(s.t.Context(), person, "test", false)
		if err != nil {
			s.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	s.clock.Advance(time.Second)
	out := httptest.NewRecorder()
	s.server.ServeHTTP(out, req)
	return out
}

func (s *simulated) want(what string, got *httptest.ResponseRecorder, status int, words ...string) {
	s.t.Helper()
	if got.Code != status {
		s.t.Errorf("%s: %d, want %d: %s", what, got.Code, status, got.Body)
	}
	for _, w := range words {
		if !strings.Contains(got.Body.String(), w) {
			s.t.Errorf("%s: no %q in %s", what, w, got.Body)
		}
	}
}

// control is a call to the simulator's person's side.
func (s *simulated) control(path string) (out struct {
	Code string `json:"code"`
}) {
	s.t.Helper()
	req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+path, nil)
	req.RemoteAddr = "127.0.0.1:1"
	answer := httptest.NewRecorder()
	s.sim.Control().ServeHTTP(answer, req)
	if err := json.Unmarshal(answer.Body.Bytes(), &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestWeChatFetchesAPhotoByItsSignedAddressOnly(t *testing.T) {
	s := newSimulated(t)
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 60, 40)), nil); err != nil {
		t.Fatal(err)
	}
	kept, err := s.server.Photos.Put(t.Context(), &picture)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.server.DB.Photos.Add(t.Context(), cabin.Photo{ID: kept.ID, OwnerID: s.people[cabin.Resident]}); err != nil {
		t.Fatal(err)
	}
	good := SignedMedia + s.signer.Sign(kept.ID, s.clock.Now().Add(30*time.Minute))
	got := s.ask(http.MethodGet, good, 0, nil)
	s.want("signed", got, http.StatusOK)
	if got.Header().Get("Content-Type") != "image/jpeg" || int64(got.Body.Len()) != kept.Bytes || got.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v, %d bytes", got.Header(), got.Body.Len())
	}
	for what, path := range map[string]string{
		"the bare id":   SignedMedia + kept.ID,
		"changed":       good[:len(good)-2] + "AA",
		"another key's": SignedMedia + media.NewSigner([]byte("x")).Sign(kept.ID, s.clock.Now().Add(time.Hour)),
		"no such photo": SignedMedia + s.signer.Sign(strings.Repeat("0", 32), s.clock.Now().Add(time.Hour)),
	} {
		s.want(what, s.ask(http.MethodGet, path, 0, nil), http.StatusNotFound)
	}
	s.want("the photo without a session", s.ask(http.MethodGet, Base+"/photos/"+kept.ID, 0, nil), http.StatusUnauthorized)
	s.clock.Advance(30 * time.Minute)
	s.want("after its end", s.ask(http.MethodGet, good, 0, nil), http.StatusNotFound)
}

func TestChecksFromTheQueueToTheAppeal(t *testing.T) {
	s := newSimulated(t)
	resident, staff := s.people[cabin.Resident], s.people[cabin.Staff]
	r, err := s.server.DB.Reports.Submit(t.Context(), mysql.Key{PersonID: resident, Key: "k"}, mysql.NewReport{ReporterID: resident, CategoryID: 1, CommunityID: 1, Body: "楼前积水很深"})
	if err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf("%s/reports/%d", Base, r.ID)
	if got := s.ask(http.MethodGet, page, resident, nil); strings.Contains(got.Body.String(), "还没有公开") {
		t.Error("a check that has only begun is nothing to say:", got.Body)
	}
	due, _, err := s.server.DB.Checks.Claim(t.Context(), 5, time.Minute)
	if err != nil || len(due) != 1 || due[0].Words != "楼前积水很深" {
		t.Fatal(due, err)
	}
	if err := s.server.DB.Checks.Done(t.Context(), mysql.AskedCheck{DueCheck: due[0], CheckCall: mysql.CheckCall{Suggest: "risky", Label: 20002}}); err != nil {
		t.Fatal(err)
	}
	check := fmt.Sprintf("%s/checks/%d", Base, due[0].ID)
	s.want("the queue", s.ask(http.MethodGet, Base+"/desk/checks", staff, nil), http.StatusOK, "楼前积水很深", r.Number(), "微信认为不适合公开（可能涉及色情）", `"decidable":true`)
	s.want("the reporter's page", s.ask(http.MethodGet, page, resident, nil), http.StatusOK, "这段话还没有公开：可能涉及色情。不影响办理，您可以申诉。", `"canAppeal":true`)
	if got := s.ask(http.MethodGet, page, staff, nil); strings.Contains(got.Body.String(), "还没有公开") {
		t.Error("the desk is told what is for the reporter:", got.Body)
	}
	s.want("a no without a reason", s.ask(http.MethodPost, check+"/decisions", staff, map[string]any{"pass": false}), http.StatusUnprocessableEntity)
	s.want("somebody else's appeal", s.ask(http.MethodPost, check+"/appeal", staff, map[string]any{"reason": "没有问题"}), http.StatusNotFound)
	s.want("the appeal", s.ask(http.MethodPost, check+"/appeal", resident, map[string]any{"reason": "只是积水"}), http.StatusOK, "您的申诉已收到", `"canAppeal":false`)
	s.want("the queue after it", s.ask(http.MethodGet, Base+"/desk/checks", staff, nil), http.StatusOK, "只是积水", "本人对不公开提出申诉")
	s.want("the yes", s.ask(http.MethodPost, check+"/decisions", staff, map[string]any{"pass": true}), http.StatusNoContent)
	s.want("a second yes", s.ask(http.MethodPost, check+"/decisions", staff, map[string]any{"pass": true}), http.StatusConflict)
	if got := s.ask(http.MethodGet, page, resident, nil); strings.Contains(got.Body.String(), "还没有公开") {
		t.Error("it is public:", got.Body)
	}
}

func TestCodesAreDrawnOnceForWhoMaySeeThem(t *testing.T) {
	s := newSimulated(t)
	first := s.ask(http.MethodGet, Base+"/deputies/1/code", 0, nil)
	s.want("a deputy's", first, http.StatusOK)
	if first.Header().Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(first.Header().Get("Cache-Control"), "public") {
		t.Error(first.Header())
	}
	if words := s.sim.SetFault(wechatsim.Fault{Path: "/wxa/getwxacodeunlimit", Count: 100, Status: 503}); words != "" {
		t.Fatal(words)
	}
	if again := s.ask(http.MethodGet, Base+"/deputies/1/code", 0, nil); again.Code != http.StatusOK || !bytes.Equal(again.Body.Bytes(), first.Body.Bytes()) {
		t.Errorf("a kept code: %d", again.Code)
	}
	s.want("one that WeChat will not draw now", s.ask(http.MethodGet, Base+"/stations/1/code", 0, nil), http.StatusBadGateway, "微信暂时没有回应")
	s.sim.ClearFaults()
	station := s.ask(http.MethodGet, Base+"/stations/1/code", 0, nil)
	s.want("a station's", station, http.StatusOK)
	if bytes.Equal(station.Body.Bytes(), first.Body.Bytes()) {
		t.Error("station and deputy have one code")
	}
	s.want("no such deputy", s.ask(http.MethodGet, Base+"/deputies/999/code", 0, nil), http.StatusNotFound)

	resident := s.people[cabin.Resident]
	r, err := s.server.DB.Reports.Submit(t.Context(), mysql.Key{PersonID: resident, Key: "k"}, mysql.NewReport{ReporterID: resident, CategoryID: 1, Body: "楼前积水"})
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("%s/reports/%d/code", Base, r.ID)
	s.want("one's own report", s.ask(http.MethodGet, path, resident, nil), http.StatusOK)
	s.want("somebody else's report", s.ask(http.MethodGet, path, s.people[cabin.Auditor], nil), http.StatusNotFound)
	s.want("a report without a session", s.ask(http.MethodGet, path, 0, nil), http.StatusUnauthorized)
}

func TestAPhoneIsLeftByTheButtonAndTakenBack(t *testing.T) {
	s := newSimulated(t)
	resident := s.people[cabin.Resident]
	s.want("nothing yet", s.ask(http.MethodGet, Base+"/me/phone", resident, nil), http.StatusOK, `"phone":""`)
	code := s.control("/sim/people/wang/phone-code").Code
	s.want("a code that WeChat does not know", s.ask(http.MethodPost, Base+"/me/phone", resident, map[string]any{"code": "nonsense"}), http.StatusUnprocessableEntity)
	s.want("the button", s.ask(http.MethodPost, Base+"/me/phone", resident, map[string]any{"code": code}), http.StatusOK, "****")
	s.want("the same code again", s.ask(http.MethodPost, Base+"/me/phone", resident, map[string]any{"code": code}), http.StatusUnprocessableEntity)
	phone, err := s.server.DB.People.Phone(t.Context(), resident)
	if err != nil || len(phone) != 11 {
		t.Fatal(len(phone), err)
	}
	var plain int
	if err := s.x.QueryRow(`SELECT COUNT(*) FROM contacts WHERE sealed LIKE CONCAT('%', ?, '%')`, phone).Scan(&plain); err != nil || plain != 0 {
		t.Errorf("%d phones can be read, %v", plain, err)
	}
	staff := cabin.Actor{PersonID: s.people[cabin.Staff], Grants: []cabin.Grant{{Role: cabin.Staff}}}
	if known, err := s.server.DB.People.ByPhone(t.Context(), staff, phone); err != nil || len(known) != 1 || known[0].ID != resident {
		t.Error(known, err)
	}
	// The whole family has one phone.
	other := s.people[cabin.Liaison]
	s.want("another of the family", s.ask(http.MethodPost, Base+"/me/phone", other, map[string]any{"code": s.control("/sim/people/wang/phone-code").Code}), http.StatusOK, "****")
	for range 2 {
		s.want("taken back", s.ask(http.MethodDelete, Base+"/me/phone", resident, nil), http.StatusNoContent)
	}
	s.want("gone", s.ask(http.MethodGet, Base+"/me/phone", resident, nil), http.StatusOK, `"phone":""`)
	if got, err := s.server.DB.People.Phone(t.Context(), other); err != nil || got != phone {
		t.Error("the other one's went as well:", err)
	}
}
