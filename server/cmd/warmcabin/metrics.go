package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"warmcabin/server/mysql"
)

var (
	outboxRows   = prometheus.NewDesc("warmcabin_outbox_messages", "Messages that wait or are being sent.", []string{"state"}, nil)
	outboxOldest = prometheus.NewDesc("warmcabin_outbox_oldest_seconds", "How long the message has been due that waits longest.", nil, nil)
	poolSize     = prometheus.NewDesc("warmcabin_db_connections", "Connections to the database.", []string{"state"}, nil)
	poolMost     = prometheus.NewDesc("warmcabin_db_connections_max", "How many connections there may be.", nil, nil)
	poolWaits    = prometheus.NewDesc("warmcabin_db_waits_total", "How often a connection had to be waited for.", nil, nil)
	poolWaited   = prometheus.NewDesc("warmcabin_db_wait_seconds_total", "How long connections were waited for.", nil, nil)
)

// storesCollector tells Prometheus how the pushes and the database's pool stand, read when it
// asks.
type storesCollector struct{ db *mysql.DB }

// Describe is prometheus.Collector.
func (storesCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{outboxRows, outboxOldest, poolSize, poolMost, poolWaits, poolWaited} {
		descs <- d
	}
}

// Collect is prometheus.Collector. A database that is down leaves the outbox out: /readyz says so.
func (o storesCollector) Collect(metrics chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	pool := o.db.Pool()
	gauge(poolSize, float64(pool.InUse), "in_use")
	gauge(poolSize, float64(pool.Idle), "idle")
	gauge(poolMost, float64(pool.MaxOpenConnections))
	metrics <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(pool.WaitCount))
	metrics <- prometheus.MustNewConstMetric(poolWaited, prometheus.CounterValue, pool.WaitDuration.Seconds())

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	counts, err := o.db.Outbox.Backlog(ctx)
	if err != nil {
		return
	}
	for state, n := range counts {
		gauge(outboxRows, float64(n), state)
	}
	oldest, err := o.db.Outbox.Oldest(ctx)
	if err != nil {
		return
	}
	age := 0.0
	if !oldest.IsZero() {
		age = o.db.Now().Sub(oldest).Seconds()
	}
	gauge(outboxOldest, age)
}
