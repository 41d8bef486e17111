package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/medibloc/panacea/oracle/api"
)

// metrics count requests by route and code. No label is anything that a requester chose.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	uploads  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "panacea_oracle_requests_total", Help: "Requests by route and by how they were answered: ok, or the code of the refusal.",
		}, []string{"route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "panacea_oracle_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120},
		}, []string{"route"}),
		uploads: prometheus.NewGauge(prometheus.GaugeOpts{Name: "panacea_oracle_uploads", Help: "Submissions and schemas on their way in or under validation."}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.uploads} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("server: metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) refused(route string, code api.Code) {
	m.requests.WithLabelValues(route, string(code)).Inc()
}

func (m *metrics) done(route, code string, start time.Time) {
	m.requests.WithLabelValues(route, code).Inc()
	m.duration.WithLabelValues(route).Observe(time.Since(start).Seconds())
}

// outcome is a request's code in the metrics.
func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	if refusal := api.RefusalOf(err); refusal != nil {
		return refusal.Code
	}
	return "error"
}

// routeNames are those of gRPC's methods in the metrics.
var routeNames = map[string]string{"ValidateData": "data", "ProvideSchema": "schema", "ContentKey": "content_key", "Status": "status"}

func (s *Server) unary(ctx context.Context, r any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (answer any, err error) {
	route, start := routeNames[path.Base(info.FullMethod)], time.Now()
	defer func() { s.metrics.done(route, outcome(err), start) }()
	defer func() {
		if r := recover(); r != nil {
			err = s.fault(route, r)
		}
	}()
	return handler(ctx, r)
}

func (s *Server) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	route, start := routeNames[path.Base(info.FullMethod)], time.Now()
	defer func() { s.metrics.done(route, outcome(err), start) }()
	defer func() {
		if r := recover(); r != nil {
			err = s.fault(route, r)
		}
	}()
	return handler(srv, stream)
}

// measured is a REST handler that is counted.
func (s *Server) measured(route string, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		defer func() {
			code := w.Header().Get("X-Panacea-Code")
			if code == "" {
				code = "ok"
			}
			s.metrics.done(route, code, start)
		}()
		defer func() {
			if r := recover(); r != nil {
				writeProblem(w, s.fault(route, r))
			}
		}()
		handler(w, r)
	}
}

// fault makes an error of a panic, which is a fault of ours. The log says where it was, and nothing of the values there.
func (s *Server) fault(route string, r any) error {
	if e, ok := r.(error); ok && errors.Is(e, http.ErrAbortHandler) {
		panic(r)
	}
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	var where []string
	for frame, more := frames.Next(); ; frame, more = frames.Next() {
		where = append(where, fmt.Sprintf("%s:%d", path.Base(frame.Function), frame.Line))
		if !more {
			break
		}
	}
	s.config.Log.Error("a request made the program panic", "route", route, "at", strings.Join(where, " "))
	return api.Refuse(api.Internal, "", "the oracle has a problem of its own; ask another oracle")
}
