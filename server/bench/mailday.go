package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// mailDay is a WeChat that takes every message answersIn after it came, and remembers each.
// It speaks just enough HTTP: net/http's server would take the processors from what is
// measured, as call says of its client.
type mailDay struct {
	listener net.Listener
	conns    sync.WaitGroup

	mu      sync.Mutex
	open    map[net.Conn]bool
	got     map[string]int // how often, by whom it is to
	doubled int
	last    time.Time
}

// openMailDay expects about n messages.
func openMailDay(n int) (*mailDay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailDay{listener: listener, open: map[net.Conn]bool{}, got: make(map[string]int, n)}
	m.conns.Go(m.accept)
	return m, nil
}

func (m *mailDay) url() string { return "http://" + m.listener.Addr().String() }

func (m *mailDay) close() {
	_ = m.listener.Close()
	m.mu.Lock()
	for conn := range m.open {
		_ = conn.Close()
	}
	m.mu.Unlock()
	m.conns.Wait()
}

func (m *mailDay) accept() {
	for {
		conn, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.open[conn] = true
		m.mu.Unlock()
		m.conns.Go(func() {
			m.serve(conn)
			_ = conn.Close()
			m.mu.Lock()
			delete(m.open, conn)
			m.mu.Unlock()
		})
	}
}

// serve answers one request after the other, until the other side goes or sends what is no
// message.
func (m *mailDay) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	var body, answer, out []byte
	for {
		token, size, err := readHead(in)
		if err != nil {
			return
		}
		if cap(body) < size {
			body = make([]byte, size)
		}
		body = body[:size]
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		answer = append(answer[:0], `{"access_token":"bench","expires_in":7200}`...)
		if !token {
			to, ok := receiver(body)
			if !ok {
				return
			}
			time.Sleep(answersIn)
			answer = append(strconv.AppendInt(append(answer[:0], `{"errcode":0,"errmsg":"ok","msgid":`...), m.take(to), 10), '}')
		}
		out = append(out[:0], "HTTP/1.1 200 OK\r\nContent-Type: application/json; encoding=utf-8\r\nContent-Length: "...)
		out = append(append(strconv.AppendInt(out, int64(len(answer)), 10), "\r\n\r\n"...), answer...)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// readHead reads a request's first line and headers: whether it asks for a token, and the
// size of its body.
func readHead(in *bufio.Reader) (token bool, size int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return false, 0, err
	}
	token = bytes.HasPrefix(line, []byte("POST /cgi-bin/stable_token "))
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return false, 0, err
		}
		if len(line) <= len("\r\n") {
			return token, size, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || size < 0 || size > 1<<20 {
				return false, 0, fmt.Errorf("a body of %q bytes", value)
			}
		}
	}
}

// receiver finds whom a message is to. Openids of the bench need no unescaping.
func receiver(body []byte) ([]byte, bool) {
	_, rest, ok := bytes.Cut(body, []byte(`"touser":"`))
	to, _, closed := bytes.Cut(rest, []byte(`"`))
	return to, ok && closed && len(to) > 0
}

// take remembers a message and returns its number.
func (m *mailDay) take(to []byte) int64 {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.got[string(to)] + 1
	if m.got[string(to)] = n; n > 1 {
		m.doubled++
	}
	m.last = now
	return int64(len(m.got) + m.doubled)
}

// count says how many messages came and how many of them more than once.
func (m *mailDay) count() (came, doubled int, last time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.got), m.doubled, m.last
}
