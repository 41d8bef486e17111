package vcapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// metrics counts requests in the text format of Prometheus.
type metrics struct {
	mu    sync.Mutex
	paths []string
	byKey map[series]*counts
}

type series struct {
	path string
	code int
}

type counts struct {
	requests int
	seconds  float64
	buckets  [len(bounds)]int
}

// bounds of the histogram, in seconds.
var bounds = [...]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30}

func newMetrics(paths []string) *metrics {
	return &metrics{paths: paths, byKey: map[series]*counts{}}
}

func (m *metrics) observe(path string, code int, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.byKey[series{path, code}]
	if c == nil {
		c = &counts{}
		m.byKey[series{path, code}] = c
	}
	c.requests++
	c.seconds += d.Seconds()
	for i, b := range bounds {
		if d.Seconds() <= b {
			c.buckets[i]++
		}
	}
}

func (m *metrics) serve(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	b.WriteString("# HELP panacea_vcapi_request_duration_seconds Time to answer a request.\n# TYPE panacea_vcapi_request_duration_seconds histogram\n")
	m.mu.Lock()
	var keys []series
	for k := range m.byKey {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b series) int {
		if n := strings.Compare(a.path, b.path); n != 0 {
			return n
		}
		return a.code - b.code
	})
	for _, k := range keys {
		c := m.byKey[k]
		labels := fmt.Sprintf("path=%q,code=\"%d\"", k.path, k.code)
		for i, bound := range bounds {
			fmt.Fprintf(&b, "panacea_vcapi_request_duration_seconds_bucket{%s,le=\"%g\"} %d\n", labels, bound, c.buckets[i])
		}
		fmt.Fprintf(&b, "panacea_vcapi_request_duration_seconds_bucket{%s,le=\"+Inf\"} %d\n", labels, c.requests)
		fmt.Fprintf(&b, "panacea_vcapi_request_duration_seconds_sum{%s} %g\npanacea_vcapi_request_duration_seconds_count{%s} %d\n", labels, c.seconds, labels, c.requests)
	}
	m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(b.String())) // a client that has gone is no error
}
