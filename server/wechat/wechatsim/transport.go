package wechatsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Host is the one host that stands behind the simulator.
const Host = "api.weixin.qq.com"

func checkHost(r *http.Request) error {
	if r.URL.Host == Host {
		return nil
	}
	if r.Body != nil {
		r.Body.Close()
	}
	return fmt.Errorf("wechatsim: %s is not %s", r.URL.Host, Host)
}

// Redirect sends requests for api.weixin.qq.com to base (a scheme and a host, such as
// http://127.0.0.1:8081) and refuses every other host.
func Redirect(base *url.URL) http.RoundTripper {
	next := http.DefaultTransport.(*http.Transport).Clone()
	next.MaxIdleConns, next.MaxIdleConnsPerHost = 0, 256 // one host stands for all of WeChat
	next.DisableCompression = true                       // its answers are a line
	return redirect{base, next}
}

type redirect struct {
	base *url.URL
	next *http.Transport
}

func (t redirect) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkHost(r); err != nil {
		return nil, err
	}
	out, to := *r, *r.URL
	to.Scheme, to.Host = t.base.Scheme, t.base.Host
	out.URL, out.Host = &to, ""
	return t.next.RoundTrip(&out)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the connections.
func (t redirect) CloseIdleConnections() { t.next.CloseIdleConnections() }

// Transport answers requests for api.weixin.qq.com from this server, in this process, and
// refuses every other host. A dropped connection is io.ErrUnexpectedEOF.
func (s *Server) Transport() http.RoundTripper { return inProcess{s.API()} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if err := checkHost(r); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr, in.Host = r.URL.RequestURI(), "127.0.0.1:1", Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	// The handler runs in the caller's goroutine: its one wait (a fault's delay) ends with
	// this context.
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			resp, err = nil, lost(r.Context())
		} else if p != nil {
			panic(p)
		}
	}()
	out := &answer{header: http.Header{}}
	t.handler.ServeHTTP(out, in)
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	return out.response(r), nil
}

func lost(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// answer collects what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) response(r *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r,
	}
}
