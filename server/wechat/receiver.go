package wechat

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// freshFor bounds how far a push's timestamp may be from our clock. WeChat repeats one that
// was not answered within 5 seconds, three times.
const freshFor = 5 * time.Minute

// errPush is all that a stranger may learn of why a push was refused.
var errPush = errors.New("wechat: the push is not WeChat's, or not for us")

// Receiver opens what WeChat pushes to one account in secure mode (安全模式). The SDK's own
// receiver is not used: it never checks msg_signature. Safe for use by several goroutines.
type Receiver struct {
	appID, token string
	block        cipher.Block
	iv           []byte
	now          func() time.Time
}

// NewReceiver makes the receiver of an account; aesKey is the EncodingAESKey, 43 characters
// as shown at mp.weixin.qq.com. now is time.Now when nil.
func NewReceiver(appID, token, aesKey string, now func() time.Time) (*Receiver, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(key) != 32 || appID == "" || token == "" {
		return nil, errors.New("wechat: the receiver needs an app id, a token and an EncodingAESKey of 43 characters")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	return &Receiver{appID: appID, token: token, block: block, iv: key[:aes.BlockSize], now: now}, nil
}

// Echo answers WeChat's check of the address: what to send back, when the signature is good.
func (r *Receiver) Echo(q url.Values) (string, error) {
	if !r.signed(q.Get("signature"), q.Get("timestamp"), q.Get("nonce")) || !r.fresh(q.Get("timestamp")) {
		return "", errPush
	}
	return q.Get("echostr"), nil
}

// Open checks and decrypts a push and returns its event. Everything wrong is one error,
// which holds nothing of the push: a signature that is not WeChat's, a timestamp that is not
// of now, a body that is not encrypted (whatever encrypt_type says), another account's.
func (r *Receiver) Open(q url.Values, body []byte) (Event, error) {
	sealed, err := tree(body)
	if err != nil {
		return Event{}, errPush
	}
	box := sealed.text("Encrypt")
	if box == "" || !r.signed(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), box) || !r.fresh(q.Get("timestamp")) {
		return Event{}, errPush
	}
	plain, err := r.decrypt(box)
	if err != nil {
		return Event{}, errPush
	}
	t, err := tree(plain)
	if err != nil {
		return Event{}, errPush
	}
	return eventOf(t), nil
}

// signed compares in constant time: an answer that comes sooner or later must not help to guess.
func (r *Receiver) signed(signature string, parts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(signature), []byte(util.Signature(append([]string{r.token}, parts...)...))) == 1
}

func (r *Receiver) fresh(timestamp string) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && time.Unix(seconds, 0).Sub(r.now()).Abs() <= freshFor
}

const (
	padBlock   = 32 // WeChat pads to 32 bytes, not to AES' 16
	beforeText = 20 // 16 random bytes and the length
)

// decrypt opens 16 random bytes, the length, the text and the app id, padded (PKCS#7).
func (r *Receiver) decrypt(box string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(box)
	if err != nil || len(data) == 0 || len(data)%padBlock != 0 {
		return nil, errPush
	}
	cipher.NewCBCDecrypter(r.block, r.iv).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad == 0 || pad > padBlock || len(data)-pad < beforeText {
		return nil, errPush
	}
	data = data[:len(data)-pad]
	length := uint64(binary.BigEndian.Uint32(data[16:beforeText]))
	if beforeText+length > uint64(len(data)) || string(data[beforeText+length:]) != r.appID {
		return nil, errPush
	}
	return data[beforeText : beforeText+length], nil
}

// Event is one push. Kind is WeChat's name of it; what does not belong to the kind is zero.
type Event struct {
	Kind    string        `json:"kind"` // subscribe_msg_popup_event, …, wxa_media_check, subscribe, unsubscribe
	OpenID  string        `json:"openid"`
	At      time.Time     `json:"at"`
	Once    [32]byte      `json:"-"` // the same for a repetition, another for every other push
	Items   []MessageItem `json:"items,omitempty"`
	TraceID string        `json:"traceId,omitempty"` // of a media check
	Suggest string        `json:"suggest,omitempty"` // pass, review or risky
	Label   int           `json:"label,omitempty"`
}

// MessageItem is one template of a subscribe-message event.
type MessageItem struct {
	TemplateID string `json:"templateId"`
	Status     string `json:"status,omitempty"` // accept or reject
	MsgID      int64  `json:"msgId,omitempty"`
	Code       int    `json:"code,omitempty"`   // of a message that was not delivered in the end
	Failed     string `json:"failed,omitempty"` // why, of an official account's that was not
}

// The kinds of events that something is done about.
const (
	EventPopup       = "subscribe_msg_popup_event"  // what was answered to the prompt
	EventChange      = "subscribe_msg_change_event" // turned off in WeChat's own settings
	EventSent        = "subscribe_msg_sent_event"   // what became of a message in the end
	EventMediaCheck  = "wxa_media_check"
	EventSubscribe   = "subscribe"   // follows the official account
	EventUnsubscribe = "unsubscribe" // does not any more
	// what became of a message of the official account in the end
	EventTemplateSent = "TEMPLATESENDJOBFINISH"
)

var handledEvents = []string{EventPopup, EventChange, EventSent, EventMediaCheck, EventSubscribe, EventUnsubscribe, EventTemplateSent}

// Matters tells whether something is to be done about the event. Nothing is about a message
// that arrived, of which WeChat tells each time.
func (e Event) Matters() bool {
	switch e.Kind {
	case EventSent, EventTemplateSent:
		return slices.ContainsFunc(e.Items, func(i MessageItem) bool { return i.Code != 0 || i.Failed != "" })
	}
	return slices.Contains(handledEvents, e.Kind)
}

// eventOf reads an event; numbers may come as numbers or in quotes, lists as lists or, when
// there is one item, as that item.
func eventOf(t node) Event {
	e := Event{
		Kind: t.text("Event"), OpenID: t.text("FromUserName"), At: time.Unix(t.number("CreateTime"), 0).UTC(),
		TraceID: t.text("trace_id"), Suggest: t.child("result").text("suggest"), Label: int(t.child("result").number("label")),
	}
	items := t.list("List")
	for _, wrapper := range []string{"SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"} {
		items = append(items, t.child(wrapper).list("List")...)
	}
	for _, i := range items {
		e.Items = append(e.Items, MessageItem{
			TemplateID: i.text("TemplateId"), Status: i.text("SubscribeStatusString"), MsgID: i.number("MsgID"), Code: int(i.number("ErrorCode")),
		})
	}
	if e.Kind == EventTemplateSent {
		i := MessageItem{MsgID: t.number("MsgID")}
		if status := t.text("Status"); status != "success" {
			i.Failed = cmp.Or(status, "failed")
		}
		e.Items = append(e.Items, i)
	}
	e.Once = once(t, e)
	return e
}

// once names an event by MsgId or trace_id where it has one, else by who, when and what.
func once(t node, e Event) [32]byte {
	switch {
	case t.text("MsgId") != "":
		return sha256.Sum256([]byte("msg " + t.text("MsgId")))
	case e.TraceID != "":
		return sha256.Sum256([]byte("trace " + e.TraceID))
	}
	return sha256.Sum256(fmt.Appendf(nil, "%s %d %q %v", e.Kind, e.At.Unix(), e.OpenID, e.Items))
}
