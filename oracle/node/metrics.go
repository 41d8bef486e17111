package node

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/medibloc/panacea/client/light"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// metrics are the node's, for Prometheus. They count, and name nobody's data.
type metrics struct {
	registry *prometheus.Registry

	height, blockTime, expiry     prometheus.Gauge
	state                         *prometheus.GaugeVec
	newcomers, messages, failures *prometheus.CounterVec
	dropped                       prometheus.Counter
}

const namespace = "oracled"

func newMetrics() *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		height:    gauge("chain_height", "Height of the newest proven state."),
		blockTime: gauge("chain_block_time_seconds", "Time of the newest verified block, in seconds since 1970."),
		expiry:    gauge("attestation_expiry_seconds", "When the attestation ends, in seconds since 1970."),
		state: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "standing", Help: "1 for what this enclave is to the chain, 0 for everything else.",
		}, []string{"state"}),
		newcomers: counter("newcomers_total", "Registrations that were looked at, by what became of them.", "result"),
		messages:  counter("messages_total", "Messages of the node key that are on the chain.", "type"),
		failures:  counter("failures_total", "Duties that failed and are tried again.", "duty"),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "objects_dropped_total", Help: "Objects dropped from the vault: not sold in time, or kept for long enough.",
		}),
	}
	m.registry.MustRegister(m.height, m.blockTime, m.expiry, m.state, m.newcomers, m.messages, m.failures, m.dropped,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// saw records what a snapshot said of the enclave.
func (m *metrics) saw(standing Standing, s *light.Snapshot) {
	m.height.Set(float64(s.Height()))
	m.blockTime.Set(float64(s.Time().Unix()))
	if expires := standing.Oracle.Attestation.ExpiresAt; !expires.IsZero() {
		m.expiry.Set(float64(expires.Unix()))
	}
	for _, state := range []State{Unregistered, Waiting, Active, Inactive, Retired} {
		value := 0.0
		if state == standing.State {
			value = 1
		}
		m.state.WithLabelValues(string(state)).Set(value)
	}
}

func (m *metrics) sent(message oracletypes.NodeMessage) {
	m.messages.WithLabelValues(sdk.MsgTypeURL(message)).Inc()
}

func (m *metrics) failed(duty string) { m.failures.WithLabelValues(duty).Inc() }
