package jobs

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"warmcabin/server/mysql"
)

// Metrics count what the jobs do; nil counts nothing.
type Metrics struct {
	runs   *prometheus.CounterVec
	last   *prometheus.GaugeVec
	pushes *prometheus.CounterVec
}

// NewMetrics registers the counts of a worker; a process has one.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		runs:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "warmcabin_job_runs_total", Help: "Runs of a job by how they ended."}, []string{"job", "result"}),
		last:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "warmcabin_job_success_timestamp_seconds", Help: "When a job last ran without an error."}, []string{"job"}),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "warmcabin_pushes_total", Help: "Messages handed to WeChat by what became of them; retry is not the end of one."}, []string{"result"}),
	}
	r.MustRegister(m.runs, m.last, m.pushes)
	for _, result := range []string{mysql.PushSent, mysql.PushRefused, mysql.PushUnknown, mysql.PushDead, "retry"} {
		m.pushes.WithLabelValues(result) // from 0, so that the first one is seen to come
	}
	return m
}

func (m *Metrics) ran(job string, err error) {
	if m == nil {
		return
	}
	if err != nil {
		m.runs.WithLabelValues(job, "failed").Inc()
		return
	}
	m.runs.WithLabelValues(job, "ok").Inc()
	m.last.WithLabelValues(job).Set(float64(time.Now().Unix()))
}

func (m *Metrics) pushed(result string) {
	if m != nil {
		m.pushes.WithLabelValues(result).Inc()
	}
}
