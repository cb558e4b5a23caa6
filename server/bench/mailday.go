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
	var body, out []byte
	for {
		first, size, err := readHead(in)
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
		answer := `{"access_token":"bench","expires_in":7200}`
		if !bytes.HasPrefix(first, []byte("POST /cgi-bin/stable_token ")) {
			to, ok := receiver(body)
			if !ok {
				return
			}
			time.Sleep(answersIn)
			answer = fmt.Sprintf(`{"errcode":0,"errmsg":"ok","msgid":%d}`, m.take(to))
		}
		out = fmt.Appendf(out[:0], "HTTP/1.1 200 OK\r\nContent-Type: application/json; encoding=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// readHead reads a request's first line and headers; size is its body's.
func readHead(in *bufio.Reader) (first []byte, size int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return nil, 0, err
	}
	first = bytes.Clone(line)
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return nil, 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return first, size, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || size < 0 || size > 1<<20 {
				return nil, 0, fmt.Errorf("a body of %q bytes", value)
			}
		}
	}
}

// receiver finds whom a message is to. Openids of the bench need no unescaping.
func receiver(body []byte) (string, bool) {
	_, rest, ok := bytes.Cut(body, []byte(`"touser":"`))
	to, _, closed := bytes.Cut(rest, []byte(`"`))
	return string(to), ok && closed && len(to) > 0
}

// take remembers a message and returns its number.
func (m *mailDay) take(to string) int {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.got[to]++; m.got[to] > 1 {
		m.doubled++
	}
	m.last = now
	return len(m.got) + m.doubled
}

// count says how many messages came and how many of them more than once.
func (m *mailDay) count() (came, doubled int, last time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.got), m.doubled, m.last
}
