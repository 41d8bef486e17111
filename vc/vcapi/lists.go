package vcapi

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/status"
)

var (
	errFull      = errors.New("vcapi: the status list is full")
	errDuplicate = errors.New("vcapi: a credential with this id was issued before")
	errNoEntry   = errors.New("vcapi: no such entry in a status list")
)

// list is a status list that an instance keeps: in memory, and in a file that only grows, a line of JSON for each change,
// written to disk before the change counts. A line that a crash cut off is dropped.
//
// One process at a time may keep a list.
type list struct {
	purpose string
	url     string

	mu     sync.Mutex
	file   *os.File
	bits   *status.List
	given  map[uint64]bool   // indexes that credentials have
	byID   map[string]uint64 // by credential id
	coming map[string]bool   // ids of credentials that are being issued
	signed []byte            // what is published, nil if it is to be signed anew
	at     time.Time         // when it was signed
}

// change is a line of a list's file. The first line has only the list's own properties.
type change struct {
	Purpose string  `json:"purpose,omitempty"`
	URL     string  `json:"url,omitempty"`
	Length  int     `json:"length,omitempty"`
	Give    *uint64 `json:"give,omitempty"`
	ID      string  `json:"credentialId,omitempty"`
	Set     *uint64 `json:"set,omitempty"`
	Value   uint32  `json:"value,omitempty"`
}

const maximumLine = 64 << 10

// openList reads a list's file, or makes it.
func openList(dir, url, purpose string, length int) (*list, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("vcapi: %w", err)
	}
	path := filepath.Join(dir, purpose+".jsonl")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("vcapi: %w", err)
	}
	l := &list{purpose: purpose, url: url, file: f, given: map[uint64]bool{}, byID: map[string]uint64{}, coming: map[string]bool{}}
	if err := l.replay(length); err != nil {
		return nil, errors.Join(fmt.Errorf("vcapi: %s: %w", path, err), f.Close())
	}
	return l, nil
}

func (l *list) replay(length int) error {
	r := bufio.NewReaderSize(l.file, maximumLine)
	var whole int64 // bytes of complete lines
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				return fmt.Errorf("%w: a line of more than %d bytes", ErrConfig, maximumLine)
			}
			break // the end, or a line that was cut off
		}
		var c change
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
		if err := l.apply(c); err != nil {
			return err
		}
		whole += int64(len(line))
	}
	if err := l.file.Truncate(whole); err != nil {
		return err
	}
	if l.bits != nil {
		return nil
	}
	first := change{Purpose: l.purpose, URL: l.url, Length: length}
	if err := l.apply(first); err != nil {
		return err
	}
	return l.write(first)
}

// apply makes a change in memory.
func (l *list) apply(c change) error {
	switch {
	case c.Length > 0:
		if c.Purpose != l.purpose || c.URL != l.url {
			return fmt.Errorf("%w: it is the list for %q at %s; another place would leave what was issued without its status", ErrConfig, c.Purpose, c.URL)
		}
		bits, err := status.NewList(c.Length, 1)
		l.bits = bits
		return err
	case l.bits == nil:
		return fmt.Errorf("%w: its first line is missing", ErrConfig)
	case c.Give != nil:
		l.given[*c.Give] = true
		if c.ID != "" {
			l.byID[c.ID] = *c.Give
		}
		return nil
	case c.Set != nil:
		return l.bits.Set(*c.Set, c.Value)
	}
	return fmt.Errorf("%w: a line that says nothing", ErrConfig)
}

func (l *list) write(c change) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(append(b, '\n')); err != nil {
		return err
	}
	return l.file.Sync()
}

// give returns a free index at random (§2.1: so that nothing can be told from it) for a credential, whose id may be empty.
// Once the credential is issued, or is not, keep has to be called.
func (l *list) give(id string) (*status.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.byID[id]; id != "" && (ok || l.coming[id]) {
		return nil, errDuplicate
	}
	n := uint64(l.bits.Len())
	if uint64(len(l.given)) >= n {
		return nil, errFull
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	index := binary.BigEndian.Uint64(b[:]) % n
	for l.given[index] {
		index = (index + 1) % n
	}
	if err := l.change(change{Give: &index}); err != nil {
		return nil, err
	}
	l.coming[id] = true
	return &status.Entry{Purpose: l.purpose, Index: index, List: l.url, Size: 1}, nil
}

// keep ends what give began: the credential has the index from now on if it was issued. Otherwise the index is not given again,
// because a copy of the credential may be somewhere.
func (l *list) keep(id string, index uint64, issued bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.coming, id)
	if !issued || id == "" {
		return nil
	}
	return l.change(change{Give: &index, ID: id})
}

// change makes a change on disk and in memory.
func (l *list) change(c change) error {
	if err := l.write(c); err != nil {
		return fmt.Errorf("vcapi: status list: %w", err)
	}
	return l.apply(c)
}

// set changes the status of the credential with an id, or of one that has an index.
func (l *list) set(id string, index *uint64, value bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.byID[id]
	if ok && index != nil && *index != at {
		return fmt.Errorf("%w: the credential has another index", errNoEntry)
	}
	if !ok {
		if index == nil || !l.given[*index] {
			return errNoEntry
		}
		for other, i := range l.byID {
			if i == *index && other != id {
				return fmt.Errorf("%w: the index belongs to another credential", errNoEntry)
			}
		}
		at = *index
	}
	c := change{Set: &at}
	if value {
		c.Value = 1
	}
	if old, err := l.bits.Get(at); err != nil || old == c.Value {
		return err
	}
	if l.purpose == status.Revocation && !value {
		return errors.New("vcapi: a revocation is not reversible; use a list for suspension")
	}
	l.signed = nil
	return l.change(c)
}

// publish returns the list's credential, signed now or a while ago.
func (l *list) publish(ctx context.Context, p *vc.Processor, key vc.SigningKey, suite string, c *StatusConfig, now time.Time) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.signed != nil && now.Sub(l.at) < c.validity()/2 && !now.Before(l.at) {
		return l.signed, nil
	}
	signed, err := SignList(ctx, p, key, suite, l.bits, ListOptions{
		URL: l.url, Purposes: []string{l.purpose}, TTL: c.ttl(), Now: now, ValidUntil: now.Add(c.validity()),
	})
	if err != nil {
		return nil, err
	}
	if l.signed, err = signed.MarshalJSON(); err != nil {
		return nil, err
	}
	l.at = now
	return bytes.Clone(l.signed), nil
}

func (l *list) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// ListOptions say how a status list is published.
type ListOptions struct {
	URL        string // where it will be
	Purposes   []string
	TTL        time.Duration // not said if zero
	Now        time.Time
	ValidUntil time.Time // not said if zero
}

// SignList makes a BitstringStatusListCredential of a list, in data model 2.0. With a key for selective disclosure the result is
// a derived credential that discloses everything, because verifiers accept no base proofs.
func SignList(ctx context.Context, p *vc.Processor, key vc.SigningKey, suite string, list *status.List, o ListOptions) (*vc.Credential, error) {
	subject, err := list.Subject(status.SubjectOptions{ID: o.URL + "#list", Purposes: o.Purposes, TTL: o.TTL})
	if err != nil {
		return nil, err
	}
	doc := map[string]any{
		"@context": []any{vc.ContextV2}, "id": o.URL, "type": []any{"VerifiableCredential", status.TypeCredential},
		"issuer": controllerOf(key), "validFrom": o.Now.UTC().Truncate(time.Second).Format(time.RFC3339), "credentialSubject": subject,
	}
	if !o.ValidUntil.IsZero() {
		doc["validUntil"] = o.ValidUntil.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	unsigned, err := vc.NewCredential(doc)
	if err != nil {
		return nil, err
	}
	options := vc.ProofOptions{Cryptosuite: suite, Created: o.Now}
	selective := isSelective(key, suite)
	if selective {
		options.MandatoryPointers = []string{"/id", "/type", "/credentialSubject"}
	}
	signed, err := p.Issue(ctx, unsigned, key, options)
	if err != nil || !selective {
		return signed, err
	}
	return p.Derive(ctx, signed, nil, vc.DeriveOptions{})
}
