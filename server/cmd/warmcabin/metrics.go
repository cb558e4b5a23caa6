package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"warmcabin/server/mysql"
)

var outboxRows = prometheus.NewDesc("warmcabin_outbox_messages", "Messages that wait or are being sent.", []string{"state"}, nil)

// outboxCollector tells Prometheus how the pushes stand, read when it asks.
type outboxCollector struct{ db *mysql.DB }

// Describe is prometheus.Collector.
func (outboxCollector) Describe(descs chan<- *prometheus.Desc) { descs <- outboxRows }

// Collect is prometheus.Collector. A database that is down leaves the series out: /readyz says so.
func (o outboxCollector) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	counts, err := o.db.Outbox.Backlog(ctx)
	if err != nil {
		return
	}
	for state, n := range counts {
		metrics <- prometheus.MustNewConstMetric(outboxRows, prometheus.GaugeValue, float64(n), state)
	}
}
