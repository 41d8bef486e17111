package vcapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/fetch"
	"github.com/medibloc/panacea/vc/pex"
)

// Server serves the VC API.
type Server struct {
	config    Config
	processor *vc.Processor
	checks    entry.Checkers
	instances map[string]*instance
	metrics   *metrics
	now       func() time.Time
	mux       *http.ServeMux
	slots     chan struct{} // a request at work holds one
	waiting   chan struct{} // a request that waits for one holds one
}

// instance is one that is configured, with its keys.
type instance struct {
	name   string
	token  *[32]byte // SHA-256 of the bearer token, nil if none is needed
	issuer []signer
	lists  []*list
	status *StatusConfig
	list   signer // who signs the lists
	holder *signer
	derive bool
	verify bool
}

type signer struct {
	key       vc.SigningKey
	suite     string
	mandatory []string
}

// Option changes a Server.
type Option func(*Server)

// WithClock makes the server tell the time by a clock of the caller's.
func WithClock(now func() time.Time) Option { return func(s *Server) { s.now = now } }

// New makes a server of a configuration: it reads keys, tokens, contexts and status lists. Errors are ErrConfig and those of the
// file system.
func New(c Config, options ...Option) (*Server, error) {
	if err := c.setDefaults(runtime.GOMAXPROCS(0)); err != nil {
		return nil, err
	}
	s := &Server{
		config: c, instances: map[string]*instance{}, now: time.Now,
		slots: make(chan struct{}, c.MaxConcurrent), waiting: make(chan struct{}, 2*c.MaxConcurrent),
	}
	contexts, err := c.readAll(c.Contexts)
	if err != nil {
		return nil, err
	}
	documents, err := c.readAll(c.Documents)
	if err != nil {
		return nil, err
	}
	resolver := did.MethodRouter{"key": did.KeyResolver{}}
	var chain did.Resolver = resolver
	if c.Resolver != "" {
		remote, err := httpresolver.NewClient(c.Resolver, nil)
		if err != nil {
			return nil, fmt.Errorf("%w: resolver: %w", ErrConfig, err)
		}
		chain = Resolvers(remote)
	}
	s.processor = vc.NewProcessor(vc.Options{Resolver: chain, Contexts: pex.Contexts(func(_ context.Context, url string) ([]byte, error) {
		if b, ok := contexts[url]; ok {
			return b, nil
		}
		return nil, fmt.Errorf("vcapi: the context %.200s is not configured", url)
	})})
	client := fetch.New(fetch.Options{Documents: documents, Offline: c.Offline, AllowPrivate: c.AllowPrivate, Resolver: c.Resolver})
	s.checks = entry.New(s.processor, client.Get)
	for _, o := range options {
		o(s)
	}
	for name, ic := range c.Instances {
		in, err := s.newInstance(name, ic)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("instance %q: %w", name, err), s.Close())
		}
		s.instances[name] = in
	}
	s.routes()
	return s, nil
}

// Resolvers answers did:key itself and asks remote for all other DIDs.
func Resolvers(remote did.Resolver) did.Resolver {
	return resolverFunc(func(ctx context.Context, id string, o did.ResolveOptions) (*did.Resolution, error) {
		if strings.HasPrefix(id, "did:key:") {
			return did.KeyResolver{}.Resolve(ctx, id, o)
		}
		return remote.Resolve(ctx, id, o)
	})
}

type resolverFunc func(context.Context, string, did.ResolveOptions) (*did.Resolution, error)

func (f resolverFunc) Resolve(ctx context.Context, id string, o did.ResolveOptions) (*did.Resolution, error) {
	return f(ctx, id, o)
}

func (c *Config) readAll(files map[string]string) (map[string][]byte, error) {
	out := make(map[string][]byte, len(files))
	for url, file := range files {
		b, err := c.read(file)
		if err != nil {
			return nil, err
		}
		out[url] = b
	}
	return out, nil
}

func (s *Server) newInstance(name string, c InstanceConfig) (*instance, error) {
	in := &instance{name: name, derive: c.Derive, verify: c.Verify}
	if c.TokenFile != "" {
		b, err := s.config.read(c.TokenFile)
		if err != nil {
			return nil, err
		}
		token := strings.TrimSpace(string(b))
		if len(token) < 16 {
			return nil, fmt.Errorf("%w: tokenFile: a token of less than 16 characters can be guessed", ErrConfig)
		}
		sum := sha256.Sum256([]byte(token))
		in.token = &sum
	}
	if c.Holder != nil {
		h, err := s.newSigner(*c.Holder)
		if err != nil {
			return nil, fmt.Errorf("holder: %w", err)
		}
		in.holder = &h
	}
	if c.Issuer == nil {
		return in, nil
	}
	if len(c.Issuer.Keys) == 0 {
		return nil, fmt.Errorf("%w: issuer.keys: there is none", ErrConfig)
	}
	for i, k := range c.Issuer.Keys {
		signer, err := s.newSigner(k)
		if err != nil {
			return nil, fmt.Errorf("issuer.keys[%d]: %w", i, err)
		}
		if i > 0 && controllerOf(signer.key) != controllerOf(in.issuer[0].key) {
			return nil, fmt.Errorf("%w: issuer.keys belong to %s and %s, not to one DID", ErrConfig, controllerOf(in.issuer[0].key), controllerOf(signer.key))
		}
		in.issuer = append(in.issuer, signer)
	}
	if c.Issuer.Status == nil {
		return in, nil
	}
	status := *c.Issuer.Status
	if err := status.setDefaults(); err != nil {
		return nil, err
	}
	in.status, in.list = &status, in.issuer[0]
	if status.Key != nil {
		var err error
		if in.list, err = s.newSigner(*status.Key); err != nil {
			return nil, fmt.Errorf("status.key: %w", err)
		}
	}
	for _, p := range status.Purposes {
		l, err := openList(s.config.path(status.Directory), strings.TrimSuffix(status.BaseURL, "/")+"/status-lists/"+p, p, status.Length)
		if err != nil {
			return nil, err
		}
		in.lists = append(in.lists, l)
	}
	return in, nil
}

func (s *Server) newSigner(k KeyConfig) (signer, error) {
	key, err := s.config.signingKey(k)
	if err != nil {
		return signer{}, err
	}
	return signer{key, k.Cryptosuite, k.MandatoryPointers}, nil
}

// controllerOf returns the DID that a key signs for.
func controllerOf(k vc.SigningKey) string {
	id, _, _ := strings.Cut(k.VerificationMethod, "#")
	return id
}

func isSelective(k vc.SigningKey, suite string) bool {
	return suite == vc.SuiteBBS || suite == vc.SuiteECDSASD || suite == "" && k.PrivateKey.Type() == did.BLS12381G2
}

// Close closes the status lists' files.
func (s *Server) Close() error {
	var errs []error
	for _, in := range s.instances {
		for _, l := range in.lists {
			errs = append(errs, l.close())
		}
	}
	return errors.Join(errs...)
}

// ListenAndServe serves until ctx is done, and then lets requests at work finish, for as long as a request may take. Ready, if
// it is not nil, is called with the address once connections are accepted.
func (s *Server) ListenAndServe(ctx context.Context, ready func(net.Addr)) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Listen)
	if err != nil {
		return fmt.Errorf("vcapi: %w", err)
	}
	limit := time.Duration(s.config.RequestSeconds) * time.Second
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: limit, WriteTimeout: 3 * limit, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	if ready != nil {
		ready(l.Addr())
	}
	select {
	case err = <-ended:
	case <-ctx.Done():
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit+5*time.Second)
		defer cancel()
		err = server.Shutdown(ending)
		<-ended
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.Close())
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// handler does an operation of an instance on a request's body, and returns the answer's status and body.
type handler func(ctx context.Context, in *instance, body []byte) (int, any, error)

// operation is an endpoint of an instance.
type operation struct {
	method, path string
	can          func(*instance) bool
	public       bool // needs no token
	handle       handler
}

func (s *Server) operations() []operation {
	return []operation{
		{http.MethodPost, "/credentials/issue", func(in *instance) bool { return in.issuer != nil }, false, s.issue},
		{http.MethodPost, "/credentials/status", func(in *instance) bool { return in.status != nil }, false, s.updateStatus},
		{http.MethodPost, "/credentials/derive", func(in *instance) bool { return in.derive }, false, s.derive},
		{http.MethodPost, "/credentials/verify", func(in *instance) bool { return in.verify }, false, s.verifyCredential},
		{http.MethodPost, "/presentations", func(in *instance) bool { return in.holder != nil }, false, s.present},
		{http.MethodPost, "/presentations/verify", func(in *instance) bool { return in.verify }, false, s.verifyPresentation},
		{http.MethodGet, "/status-lists/{id}", func(in *instance) bool { return in.status != nil }, true, nil},
	}
}

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	var names []string
	for _, o := range s.operations() {
		names = append(names, o.path)
		for _, prefix := range []string{"", "/instances/{instance}"} {
			s.mux.HandleFunc(o.method+" "+prefix+o.path, s.serve(o))
		}
	}
	s.metrics = newMetrics(names)
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, map[string]any{"status": "ok"}) })
	s.mux.HandleFunc("GET /metrics", s.metrics.serve)
	s.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.openAPI()) })
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(http.StatusNotFound, problemBlank, "there is no "+r.Method+" "+r.URL.Path+"; see /openapi.json").write(w)
	})
}

// serve wraps an operation in what all have in common.
func (s *Server) serve(o operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		code := s.run(w, r, o)
		s.metrics.observe(o.path, code, time.Since(start))
	}
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, o operation) int {
	code, body, err := s.attempt(w, r, o)
	if err == nil {
		answer(w, code, body)
		return code
	}
	var f *failure
	if !errors.As(err, &f) {
		// What went wrong inside is for the log, not for the client.
		slog.ErrorContext(r.Context(), "vcapi: request failed", "path", o.path, "error", err)
		f = fail(http.StatusInternalServerError, problemBlank, "the server failed; see its log")
		if errors.Is(err, context.DeadlineExceeded) {
			f = fail(http.StatusServiceUnavailable, problemBlank, "the request took too long")
		}
	}
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	f.write(w)
	return f.status
}

func (s *Server) attempt(w http.ResponseWriter, r *http.Request, o operation) (int, any, error) {
	in, err := s.authorize(w, r, o)
	if err != nil {
		return 0, nil, err
	}
	var body []byte
	if o.method == http.MethodPost {
		if t := strings.TrimSpace(strings.Split(r.Header.Get("Content-Type"), ";")[0]); t != "" && t != "application/json" && !strings.HasSuffix(t, "+json") {
			return 0, nil, fail(http.StatusUnsupportedMediaType, problemBlank, "the body must be application/json")
		}
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, s.config.MaxBodyBytes))
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return 0, nil, fail(http.StatusRequestEntityTooLarge, problemBlank, fmt.Sprintf("the body has more than %d bytes", large.Limit))
		} else if err != nil {
			return 0, nil, fail(http.StatusBadRequest, problemBlank, "the body does not arrive")
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(s.config.RequestSeconds)*time.Second)
	defer cancel()
	release, err := s.acquire(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer release()
	if o.handle == nil {
		return s.statusList(ctx, w, in, r.PathValue("id"))
	}
	return o.handle(ctx, in, body)
}

// acquire waits for a place among the requests at work.
func (s *Server) acquire(ctx context.Context) (func(), error) {
	busy := fail(http.StatusServiceUnavailable, problemBlank, "too many requests are at work; try again")
	select {
	case s.waiting <- struct{}{}:
	default:
		return nil, busy
	}
	defer func() { <-s.waiting }()
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, busy
	}
}

func (s *Server) authorize(w http.ResponseWriter, r *http.Request, o operation) (*instance, error) {
	name := r.PathValue("instance")
	if name == "" {
		name = "default"
	}
	in := s.instances[name]
	if in == nil {
		return nil, fail(http.StatusNotFound, problemBlank, "there is no instance "+fmt.Sprintf("%.64q", name))
	}
	if in.token != nil && !o.public {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		sum := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(sum[:], in.token[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return nil, fail(http.StatusUnauthorized, problemBlank, "the instance needs a bearer token")
		}
	}
	if !o.can(in) {
		return nil, fail(http.StatusNotFound, problemBlank, "the instance is not configured for "+o.path)
	}
	return in, nil
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	if raw, ok := body.([]byte); ok {
		_, _ = w.Write(raw) // a client that has gone is no error
	} else if body != nil {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(body)
	}
}

// names returns the instances' names, sorted.
func (s *Server) names() []string {
	var out []string
	for n := range s.instances {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
