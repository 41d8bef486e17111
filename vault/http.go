package vault

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vault/record"
	"github.com/medibloc/panacea/vault/store"
)

//go:embed openapi.json
var openAPI []byte

const (
	maxRequest  = 64 << 10 // bytes of a JSON request
	defaultPage = 100
	maxPage     = 1000
)

// NewHandler serves a vault to its owner's own programs. Every request carries the token ("Authorization: Bearer …"). openapi.json describes it.
// Errors are problem details (RFC 9457).
func NewHandler(v *Vault, token string) http.Handler {
	h := &handler{v: v}
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /v1/objects":                    h.put,
		"GET /v1/objects":                     h.list,
		"GET /v1/objects/{cid}":               h.get,
		"GET /v1/objects/{cid}/info":          h.stat,
		"DELETE /v1/objects/{cid}":            h.remove,
		"PUT /v1/objects/{cid}/pins/{pin}":    h.pin,
		"DELETE /v1/objects/{cid}/pins/{pin}": h.unpin,
		"POST /v1/fetch":                      h.fetch,
		"POST /v1/grants":                     h.grant,
		"GET /v1/grants":                      h.grants,
		"DELETE /v1/grants/{grant}":           h.revoke,
		"GET /v1/identity":                    h.identity,
		"GET /v1/peers":                       h.peers,
		"GET /v1/stats":                       h.stats,
		"POST /v1/gc":                         h.collect,
		"POST /v1/fsck":                       h.check,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := serve(w, r); err != nil {
				writeProblem(w, err)
			}
		})
	}
	mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(openAPI)
	})
	mux.Handle("GET /metrics", metrics(v))
	return authenticated(token, mux)
}

// authenticated refuses requests without the token, and those of web pages, which name another host than the loopback's.
func authenticated(token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 || r.Header.Get("Origin") != "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(w, errUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var (
	errUnauthorized = errors.New("vault: the request carries no valid token; the command line reads it from api.json in the vault's directory")
	errRequest      = errors.New("vault: bad request")
)

type handler struct{ v *Vault }

// Problem is an error on the wire.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

func status(err error) int {
	for _, s := range []struct {
		err    error
		status int
	}{
		{errUnauthorized, http.StatusUnauthorized},
		{errRequest, http.StatusBadRequest},
		{dag.ErrCID, http.StatusBadRequest},
		{store.ErrInvalid, http.StatusBadRequest},
		{access.ErrInvalid, http.StatusBadRequest},
		{access.ErrNotIssuer, http.StatusBadRequest},
		{access.ErrExpired, http.StatusBadRequest},
		{record.ErrNoAgreementKey, http.StatusBadRequest},
		{record.ErrKey, http.StatusBadRequest},
		{did.ErrInvalidDID, http.StatusBadRequest},
		{did.ErrMethodNotSupported, http.StatusBadRequest},
		{did.ErrNotFound, http.StatusNotFound},
		{store.ErrNotFound, http.StatusNotFound},
		{access.ErrNotFound, http.StatusNotFound},
		{access.ErrRevoked, http.StatusConflict},
		{store.ErrPinned, http.StatusConflict},
		{store.ErrPartial, http.StatusConflict},
		{store.ErrTooLarge, http.StatusRequestEntityTooLarge},
		{store.ErrQuota, http.StatusInsufficientStorage},
		{embedded.ErrNoSpace, http.StatusInsufficientStorage},
		{exchange.ErrUnavailable, http.StatusNotFound},
		{exchange.ErrNoVault, http.StatusNotFound},
		{exchange.ErrUnreachable, http.StatusBadGateway},
		{exchange.ErrPeer, http.StatusBadGateway},
		{exchange.ErrNotTheirs, http.StatusBadGateway},
		{ErrOffline, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, s.err) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

func newProblem(err error) Problem {
	s := status(err)
	return Problem{Type: "about:blank", Title: http.StatusText(s), Status: s, Detail: err.Error()}
}

func writeProblem(w http.ResponseWriter, err error) {
	p := newProblem(err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

func readJSON(r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxRequest))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return nil
}

func (h *handler) put(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	object, err := h.v.PutRecord(r.Context(), r.Body, RecordOptions{
		Name: q.Get("name"), MediaType: q.Get("mediaType"), Pin: q.Get("pin"), Raw: q.Get("raw") == "true",
	})
	if err != nil {
		return err
	}
	return writeJSON(w, object)
}

// Page is a part of a list.
type Page struct {
	Objects []Object `json:"objects"`
	Next    string   `json:"next,omitempty"` // cursor of the next page
}

func (h *handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit := defaultPage
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return fmt.Errorf("%w: limit is 1 to %d", errRequest, maxPage)
		}
		limit = n
	}
	infos, next, err := h.v.Store.List(r.Context(), q.Get("pin"), q.Get("cursor"), limit)
	if err != nil {
		return err
	}
	page := Page{Objects: []Object{}, Next: next}
	for _, info := range infos {
		object, _, err := newObject(info)
		if err != nil {
			return err
		}
		page.Objects = append(page.Objects, object)
	}
	return writeJSON(w, page)
}

func (h *handler) get(w http.ResponseWriter, r *http.Request) error {
	root, err := dag.ParseCID(r.PathValue("cid"))
	if err != nil {
		return err
	}
	if r.URL.Query().Get("raw") == "true" {
		reader, err := h.v.Store.Open(r.Context(), root)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("ETag", `"`+root.String()+`"`)
		http.ServeContent(w, r, "", time.Time{}, reader)
		return nil
	}
	reader, object, err := h.v.openRecord(r.Context(), root)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if object.MediaType != "" {
		w.Header().Set("Content-Type", object.MediaType)
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("ETag", `"`+root.String()+`-record"`)
	http.ServeContent(w, r, "", time.Time{}, reader)
	return nil
}

func (h *handler) stat(w http.ResponseWriter, r *http.Request) error {
	root, err := dag.ParseCID(r.PathValue("cid"))
	if err != nil {
		return err
	}
	object, err := h.v.Stat(r.Context(), root)
	if err != nil {
		return err
	}
	return writeJSON(w, object)
}

func (h *handler) remove(w http.ResponseWriter, r *http.Request) error {
	root, err := dag.ParseCID(r.PathValue("cid"))
	if err != nil {
		return err
	}
	if err := h.v.Store.Delete(r.Context(), root, r.URL.Query()["pin"]...); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *handler) pin(w http.ResponseWriter, r *http.Request) error {
	return h.pinning(w, r, h.v.Store.Pin)
}
func (h *handler) unpin(w http.ResponseWriter, r *http.Request) error {
	return h.pinning(w, r, h.v.Store.Unpin)
}

func (h *handler) pinning(w http.ResponseWriter, r *http.Request, do func(context.Context, cid.Cid, string) error) error {
	root, err := dag.ParseCID(r.PathValue("cid"))
	if err != nil {
		return err
	}
	if err := do(r.Context(), root, r.PathValue("pin")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// FetchBody is the body of POST /v1/fetch.
type FetchBody struct {
	From    string   `json:"from,omitempty"`
	CID     string   `json:"cid,omitempty"`
	Grant   string   `json:"grant,omitempty"`
	Pin     string   `json:"pin,omitempty"`
	MaxSize int64    `json:"maxSize,omitempty"`
	Peers   []string `json:"peers,omitempty"` // multiaddresses with peer ids
}

// FetchEvent is one line of the answer: progress, and at the end the object or a problem.
type FetchEvent struct {
	Have    int64    `json:"have,omitempty"`
	Total   int64    `json:"total,omitempty"`
	Retry   string   `json:"retry,omitempty"`
	Object  *Object  `json:"object,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

// eventsEvery is how often progress is told.
const eventsEvery = 100 * time.Millisecond

func (h *handler) fetch(w http.ResponseWriter, r *http.Request) error {
	var body FetchBody
	if err := readJSON(r, &body); err != nil {
		return err
	}
	q := FetchRequest{From: body.From, Grant: body.Grant, Pin: body.Pin, MaxSize: body.MaxSize}
	var err error
	if body.CID != "" {
		if q.CID, err = dag.ParseCID(body.CID); err != nil {
			return err
		}
	}
	if q.Peers, err = peers(body.Peers); err != nil {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	flush := http.NewResponseController(w)
	events := json.NewEncoder(w)
	tell := func(e FetchEvent) {
		events.Encode(e) // a client that has gone ends the request's context
		flush.Flush()
	}
	var last time.Time
	q.Progress = func(have, total int64) {
		if now := time.Now(); now.Sub(last) >= eventsEvery {
			last = now
			tell(FetchEvent{Have: have, Total: total})
		}
	}
	q.OnRetry = func(err error, _ int) { tell(FetchEvent{Retry: err.Error()}) }
	object, err := h.v.Fetch(r.Context(), q)
	if err != nil {
		p := newProblem(err)
		tell(FetchEvent{Problem: &p})
		return nil
	}
	tell(FetchEvent{Have: object.Size, Total: object.Size, Object: &object})
	return nil
}

// GrantBody is the body of POST /v1/grants.
type GrantBody struct {
	To         string `json:"to"`
	CID        string `json:"cid,omitempty"`
	Collection string `json:"collection,omitempty"`
	Seconds    int64  `json:"seconds"` // how long it is valid
	KeepKey    bool   `json:"keepKey,omitempty"`
	Carry      bool   `json:"carry,omitempty"`
}

// GrantInfo describes a grant.
type GrantInfo struct {
	ID         string    `json:"id"`
	To         string    `json:"to"`
	CID        string    `json:"cid,omitempty"`
	Collection string    `json:"collection,omitempty"`
	Issued     time.Time `json:"issued"`
	Expires    time.Time `json:"expires"`
	Revoked    bool      `json:"revoked,omitempty"`
	Token      string    `json:"token,omitempty"`
}

func newGrantInfo(g access.Grant, token string, revoked bool) GrantInfo {
	info := GrantInfo{ID: g.ID, To: g.Subject, Collection: g.Collection, Issued: g.Issued, Expires: g.Expires, Revoked: revoked, Token: token}
	if g.CID.Defined() {
		info.CID = g.CID.String()
	}
	return info
}

func (h *handler) grant(w http.ResponseWriter, r *http.Request) error {
	var body GrantBody
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if body.Seconds < 1 || body.Seconds > int64(access.MaxLifetime/time.Second) {
		return fmt.Errorf("%w: seconds is 1 to %d", errRequest, int64(access.MaxLifetime/time.Second))
	}
	q := GrantRequest{
		To: body.To, Collection: body.Collection, Lifetime: time.Duration(body.Seconds) * time.Second, KeepKey: body.KeepKey, Carry: body.Carry,
	}
	var err error
	if body.CID != "" {
		if q.CID, err = dag.ParseCID(body.CID); err != nil {
			return err
		}
	}
	g, token, err := h.v.Grant(r.Context(), q)
	if err != nil {
		return err
	}
	return writeJSON(w, newGrantInfo(g, token, false))
}

func (h *handler) grants(w http.ResponseWriter, _ *http.Request) error {
	all := []GrantInfo{}
	for _, e := range h.v.Grants.List() {
		all = append(all, newGrantInfo(e.Grant, e.Token, e.Revoked))
	}
	return writeJSON(w, all)
}

func (h *handler) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := h.v.Grants.Revoke(r.Context(), r.PathValue("grant")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *handler) identity(w http.ResponseWriter, _ *http.Request) error {
	id, err := h.v.Identity()
	if err != nil {
		return err
	}
	return writeJSON(w, id)
}

func (h *handler) peers(w http.ResponseWriter, _ *http.Request) error {
	all, err := h.v.Peers()
	if err != nil {
		return err
	}
	if all == nil {
		all = []Peer{}
	}
	return writeJSON(w, all)
}

func (h *handler) stats(w http.ResponseWriter, r *http.Request) error {
	s, err := h.v.Stats(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, s)
}

func (h *handler) collect(w http.ResponseWriter, r *http.Request) error {
	c, err := h.v.Store.CollectGarbage(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, c)
}

func (h *handler) check(w http.ResponseWriter, r *http.Request) error {
	report, err := h.v.Store.Check(r.Context(), r.URL.Query().Get("repair") == "true", nil)
	if err != nil {
		return err
	}
	return writeJSON(w, report)
}

// metrics are in Prometheus' text format.
func metrics(v *Vault) http.Handler {
	registry := prometheus.NewRegistry()
	gauge := func(name, help string, value func(Stats) float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "panacea_vault", Name: name, Help: help}, func() float64 {
			s, err := v.Stats(context.Background())
			if err != nil {
				return -1
			}
			return value(s)
		}))
	}
	counter := func(name, help string, value func(exchange.Stats) int64) {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "panacea_vault", Name: name, Help: help}, func() float64 {
			_, e, err := v.network()
			if err != nil {
				return 0
			}
			return float64(value(e.Stats()))
		}))
	}
	gauge("objects", "Objects in the store.", func(s Stats) float64 { return float64(s.Store.Objects) })
	gauge("blocks", "Blocks in the store.", func(s Stats) float64 { return float64(s.Store.Blocks) })
	gauge("block_bytes", "Bytes of blocks in the store.", func(s Stats) float64 { return float64(s.Store.Bytes) })
	gauge("disk_bytes", "Bytes that the store takes on disk.", func(s Stats) float64 { return float64(s.Disk) })
	gauge("peers", "Peers connected to.", func(s Stats) float64 { return float64(s.Peers) })
	counter("served_total", "Requests answered with an object.", func(s exchange.Stats) int64 { return s.Served })
	counter("refused_total", "Requests refused.", func(s exchange.Stats) int64 { return s.Refused })
	counter("sent_bytes_total", "Bytes of blocks sent to peers.", func(s exchange.Stats) int64 { return s.BytesSent })
	counter("fetched_total", "Objects fetched from peers.", func(s exchange.Stats) int64 { return s.Fetched })
	counter("fetch_failures_total", "Fetches that failed.", func(s exchange.Stats) int64 { return s.Failed })
	counter("received_bytes_total", "Bytes of blocks received from peers.", func(s exchange.Stats) int64 { return s.BytesReceived })
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// ParsePeers reads multiaddresses with peer ids.
func ParsePeers(texts []string) ([]peer.AddrInfo, error) { return peers(texts) }
