package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/dag"
)

// FuzzMessage reads control messages from strangers.
func FuzzMessage(f *testing.F) {
	for _, v := range []any{hello{DID: "did:key:z", Nonce: make([]byte, nonceSize)}, request{Root: "bafy", From: 7}, proof{[]byte{1}}} {
		var b bytes.Buffer
		if err := writeMessage(&b, v); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, v := range []any{new(hello), new(request), new(proof)} {
			err := readMessage(bytes.NewReader(b), v)
			if err != nil && !errors.Is(err, ErrPeer) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
		}
	})
}

// FuzzFrame reads frames from strangers.
func FuzzFrame(f *testing.F) {
	var b bytes.Buffer
	if err := writeFrame(&b, frameBlock, []byte("data")); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{frameBlock, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, data, err := readFrame(bytes.NewReader(b), nil)
		if err == nil && (kind < frameBlock || kind > frameUnavailable || len(data) > dag.MaxBlockSize) {
			t.Fatalf("kind %d with %d bytes", kind, len(data))
		}
	})
}

// FuzzVaults reads the endpoints of services from documents that anybody wrote.
func FuzzVaults(f *testing.F) {
	f.Add([]byte(`{"peerId":"12D3KooWGRUvh9cQmJCA5uJ6dFiZC3dNPPvzS3nH7mNdKeu6gXHB","addresses":["/ip4/1.2.3.4/tcp/1"]}`))
	f.Add([]byte(`[{"peerId":""},"x",7]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !json.Valid(b) {
			return
		}
		doc := &did.Document{Services: []did.Service{{ID: "#v", Types: []string{ServiceType}, Endpoint: b}}}
		for _, p := range Vaults(doc) {
			if p.ID.Validate() != nil || len(p.Addrs) > maxAddresses {
				t.Fatalf("%v", p)
			}
		}
	})
}
