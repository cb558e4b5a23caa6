package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// The floor is the least that a Go server can do about a booking: net/http, database/sql,
// no session, no rules. It has the product's tables (LIKE, so with the same indexes), the
// product's pool and, as the product, one trip for a statement.

// floorVerb makes our binary the floor: warmcabin-bench floor <dsn> <connections> <folder>.
const floorVerb = "floor"

// serveFloor answers until ctx ends.
func serveFloor(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("%s <dsn> <connections> <folder>", floorVerb)
	}
	connections, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	db, err := sql.Open("mysql", args[0]) // instance's DSN: interpolateParams, parseTime, UTC
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /floor/booking", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusCreated)(floorBook(r, db)) })
	mux.HandleFunc("GET /floor/list", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK)(floorList(r, db)) })
	photos, err := os.MkdirTemp(args[2], "floor-photos-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(photos)
	mux.HandleFunc("POST /floor/photo", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusCreated)(floorPhoto(r, photos)) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}

func answer(w http.ResponseWriter, status int) func(any, error) {
	return func(body any, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // the connection is the caller's
	}
}

type floorBooking struct {
	ID         int64     `json:"id"`
	ResidentID int64     `json:"residentId"`
	DeputyID   int64     `json:"deputyId"`
	StationID  int64     `json:"stationId"`
	Service    string    `json:"service"`
	Topic      string    `json:"topic"`
	Note       string    `json:"note"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	State      string    `json:"state"`
	Reason     string    `json:"reason"`
	CreatedAt  time.Time `json:"createdAt"`
}

// floorBook inserts a booking and an outbox row in one transaction.
func floorBook(r *http.Request, db *sql.DB) (any, error) {
	var b floorBooking
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	tx, err := db.BeginTx(r.Context(), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing after Commit
	made, err := tx.ExecContext(r.Context(), `INSERT INTO floor_bookings (resident_id, deputy_id, station_id, service, topic, note, starts_at, ends_at, state,
		hold_until, open_seat, created_at, updated_at) VALUES (?,?,1,'talk_one',?,?,?,?,'requested',?,?,?,?)`,
		b.ResidentID, b.DeputyID, b.Topic, b.Note, b.Start.UTC(), b.Start.UTC().Add(15*time.Minute), b.Start.UTC(), 1, now, now)
	if err != nil {
		return nil, err
	}
	if b.ID, err = made.LastInsertId(); err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(r.Context(), `INSERT INTO floor_outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at)
		VALUES (?,'booking',?,'booking_requested',?,?,?,?)`, deputyPersons+b.DeputyID, b.ID, `{"topic":"`+b.Topic+`"}`,
		fmt.Sprintf("pages/booking/booking?id=%d", b.ID), now, now); err != nil {
		return nil, err
	}
	return b, tx.Commit()
}

// floorList selects a page of 20 by index.
func floorList(r *http.Request, db *sql.DB) (any, error) {
	rows, err := db.QueryContext(r.Context(), `SELECT id, resident_id, deputy_id, station_id, service, topic, note, starts_at, ends_at, state, reason, created_at
		FROM floor_bookings WHERE deputy_id = ? AND state = 'requested' ORDER BY starts_at, id LIMIT 20`, r.URL.Query().Get("deputyId"))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	page := make([]floorBooking, 0, 20) // as many as are asked for
	for rows.Next() {
		var b floorBooking
		if err := rows.Scan(&b.ID, &b.ResidentID, &b.DeputyID, &b.StationID, &b.Service, &b.Topic, &b.Note, &b.Start, &b.End, &b.State, &b.Reason, &b.CreatedAt); err != nil {
			return nil, err
		}
		page = append(page, b)
	}
	return struct {
		Items []floorBooking `json:"items"`
	}{page}, rows.Err()
}

// fillFloor makes the floor's list as long as a deputy's.
func (s *stage) fillFloor(ctx context.Context, deputies int) error {
	return s.exec(ctx, fmt.Sprintf(`INSERT INTO floor_bookings (resident_id, deputy_id, station_id, service, topic, note, starts_at, ends_at, state, created_at, updated_at)
		SELECT k.seq * 1000 + d.seq, d.seq, 1, 'talk_one', '中医养生', '最近两个月一直睡不好，想请您看看平时怎么调理，周末也可以。',
		'2030-01-01' + INTERVAL k.seq HOUR, '2030-01-01' + INTERVAL k.seq HOUR, 'requested', '2026-01-01', '2026-01-01' FROM seq_1_to_%d d, seq_1_to_60 k`, deputies))
}
