package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// What WeChat pushes: issue 5's receiver.
const (
	pushToken  = "bench-push-token"
	pushPeople = 4_000 // of whom WeChat tells
	mostPushes = 60_000
	pushRounds = 5
	pushPage   = 5_000 // events that are prepared at a time
)

var pushKey = strings.Repeat("k", 43) // an EncodingAESKey

// pushReceiver posts encrypted and signed events, each another one, to the product's
// server, whose worker works them off at the same time. Every one that was answered with
// success must be in the database.
func pushReceiver(ctx context.Context, s *stage) ([]result, error) {
	first := s.residents + 1
	if err := s.addPeople(ctx, pushPeople); err != nil {
		return nil, err
	}
	pushes, err := preparePushes(ctx, first)
	if err != nil {
		return nil, err
	}
	next := used(len(pushes))
	ours := &side{name: "我们", process: s.server, want: http.StatusOK, next: func() []byte {
		i, ok := next()
		if !ok {
			return nil
		}
		return pushes[i]
	}}
	defer ours.close()
	s.server.forgetPeak()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	warm, err := ours.load(ctx, s.lab, inFlight, time.Second)
	if err != nil {
		return nil, err
	}
	taken := len(warm.waits)
	before, err := s.lab.read(ctx, s.server)
	if err != nil {
		return nil, err
	}
	var rounds []round
	for range pushRounds {
		r, err := ours.load(ctx, s.lab, inFlight, 1500*time.Millisecond)
		if err != nil {
			return nil, err
		}
		rounds, taken = append(rounds, r), taken+len(r.waits)
	}
	after, err := s.lab.read(ctx, s.server)
	if err != nil {
		return nil, err
	}
	var kept int
	if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM wechat_events`).Scan(&kept); err != nil {
		return nil, err
	}
	m := median(rounds)
	s.lab.note("  push_receiver：%s；p50 %.1f ms，p99 %.1f ms", after.minus(before).sentence(rounds), ms(percentile(m.waits, 50)), ms(percentile(m.waits, 99)))
	s.notePeak()
	// What the worker has not come to would burden the next case.
	return []result{
		valued("push_receiver", m.rate(), atLeast(3000)),
		valued("push_receiver_slowest_s", slowest(rounds).Seconds(), atMost(1)),
		valued("push_receiver_lost", float64(taken-kept), atMost(0)),
	}, s.exec(ctx, `DELETE FROM wechat_events`)
}

func slowest(rounds []round) (d time.Duration) {
	for _, r := range rounds {
		d = max(d, percentile(r.waits, 100))
	}
	return d
}

// preparePushes renders the requests, so that encrypting them is no part of the figure.
func preparePushes(ctx context.Context, first int) ([][]byte, error) {
	pushes := make([][]byte, mostPushes)
	err := parallel(ctx, mostPushes/pushPage, func(_, page int) error {
		for i := page * pushPage; i < (page+1)*pushPage; i++ {
			var err error
			if pushes[i], err = push(fmt.Sprintf("bench-%d", first+i%pushPeople), i); err != nil {
				return err
			}
		}
		return nil
	})
	return slices.Clip(pushes), err
}

// push is a prompt's answer as WeChat tells of it in secure mode.
func push(openid string, i int) ([]byte, error) {
	now := time.Now()
	plain := fmt.Sprintf(`{"ToUserName":"gh_bench","FromUserName":%q,"CreateTime":%d,"MsgType":"event","MsgId":%d,"Event":"subscribe_msg_popup_event",`+
		`"List":[{"TemplateId":"sim-booking-answered","SubscribeStatusString":"accept","PopupScene":"1"},{"TemplateId":"sim-report-progress","SubscribeStatusString":"reject","PopupScene":"1"}]}`, openid, now.Unix(), i+1)
	random := []byte(rand.Text()[:16])
	sealed, err := util.EncryptMsg(random, []byte(plain), "touristappid", pushKey)
	if err != nil {
		return nil, err
	}
	at, nonce := strconv.FormatInt(now.Unix(), 10), strconv.Itoa(i)
	q := url.Values{"timestamp": {at}, "nonce": {nonce}, "encrypt_type": {"aes"}, "msg_signature": {util.Signature(pushToken, at, nonce, string(sealed))}}
	return post("/wechat/push?"+q.Encode(), "", "", fmt.Appendf(nil, `{"ToUserName":"gh_bench","Encrypt":%q}`, sealed)), nil
}
