package main

import (
	"sync"
	"time"

	"warmcabin/server/cabin"
)

// ack is what a phone was told to be done. Number is empty for a move.
type ack struct {
	matter  cabin.MatterKind
	id      int64
	number  string
	key     string // the Idempotency-Key
	command string
	person  int64
}

// roundBook is one round: from the kill before it to the next.
type roundBook struct {
	kind     string
	killed   time.Time
	recovery time.Duration // from the kill to the first success
	acked    int
	retried  int
}

// journal is what the phones saw.
type journal struct {
	mu     sync.Mutex
	acks   []ack
	rounds []roundBook
}

// begin starts a round and returns its number.
func (j *journal) begin(kind string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rounds = append(j.rounds, roundBook{kind: kind})
	return len(j.rounds) - 1
}

func (j *journal) killed(r int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rounds[r].killed = time.Now()
}

func (j *journal) killTime(r int) time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rounds[r].killed
}

func (j *journal) recovered(r int, at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if b := &j.rounds[r]; b.recovery == 0 {
		b.recovery = at.Sub(b.killed)
	}
}

func (j *journal) recovery(r int) time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rounds[r].recovery
}

// acked notes a request that was made at begun and acknowledged now.
func (j *journal) acked(a ack, begun time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.acks = append(j.acks, a)
	if len(j.rounds) == 0 {
		return
	}
	b := &j.rounds[len(j.rounds)-1]
	b.acked++
	if b.kind != killWorker && b.recovery == 0 && !b.killed.IsZero() && begun.After(b.killed) {
		b.recovery = time.Since(b.killed)
	}
}

// retried notes that a request is sent again.
func (j *journal) retried() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.rounds) > 0 {
		j.rounds[len(j.rounds)-1].retried++
	}
}

// workerKills lists when workers were killed.
func (j *journal) workerKills() (at []time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.rounds {
		if r.kind == killWorker && !r.killed.IsZero() {
			at = append(at, r.killed)
		}
	}
	return at
}
