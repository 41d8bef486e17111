// Package rpc makes clients of the RPC of CometBFT nodes that are not trusted: what they answer is bounded in size and time.
package rpc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	jsonrpc "github.com/cometbft/cometbft/rpc/jsonrpc/client"
)

const (
	// MaxResponse bounds the bytes of one answer: a block of 4 MiB with its results, in JSON and base64, is far below.
	MaxResponse = 64 << 20
	// Timeout bounds one request, unless its context ends earlier.
	Timeout = 10 * time.Second
	// websocketPath is where nodes serve events.
	websocketPath = "/websocket"
)

// ErrTooLarge is in the error of an answer beyond MaxResponse.
var ErrTooLarge = errors.New("the node's answer is too large")

// New returns a client of the node at an address such as http://127.0.0.1:26657. It connects to nothing yet.
func New(address string) (*cmthttp.HTTP, error) {
	client, err := jsonrpc.DefaultHTTPClient(address)
	if err != nil {
		return nil, fmt.Errorf("the node address %.100q (take one like http://127.0.0.1:26657): %w", address, err)
	}
	client.Timeout = Timeout
	if transport, ok := client.Transport.(*http.Transport); ok {
		// Many goroutines ask at once, and a connection made anew for each would soon use up the ports.
		transport.MaxIdleConnsPerHost = 64
	}
	client.Transport = bounded{client.Transport}
	node, err := cmthttp.NewWithClient(address, websocketPath, client)
	if err != nil {
		return nil, fmt.Errorf("the node address %.100q (take one like http://127.0.0.1:26657): %w", address, err)
	}
	return node, nil
}

// bounded limits the answers of a transport.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: MaxResponse}
	return response, nil
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	b.left -= n
	if b.left < 0 {
		return n, ErrTooLarge
	}
	return n, err
}
