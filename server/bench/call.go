package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	callLimit = 30 * time.Second // for one answer
	host      = "bench.invalid"
)

// call is one phone: a kept connection with one request at a time. It is leaner than
// net/http's client, whose goroutines would take the processors from the servers. It asks
// for no compression.
type call struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
	body bytes.Buffer
}

func newCall(addr string) *call { return &call{addr: addr, in: bufio.NewReaderSize(nil, 16<<10)} }

// do sends a rendered request and reads the whole answer. body is good until the next do.
// A connection that the server closed while nothing was asked is opened anew, once.
func (c *call) do(request []byte) (status int, body []byte, err error) {
	kept := c.conn != nil
	if status, body, err = c.try(request); err != nil {
		c.close()
		if kept {
			status, body, err = c.try(request)
		}
	}
	return status, body, err
}

func (c *call) try(request []byte) (status int, body []byte, err error) {
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.addr, callLimit); err != nil {
			return 0, nil, err
		}
		c.in.Reset(c.conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(callLimit)); err != nil {
		return 0, nil, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil, err
	}
	c.body.Reset()
	if _, err := io.Copy(&c.body, answer.Body); err != nil {
		return 0, nil, err
	}
	if answer.Close {
		c.close()
	}
	return answer.StatusCode, c.body.Bytes(), nil
}

func (c *call) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// get renders a request; token may be "".
func get(path, token string) []byte {
	b := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n", path, host)
	return append(authorized(b, token), "\r\n"...)
}

// post renders a request with a JSON body; token and key may be "".
func post(path, token, key string, body []byte) []byte {
	b := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nContent-Type: application/json\r\n", path, host)
	b = authorized(b, token)
	if key != "" {
		b = fmt.Appendf(b, "Idempotency-Key: %s\r\n", key)
	}
	b = append(append(b, "Content-Length: "...), strconv.Itoa(len(body))...)
	return append(append(b, "\r\n\r\n"...), body...)
}

func authorized(b []byte, token string) []byte {
	if token == "" {
		return b
	}
	return fmt.Appendf(b, "Authorization: Bearer %s\r\n", token)
}
