package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
)

// Where WeChat pushes events to; entered at mp.weixin.qq.com under 消息推送.
const (
	PushPath         = "/wechat/push" // of the mini-program
	OfficialPushPath = "/wechat/oa"   // of the official account
)

const maxPush = 64 << 10

// receivers registers an address for each account that has a receiver.
func (s *Server) receivers() {
	for _, r := range []struct {
		path, account string
		receiver      *wechat.Receiver
	}{{PushPath, mysql.MiniProgram, s.Push}, {OfficialPushPath, mysql.OfficialAccount, s.OfficialPush}} {
		if r.receiver == nil {
			continue
		}
		s.echo.GET(r.path, func(c echo.Context) error { return echoed(c, r.receiver) })
		s.echo.POST(r.path, func(c echo.Context) error { return s.pushed(c, r.account, r.receiver) })
	}
}

// echoed answers WeChat's check of the address. What is sent back is plain text: a browser
// that was lured here runs nothing.
func echoed(c echo.Context, r *wechat.Receiver) error {
	text, err := r.Echo(c.QueryParams())
	if err != nil {
		return c.NoContent(http.StatusForbidden)
	}
	return c.String(http.StatusOK, text)
}

// pushed keeps an event and says success at once; the worker does the rest. When it cannot
// be kept WeChat is told so, and repeats it.
func (s *Server) pushed(c echo.Context, account string, r *wechat.Receiver) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxPush))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return c.NoContent(http.StatusRequestEntityTooLarge)
		}
		return c.NoContent(http.StatusBadRequest)
	}
	e, err := r.Open(c.QueryParams(), body)
	if err != nil {
		return c.NoContent(http.StatusForbidden)
	}
	if e.Matters() { // the others are answered and forgotten
		payload, err := json.Marshal(e)
		if err == nil {
			err = s.DB.Events.Keep(c.Request().Context(), account, e.Once, payload)
		}
		if err != nil {
			s.Log.ErrorContext(c.Request().Context(), "push not kept", "cause", err.Error(), "request", requestID(c.Request().Context()))
			return c.NoContent(http.StatusServiceUnavailable)
		}
	}
	return c.String(http.StatusOK, "success")
}
