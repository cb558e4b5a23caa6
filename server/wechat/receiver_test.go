package wechat_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"warmcabin/server/wechat"
)

// The official example of the message-push document.
const (
	officialToken = "AAAAA"
	officialApp   = "wxba5fad812f8e6fb9"
	officialTime  = 1714036504
)

var officialKey = strings.Repeat("A", 43)

func receiver(t testing.TB, at int64) *wechat.Receiver {
	t.Helper()
	r, err := wechat.NewReceiver(officialApp, officialToken, officialKey, func() time.Time { return time.Unix(at, 0) })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pushed seals a text as WeChat does, by the SDK's own encryption, and signs it.
func pushed(t testing.TB, app, plain, form string) (url.Values, []byte) {
	t.Helper()
	sealed, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(plain), app, officialKey)
	if err != nil {
		t.Fatal(err)
	}
	return signed(string(sealed)), fmt.Appendf(nil, form, sealed)
}

func signed(box string) url.Values {
	ts := strconv.Itoa(officialTime)
	return url.Values{"timestamp": {ts}, "nonce": {"1514711492"}, "encrypt_type": {"aes"},
		"signature": {util.Signature(officialToken, ts, "1514711492")}, "msg_signature": {util.Signature(officialToken, ts, "1514711492", box)}}
}

const (
	inJSON = `{"ToUserName":"gh_97417a04a28d","Encrypt":"%s"}`
	inXML  = `<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>`
)

func TestOfficialVectorOfTheAddressCheck(t *testing.T) {
	r := receiver(t, officialTime)
	q := url.Values{"signature": {"f464b24fc39322e44b38aa78f5edd27bd1441696"}, "timestamp": {"1714036504"}, "nonce": {"1514711492"}, "echostr": {"4375120948345356249"}}
	if text, err := r.Echo(q); err != nil || text != "4375120948345356249" {
		t.Errorf("%q, %v", text, err)
	}
	q.Set("nonce", "1514711493")
	if text, err := r.Echo(q); err == nil || text != "" {
		t.Errorf("another nonce: %q", text)
	}
	q.Set("nonce", "1514711492")
	for _, late := range []int64{officialTime + 301, officialTime - 301} {
		if _, err := receiver(t, late).Echo(q); err == nil {
			t.Errorf("at %d an old answer is taken", late)
		}
	}
}

// TestAgreesWithAnotherImplementation opens what npm's @wecom/crypto sealed; the client's
// tests hold the same file against it.
func TestAgreesWithAnotherImplementation(t *testing.T) {
	text, err := os.ReadFile("testdata/push.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Timestamp, Nonce, Encrypt, Signature, Plain, Kind, OpenID string }
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) < 3 {
		t.Fatal(len(vectors), err)
	}
	for _, v := range vectors {
		q := url.Values{"timestamp": {v.Timestamp}, "nonce": {v.Nonce}, "msg_signature": {v.Signature}}
		e, err := receiver(t, officialTime).Open(q, fmt.Appendf(nil, inXML, v.Encrypt))
		if err != nil || e.Kind != v.Kind || e.OpenID != v.OpenID {
			t.Errorf("%s: %+v, %v", v.Kind, e, err)
		}
	}
}

// Real bodies, as JSON and XML, numbers bare and quoted, one item and several.
var events = []struct{ name, plain, want string }{
	{"popup, JSON, quoted", `{"ToUserName":"gh","FromUserName":"o1","CreateTime":"1620973045","MsgType":"event","Event":"subscribe_msg_popup_event","List":[{"TemplateId":"t1","SubscribeStatusString":"accept","PopupScene":"2"},{"TemplateId":"t2","SubscribeStatusString":"reject","PopupScene":"2"}]}`,
		`subscribe_msg_popup_event o1 1620973045 [{t1 accept 0 0 } {t2 reject 0 0 }]   0`},
	{"popup, JSON, one item", `{"FromUserName":"o1","CreateTime":1620973045,"Event":"subscribe_msg_popup_event","List":{"TemplateId":"t1","SubscribeStatusString":"accept","PopupScene":2}}`,
		`subscribe_msg_popup_event o1 1620973045 [{t1 accept 0 0 }]   0`},
	{"popup, XML", `<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1610969440</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent><List><TemplateId><![CDATA[t1]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>2</PopupScene></List><List><TemplateId><![CDATA[t2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent></xml>`,
		`subscribe_msg_popup_event o1 1610969440 [{t1 accept 0 0 } {t2 reject 0 0 }]   0`},
	{"sent, XML", `<xml><FromUserName>o1</FromUserName><CreateTime>1620963428</CreateTime><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>t1</TemplateId><MsgID>1864323726461255680</MsgID><ErrorCode>43101</ErrorCode><ErrorStatus>user refuse</ErrorStatus></List></SubscribeMsgSentEvent></xml>`,
		`subscribe_msg_sent_event o1 1620963428 [{t1  1864323726461255680 43101 }]   0`},
	{"media check, JSON", `{"ToUserName":"gh","FromUserName":"o1","CreateTime":1626959646,"MsgType":"event","Event":"wxa_media_check","appid":"wx","trace_id":"60f96f1d-3845297a-1976a3ae","version":2,"detail":[{"strategy":"content_model","errcode":0,"suggest":"pass","label":100,"prob":90}],"errcode":0,"errmsg":"ok","result":{"suggest":"risky","label":20001}}`,
		`wxa_media_check o1 1626959646 [] 60f96f1d-3845297a-1976a3ae risky 20001`},
	{"media check, quoted", `{"FromUserName":"o1","CreateTime":"1626959646","Event":"wxa_media_check","trace_id":"t","result":{"suggest":"pass","label":"100"}}`,
		`wxa_media_check o1 1626959646 [] t pass 100`},
	{"follower", `<xml><FromUserName><![CDATA[of]]></FromUserName><CreateTime>123456789</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>`,
		`subscribe of 123456789 []   0`},
	{"official account's, late", `<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[of]]></FromUserName><CreateTime>1395658984</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>2559402190</MsgID><Status><![CDATA[failed:user block]]></Status></xml>`,
		`TEMPLATESENDJOBFINISH of 1395658984 [{  2559402190 0 failed:user block}]   0`},
	{"official account's, arrived", `<xml><FromUserName>of</FromUserName><CreateTime>1395658984</CreateTime><MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>2559402191</MsgID><Status>success</Status></xml>`,
		`TEMPLATESENDJOBFINISH of 1395658984 [{  2559402191 0 }]   0`},
	{"nothing of ours", `{"FromUserName":"o1","CreateTime":1,"MsgType":"text","Content":"你好","MsgId":22}`, ` o1 1 []   0`},
}

func TestEventsAsTheyReallyCome(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, c := range events {
		for form, wrapped := range map[string]string{"JSON": inJSON, "XML": inXML} {
			e, err := receiver(t, officialTime).Open(pushed(t, officialApp, c.plain, wrapped))
			if err != nil {
				t.Errorf("%s in %s: %v", c.name, form, err)
				continue
			}
			if got := fmt.Sprintf("%s %s %d %v %s %s %d", e.Kind, e.OpenID, e.At.Unix(), e.Items, e.TraceID, e.Suggest, e.Label); got != c.want {
				t.Errorf("%s in %s:\n got %s\nwant %s", c.name, form, got, c.want)
			}
			if other, ok := seen[e.Once]; ok && other != c.name {
				t.Errorf("%s counts as %s", c.name, other)
			}
			seen[e.Once] = c.name
		}
	}
	if len(seen) != len(events) {
		t.Errorf("%d events count as %d: a repetition must count once, another event for itself", len(events), len(seen))
	}
}

// WeChat tells of each message that arrived: nothing is to be done about it.
func TestWhatMatters(t *testing.T) {
	without := map[string]bool{"official account's, arrived": true, "nothing of ours": true}
	for _, c := range events {
		e, err := receiver(t, officialTime).Open(pushed(t, officialApp, c.plain, inXML))
		if err != nil || e.Matters() == without[c.name] {
			t.Errorf("%s: matters %v, %v", c.name, e.Matters(), err)
		}
	}
	arrived := wechat.Event{Kind: wechat.EventSent, Items: []wechat.MessageItem{{TemplateID: "t1", MsgID: 7}}}
	if arrived.Matters() {
		t.Error("a message that arrived matters")
	}
}

func TestWhatIsNotWeChatsIsRefused(t *testing.T) {
	plain := events[0].plain
	q, body := pushed(t, officialApp, plain, inJSON)
	refused := func(name string, at int64, q url.Values, body []byte) {
		t.Helper()
		if e, err := receiver(t, at).Open(q, body); err == nil {
			t.Errorf("%s is taken: %+v", name, e)
		} else if strings.Contains(err.Error(), "o1") {
			t.Errorf("%s: the error tells of the push: %v", name, err)
		}
	}
	refused("plain text", officialTime, q, []byte(plain))
	unmarked := signed("")
	unmarked.Del("encrypt_type")
	refused("plain text without encrypt_type", officialTime, unmarked, []byte(plain))
	refused("a stale one", officialTime+301, q, body)
	refused("one of tomorrow", officialTime-301, q, body)
	for _, key := range []string{"msg_signature", "timestamp", "nonce"} {
		wrong := url.Values{}
		for k, v := range q {
			wrong[k] = v
		}
		wrong.Set(key, "1")
		refused("a wrong "+key, officialTime, wrong, body)
		wrong.Del(key)
		refused("no "+key, officialTime, wrong, body)
	}
	onlyOld := signed("")
	refused("the address check's signature alone", officialTime, url.Values{"msg_signature": onlyOld["signature"], "timestamp": q["timestamp"], "nonce": q["nonce"]}, body)
	other, otherBody := pushed(t, "wx0000000000000000", plain, inJSON)
	refused("another account's", officialTime, other, otherBody)
	refused("nothing", officialTime, q, nil)
	for _, box := range []string{"AAAA", strings.Repeat("A", 44) + "=", "!!!!", strings.Repeat("A", 4*1024)} {
		refused("a broken box", officialTime, signed(box), fmt.Appendf(nil, inJSON, box))
	}
}

func TestReceiverNeedsItsWholeKey(t *testing.T) {
	for _, key := range []string{"", "short", strings.Repeat("A", 42), strings.Repeat("!", 43)} {
		if _, err := wechat.NewReceiver(officialApp, officialToken, key, nil); err == nil {
			t.Errorf("%q is taken as a key", key)
		}
	}
}

// FuzzReceiver: whatever comes, nothing panics, and what was not signed is never opened.
func FuzzReceiver(f *testing.F) {
	for _, c := range events {
		for _, form := range []string{inJSON, inXML} {
			q, body := pushed(f, officialApp, c.plain, form)
			f.Add(q.Get("msg_signature"), body, []byte(c.plain))
		}
	}
	f.Add("", []byte("<xml><a><b>"), []byte(strings.Repeat("<a>", 100)))
	f.Add("", []byte(`{"Encrypt":{"Encrypt":1}}`), []byte(`{"List":[[[]]]}`))
	f.Fuzz(func(t *testing.T, signature string, body, plain []byte) {
		r := receiver(t, officialTime)
		q := signed("x")
		q.Set("msg_signature", signature)
		if _, err := r.Open(q, body); err == nil {
			for _, c := range events {
				for _, form := range []string{inJSON, inXML} {
					if known, _ := pushed(t, officialApp, c.plain, form); known.Get("msg_signature") == signature {
						return
					}
				}
			}
			t.Errorf("%q opens %q", signature, body)
		}
		// What WeChat signs may still be anything.
		sealed, err := util.EncryptMsg([]byte("0123456789abcdef"), plain, officialApp, officialKey)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = r.Open(signed(string(sealed)), fmt.Appendf(nil, inJSON, sealed))
	})
}
