package exchange

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/medibloc/panacea/vault/dag"
)

// Protocol is the libp2p protocol id.
const Protocol protocol.ID = "/panacea/vault/1.0.0"

const (
	maxMessage = 24 << 10 // bytes of a control message
	nonceSize  = 32
)

// hello opens a stream, from both sides. The server's has its proof with it, because it knows both nonces.
type hello struct {
	DID     string `json:"did,omitempty"`
	Nonce   []byte `json:"nonce"`
	Binding string `json:"binding,omitempty"`
	Proof   []byte `json:"proof,omitempty"`
}

// request asks for the blocks of an object that hold content of [from, end), after the proof of the first.
type request struct {
	Root  string `json:"root"`
	From  int64  `json:"from"`
	Grant string `json:"grant,omitempty"`
}

// proof is the client's signature over the transcript.
type proof struct {
	Proof []byte `json:"proof"`
}

// A frame is its kind, the length of its data in four bytes big-endian, and the data.
const (
	frameBlock       = 1
	frameEnd         = 2
	frameUnavailable = 3
	frameHead        = 5
)

func writeMessage(w io.Writer, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > maxMessage {
		return fmt.Errorf("%w: message of %d bytes", ErrPeer, len(body))
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

func readMessage(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxMessage {
		return fmt.Errorf("%w: message of %d bytes", ErrPeer, n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: text after a message", ErrPeer)
	}
	return nil
}

func writeFrame(w io.Writer, kind byte, data []byte) error {
	var head [frameHead]byte
	head[0] = kind
	binary.BigEndian.PutUint32(head[1:], uint32(len(data)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}

// readFrame reads into buf, which it makes larger if it must.
func readFrame(r io.Reader, buf []byte) (kind byte, data []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if kind = head[0]; kind < frameBlock || kind > frameUnavailable || n > dag.MaxBlockSize || kind != frameBlock && n != 0 {
		return 0, nil, fmt.Errorf("%w: frame of kind %d with %d bytes", ErrPeer, kind, n)
	}
	if cap(buf) < int(n) {
		buf = make([]byte, n)
	}
	data = buf[:n]
	_, err = io.ReadFull(r, data)
	return kind, data, err
}
