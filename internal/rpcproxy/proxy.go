// Package rpcproxy stands between a client and a CometBFT node, and lies as a test says.
package rpcproxy

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Call is a JSON-RPC call on its way through a proxy.
type Call struct {
	Method string
	Params json.RawMessage

	// forward sends the call with parameters to the node.
	forward func(params json.RawMessage) (json.RawMessage, *json.RawMessage)
}

// Forward sends the call to the node and returns its result or, if that is nil, its error.
func (c Call) Forward() (result json.RawMessage, failed *json.RawMessage) { return c.forward(c.Params) }

// With returns the call with other parameters.
func (c Call) With(params any) Call {
	raw, err := json.Marshal(params)
	if err != nil {
		panic(err) // parameters of tests are JSON
	}
	c.Params = raw
	return c
}

// Answer is what a proxy answers. Drop breaks the connection instead.
type Answer struct {
	Result json.RawMessage
	Error  *json.RawMessage
	Drop   bool
}

// Proxy stands in front of a node's RPC, and may lie.
type Proxy struct {
	URL     string
	handler atomic.Pointer[func(Call) Answer]
	server  *httptest.Server
}

// New returns a proxy of a node's RPC that passes on everything until it is told otherwise. It ends with the test.
func New(t testing.TB, node string) *Proxy {
	t.Helper()
	target, err := url.Parse(node)
	require.NoError(t, err)
	p := &Proxy{}
	p.Honest()
	pass := httputil.NewSingleHostReverseProxy(target)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			pass.ServeHTTP(w, r) // a websocket
			return
		}
		p.serve(t, node, w, r)
	}))
	p.URL = p.server.URL
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
	})
	return p
}

// Disconnect breaks the connections that are open.
func (p *Proxy) Disconnect() { p.server.CloseClientConnections() }

// Handle makes the proxy answer as f says.
func (p *Proxy) Handle(f func(Call) Answer) { p.handler.Store(&f) }

// Honest makes the proxy pass on everything.
func (p *Proxy) Honest() {
	p.Handle(func(c Call) Answer {
		result, failed := c.Forward()
		return Answer{Result: result, Error: failed}
	})
}

// Alter makes the proxy change the results of a method.
func (p *Proxy) Alter(method string, change func(result json.RawMessage) json.RawMessage) {
	p.Handle(func(c Call) Answer {
		result, failed := c.Forward()
		if c.Method == method && failed == nil {
			result = change(result)
		}
		return Answer{Result: result, Error: failed}
	})
}

type message struct {
	Version string           `json:"jsonrpc"`
	ID      json.RawMessage  `json:"id"`
	Method  string           `json:"method,omitempty"`
	Params  json.RawMessage  `json:"params,omitempty"`
	Result  json.RawMessage  `json:"result,omitempty"`
	Error   *json.RawMessage `json:"error,omitempty"`
}

func (p *Proxy) serve(t testing.TB, node string, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var call message
	if err := json.Unmarshal(body, &call); err != nil {
		t.Errorf("the proxy got what is no call: %v", err)
		return
	}
	answer := (*p.handler.Load())(Call{Method: call.Method, Params: call.Params, forward: func(params json.RawMessage) (json.RawMessage, *json.RawMessage) {
		call.Params = params
		changed, err := json.Marshal(call)
		if err != nil {
			t.Error(err)
		}
		response, err := http.Post(node, "application/json", bytes.NewReader(changed))
		if err != nil {
			failed := json.RawMessage(`{"code":-1,"message":"the node is down"}`)
			return nil, &failed
		}
		defer response.Body.Close()
		var m message
		if err := json.NewDecoder(response.Body).Decode(&m); err != nil {
			t.Errorf("the proxy got what is no answer: %v", err)
		}
		return m.Result, m.Error
	}})
	if answer.Drop {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(message{Version: "2.0", ID: call.ID, Result: answer.Result, Error: answer.Error})
}
