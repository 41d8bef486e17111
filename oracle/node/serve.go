package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/internal/durable"
	"github.com/medibloc/panacea/tee"
)

// AddressesFile is the file in a home that says where the oracle was reached when it ran last.
const AddressesFile = "addresses.json"

// Addresses say where a running oracle is reached.
type Addresses struct {
	API       string `json:"api"`
	GRPC      string `json:"grpc"`
	Metrics   string `json:"metrics"`
	Endpoint  string `json:"endpoint"`
	VaultPeer string `json:"vault_peer"`
	Oracle    string `json:"oracle"`
	Simulated bool   `json:"simulated"`
}

// Run serves until the context ends, and then lets what is being served go on for a while. ready is called once when everything listens.
func (n *Node) Run(ctx context.Context, ready func(Addresses)) error {
	server, err := n.newAPI()
	if err != nil {
		return err
	}
	metrics, err := net.Listen("tcp", n.Config.Metrics.Listen)
	if err != nil {
		return fmt.Errorf("metrics.listen: %w", err)
	}
	defer metrics.Close()
	api, err := net.Listen("tcp", n.Config.API.Listen)
	if err != nil {
		return fmt.Errorf("api.listen: %w", err)
	}
	defer api.Close()
	at := Addresses{
		API: n.Config.url(api.Addr().String()), GRPC: api.Addr().String(), Metrics: "http://" + metrics.Addr().String(),
		Endpoint: n.Config.endpoint(api.Addr().String()), VaultPeer: n.vault.peer(), Oracle: n.identity.Operator,
		Simulated: n.enclave.Kind() == tee.KindSimulated,
	}
	n.addresses.Store(&at)
	if err := n.writeAddresses(at); err != nil {
		return err
	}
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	operations := &http.Server{Handler: n.operations(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	context.AfterFunc(working, func() { _ = operations.Close() })
	var workers sync.WaitGroup
	for name, work := range map[string]func() error{
		"chain":      func() error { return n.follow(working) },
		"collateral": func() error { n.keepCollateral(working); return nil },
		"vault":      func() error { return n.vault.keepBound(working) },
		"metrics":    func() error { return ended(operations.Serve(metrics)) },
		"cleaning":   func() error { n.keepClean(working); return nil },
		"api":        func() error { return ended(server.Serve(working, api)) },
	} {
		workers.Go(func() {
			if err := work(); err != nil {
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	n.log.Info("serving", "api", at.API, "metrics", at.Metrics, "vault_peer", at.VaultPeer)
	ready(at)
	<-working.Done()
	n.log.Info("stopping; what is being served may end first")
	workers.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(working)
}

func (n *Node) writeAddresses(at Addresses) error {
	raw, err := json.MarshalIndent(at, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(n.Dir, AddressesFile), append(raw, '\n'))
}

// ended makes no error of a server's end that was wanted.
func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (c Config) url(listening string) string {
	if c.API.TLSCert != "" {
		return "https://" + listening
	}
	return "http://" + listening
}

// operations serves metrics and health to the operator.
func (n *Node) operations() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		health := n.Health()
		w.Header().Set("Content-Type", "application/json")
		if !health.Healthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(health) // the client has gone
	})
	return mux
}

// Health says whether the oracle can do its work.
type Health struct {
	Healthy   bool      `json:"healthy"`
	Reason    string    `json:"reason,omitempty"`
	State     State     `json:"state"`
	Secret    bool      `json:"has_oracle_secret"`
	Simulated bool      `json:"simulated"`
	Height    int64     `json:"height"`
	BlockTime time.Time `json:"block_time"`
}

// Health says whether the oracle can do its work: it is active, has the oracle secret, and knows what the chain says now.
func (n *Node) Health() Health {
	view := n.view.Load()
	h := Health{
		State: view.State, Reason: view.Reason, Secret: n.secrets.Load() != nil, Simulated: n.enclave.Kind() == tee.KindSimulated,
		Height: view.Height, BlockTime: view.Time,
	}
	switch age := n.now().Sub(view.Time); {
	case h.State != Active:
	case !h.Secret:
		h.Reason = "the oracle secret is not here yet"
	case age > time.Duration(n.Config.Chain.MaxBlockAge), age < -light.DefaultMaxClockDrift:
		h.Reason = fmt.Sprintf("the newest block is %s old: the chain or its nodes stand still, or this machine's clock is wrong", age.Round(time.Second))
	default:
		h.Healthy = true
	}
	return h
}
