package server

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	gateway "github.com/cosmos/gogogateway"
	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"
	"google.golang.org/grpc"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/validate"
)

// Config is what a server works with. Validator and Status must be given.
type Config struct {
	Validator *validate.Validator
	// Status answers who the oracle is.
	Status func(context.Context) (*api.StatusResponse, error)
	// Registerer takes the metrics; they are not kept if it is nil.
	Registerer prometheus.Registerer
	Log        *slog.Logger
	// TLS ends TLS here. If it is nil, a reverse proxy does, or nobody.
	TLS *tls.Config
	// BehindProxy takes a peer's address from the last entry of X-Forwarded-For, which the operator's own reverse proxy wrote.
	BehindProxy bool
	Limits      Limits
}

// Limits bound who may ask how much. Zero values are those of DefaultLimits.
type Limits struct {
	Connections int
	// Uploads is how many submissions and schemas may be on their way in at once, and PeerUploads how many of one address.
	Uploads, PeerUploads int
	// PeerRate and ProviderRate are requests a second of one address, and submissions a second of one account, on average; PeerBurst and
	// ProviderBurst how many may come at once.
	PeerRate, ProviderRate   float64
	PeerBurst, ProviderBurst int
	// Idle is how long a request's body may pause. Beyond that and StartTime it must come with MinimumRate bytes a second. What is not read
	// of a body must come within StartTime.
	Idle, StartTime time.Duration
	MinimumRate     int64
	// Drain is how long requests under way may take when the server ends.
	Drain time.Duration
}

// DefaultLimits fit an oracle on the Internet.
func DefaultLimits() Limits {
	return Limits{
		Connections: 2048, Uploads: 256, PeerUploads: 32, PeerRate: 20, PeerBurst: 60, ProviderRate: 2, ProviderBurst: 20,
		Idle: 20 * time.Second, StartTime: 30 * time.Second, MinimumRate: 16 << 10, Drain: 30 * time.Second,
	}
}

func orDefault[T int | int64 | float64 | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	orDefault(&l.Connections, d.Connections)
	orDefault(&l.Uploads, d.Uploads)
	orDefault(&l.PeerUploads, d.PeerUploads)
	orDefault(&l.PeerRate, d.PeerRate)
	orDefault(&l.PeerBurst, d.PeerBurst)
	orDefault(&l.ProviderRate, d.ProviderRate)
	orDefault(&l.ProviderBurst, d.ProviderBurst)
	orDefault(&l.Idle, d.Idle)
	orDefault(&l.StartTime, d.StartTime)
	orDefault(&l.MinimumRate, d.MinimumRate)
	orDefault(&l.Drain, d.Drain)
	return l
}

// Server is an oracle's API.
type Server struct {
	config    Config
	limits    Limits
	metrics   *metrics
	peers     *gauges // of peers' addresses
	providers *gauges // of providers' addresses
	uploads   chan struct{}
	draining  atomic.Bool
	rpc       *grpc.Server
	rest      http.Handler
}

// New makes a server.
func New(c Config) (*Server, error) {
	if c.Validator == nil || c.Status == nil {
		return nil, errors.New("server: the configuration is not complete")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	l := c.Limits.withDefaults()
	s := &Server{
		config: c, limits: l, peers: newGauges(l.PeerRate, l.PeerBurst), providers: newGauges(l.ProviderRate, l.ProviderBurst),
		uploads: make(chan struct{}, l.Uploads),
	}
	var err error
	if s.metrics, err = newMetrics(c.Registerer); err != nil {
		return nil, err
	}
	s.rpc = grpc.NewServer(
		grpc.ForceServerCodec(api.Codec{}), grpc.MaxRecvMsgSize(maxMessage), grpc.StatsHandler(taken{}),
		grpc.ChainUnaryInterceptor(s.unary), grpc.ChainStreamInterceptor(s.stream),
	)
	api.RegisterOracleServer(s.rpc, service{s})
	s.rest, err = s.routes()
	return s, err
}

// routes are those of REST.
func (s *Server) routes() (http.Handler, error) {
	unary := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &gateway.JSONPb{OrigName: true, EmitDefaults: true}),
		runtime.WithProtoErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
			writeProblem(w, err)
		}),
	)
	if err := api.RegisterOracleHandlerServer(context.Background(), unary, service{s}); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/deals/{deal_id}/data", s.measured("data", s.postData))
	mux.HandleFunc("PUT /v1/deals/{deal_id}/schemas/{digest}", s.measured("schema", s.putSchema))
	mux.HandleFunc("GET /v1/deals/{deal_id}/content-keys/{data_commitment}", s.measured("content_key", unary.ServeHTTP))
	mux.HandleFunc("GET /v1/status", s.measured("status", unary.ServeHTTP))
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openAPI) // a client that has gone is no error
	})
	mux.HandleFunc("GET /healthz", s.health)
	return mux, nil
}

//go:embed openapi.json
var openAPI []byte

// health says whether to send requests here: not while the server ends.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if s.draining.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status":"draining"}`))
		return
	}
	_, _ = w.Write([]byte(`{"status":"serving"}`))
}

// ServeHTTP answers gRPC and REST.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isRPC := r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	// Requests carry no cookies, and a token is good for one request: any web page may ask on behalf of whoever gave it a token.
	header.Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", "GET, POST, PUT")
		header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		header.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	peer := s.peerOf(r)
	if r.URL.Path != "/healthz" && !s.peers.allow(peer) {
		s.metrics.refused("limit", api.RateLimited)
		refusal := api.Refuse(api.RateLimited, "", "too many requests from this address; ask again later")
		if isRPC {
			writeStatus(w, refusal)
		} else {
			writeProblem(w, refusal)
		}
		return
	}
	b := newBody(r, w, &s.limits, isRPC)
	r = r.WithContext(context.WithValue(context.WithValue(r.Context(), peerKey{}, peer), bodyKey{}, b))
	r.Body = b
	if isRPC {
		s.rpc.ServeHTTP(w, r)
		return
	}
	s.rest.ServeHTTP(w, r)
}

type peerKey struct{}

// peerOf returns the address that limits are for: IPv4 as a whole, of IPv6 the network, because whoever has one has 2⁶⁴ addresses.
func (s *Server) peerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if forwarded := r.Header.Values("X-Forwarded-For"); s.config.BehindProxy && len(forwarded) > 0 {
		entries := strings.Split(forwarded[len(forwarded)-1], ",")
		host = strings.TrimSpace(entries[len(entries)-1])
	}
	ip := net.ParseIP(host)
	if ip == nil {
		return "unknown"
	}
	if ip.To4() == nil {
		ip = ip.Mask(net.CIDRMask(64, 128))
	}
	return ip.String()
}

// Serve serves until ctx is done, and then until the requests under way are answered, for Limits.Drain at most. It closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	h := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: s.limits.StartTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, Protocols: protocols,
		TLSConfig: s.config.TLS, BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // it would name peers
	}
	l = netutil.LimitListener(l, s.limits.Connections)
	ended := make(chan error, 1)
	go func() {
		if s.config.TLS != nil {
			ended <- h.ServeTLS(l, "", "")
		} else {
			ended <- h.Serve(l)
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	drain, stop := context.WithTimeout(requests, s.limits.Drain)
	defer stop()
	err := h.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.config.Log.Warn("requests were cut off because they took too long to finish")
		cancel()
		err = h.Close()
	}
	s.rpc.Stop()
	<-ended
	return err
}
