package wechatsim

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PushTo is where an account's events go, in secure mode; none are made without a URL.
type PushTo struct {
	URL    string // such as http://127.0.0.1:8080/wechat/push
	Token  string
	AESKey string // 43 characters
}

const (
	checkTakes  = 2 * time.Second // from media_check_async to its event
	pushTimeout = 5 * time.Second // for the receiver's "success"
	pushAgain   = 5 * time.Second
	pushTries   = 3
	maxEvents   = 10_000 // waiting; the oldest go when there are more
	maxFetched  = 10 << 20
)

// outgoing is an event on its way. picture is the address of the photo that it judges: it
// is fetched first, as WeChat does.
type outgoing struct {
	to      *account
	due     time.Time
	tries   int
	fields  []field
	picture string
}

// field keeps an event's fields in the order in which WeChat writes them.
type field struct {
	name  string
	value any // a string, []field, or [][]field for a list
}

// PushTo starts the making of events. Either may be empty.
func (s *Server) PushTo(mini, official PushTo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mini.push, s.official.push = mini, official
}

// tell queues an event of the account about a person, for that time.
func (s *Server) tell(a *account, openid, event string, due time.Time, picture string, more ...field) {
	if a.push.URL == "" {
		return
	}
	fields := append([]field{
		{"ToUserName", "gh_" + a.channel}, {"FromUserName", openid}, {"CreateTime", strconv.FormatInt(due.Unix(), 10)},
		{"MsgType", "event"}, {"Event", event},
	}, more...)
	if len(s.events) >= maxEvents {
		s.events = slices.Delete(s.events, 0, 1)
	}
	s.events = append(s.events, &outgoing{to: a, due: due, fields: fields, picture: picture})
}

// Push delivers the events that are due, one after the other, and returns how many the
// receiver took. What it does not take with 200 "success" in time comes again, three times
// in all. For one caller at a time.
func (s *Server) Push(ctx context.Context) (taken int) {
	for _, e := range s.dueEvents() {
		if s.post(ctx, e) {
			taken++
			continue
		}
		s.mu.Lock()
		if e.tries++; e.tries < pushTries {
			e.due = s.now().Add(pushAgain)
			s.events = append(s.events, e)
		}
		s.mu.Unlock()
	}
	return taken
}

// Run pushes until ctx ends.
func (s *Server) Run(ctx context.Context) {
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			s.Push(ctx)
		}
	}
}

func (s *Server) dueEvents() (due []*outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.events = slices.DeleteFunc(s.events, func(e *outgoing) bool {
		if e.due.After(now) {
			return false
		}
		due = append(due, e)
		return true
	})
	return due
}

func (s *Server) post(ctx context.Context, e *outgoing) bool {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	fields := e.fields
	if e.picture != "" && !fetched(ctx, e.picture) {
		fields = append(withoutResult(fields), field{"errcode", "-1008"}, field{"errmsg", "download file fail"})
	}
	s.mu.Lock()
	to, appID, asXML, at := e.to.push, e.to.appID, e.to == s.official, s.now()
	s.mu.Unlock()
	plain := asJSON(fields)
	if asXML {
		plain = asXMLText(fields)
	}
	r, err := to.request(ctx, appID, plain, asXML, at)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return err == nil && resp.StatusCode == http.StatusOK && (len(answer) == 0 || string(answer) == "success")
}

func withoutResult(fields []field) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.name == "result" || f.name == "detail" })
}

// fetched gets a photo as WeChat's check does. Only this machine is asked: an address of
// anywhere else counts as fetched.
func fetched(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if a, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
		return true
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxFetched))
	return err == nil && resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "image/")
}

// request seals and signs an event.
func (p PushTo) request(ctx context.Context, appID string, plain []byte, asXML bool, at time.Time) (*http.Request, error) {
	box, err := p.seal(appID, plain)
	if err != nil {
		return nil, err
	}
	ts, nonce := strconv.FormatInt(at.Unix(), 10), strings.ToLower(rand.Text()[:10])
	q := url.Values{
		"timestamp": {ts}, "nonce": {nonce}, "encrypt_type": {"aes"},
		"signature": {sign(p.Token, ts, nonce)}, "msg_signature": {sign(p.Token, ts, nonce, box)},
	}
	body, kind := fmt.Sprintf(`{"ToUserName":"gh","Encrypt":%q}`, box), "application/json"
	if asXML {
		body, kind = "<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA["+box+"]]></Encrypt></xml>", "text/xml"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"?"+q.Encode(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	return r, nil
}

func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// seal encrypts 16 random bytes, the length, the text and the app id, padded to 32 bytes.
func (p PushTo) seal(appID string, plain []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(p.AESKey + "=")
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	text := make([]byte, 16, 64+len(plain))
	rand.Read(text)
	text = binary.BigEndian.AppendUint32(text, uint32(len(plain)))
	text = append(append(text, plain...), appID...)
	pad := 32 - len(text)%32
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text), nil
}

// asJSON writes an event as the mini-program's are written: all values are texts.
func asJSON(fields []field) []byte {
	var out bytes.Buffer
	writeJSON(&out, fields)
	return out.Bytes()
}

func writeJSON(out *bytes.Buffer, value any) {
	switch v := value.(type) {
	case []field:
		out.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSON(out, f.name)
			out.WriteByte(':')
			writeJSON(out, f.value)
		}
		out.WriteByte('}')
	case [][]field:
		out.WriteByte('[')
		for i, one := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSON(out, one)
		}
		out.WriteByte(']')
	default:
		text, _ := json.Marshal(v) // a text
		out.Write(text)
	}
}

// asXMLText writes an event as the official account's are written.
func asXMLText(fields []field) []byte {
	var out bytes.Buffer
	out.WriteString("<xml>")
	for _, f := range fields {
		text, _ := f.value.(string) // those of the official account hold no lists
		out.WriteString("<" + f.name + ">")
		_ = xml.EscapeText(&out, []byte(text)) // a buffer takes everything
		out.WriteString("</" + f.name + ">")
	}
	out.WriteString("</xml>")
	return out.Bytes()
}
