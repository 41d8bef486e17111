package party

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vault"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/status"
	"github.com/medibloc/panacea/vc/vcapi"
)

// ErrNotIssued says that the issuer knows no credential of an id.
var ErrNotIssued = errors.New("no such credential was issued here")

// ErrNotSetUp says that what an issuer needs is not on the chain yet.
var ErrNotSetUp = errors.New("the issuer is not set up yet")

// backdate is by how much what is issued is valid earlier than now: oracles judge by the time of the last block, which is behind.
const backdate = time.Minute

// statusListName is the name of the resource that holds an issuer's revocations.
const statusListName = "revocation"

// Issuer issues and revokes credentials of the home's DID. Its memory is issuer/issuer.json, written before anything leaves it, by one process at
// a time.
type Issuer struct {
	*Party
	state issuerState
}

type issuerState struct {
	Context string             `json:"context"` // id of the resource with the JSON-LD context
	List    string             `json:"list"`    // id of the version of the status list that is, or is being, published
	Issued  []IssuedCredential `json:"issued"`
}

// IssuedCredential is what an issuer remembers of a credential.
type IssuedCredential struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject"`
	Index   uint64    `json:"index"` // in the status list
	Issued  time.Time `json:"issued"`
	Revoked bool      `json:"revoked,omitempty"`
}

func (i *Issuer) file() string { return filepath.Join(i.Home, issuerDir, "issuer.json") }

// Issuer opens the home's issuer.
func (p *Party) Issuer() (*Issuer, error) {
	i := &Issuer{Party: p}
	return i, i.load()
}

func (i *Issuer) load() error {
	raw, err := os.ReadFile(i.file())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	i.state = issuerState{}
	if err := json.Unmarshal(raw, &i.state); err != nil {
		return fmt.Errorf("%s: %w", i.file(), err)
	}
	return nil
}

// alone does what changes the memory, as it is now, while no other process does.
func (i *Issuer) alone(ctx context.Context, do func() error) error {
	lock, err := lockFile(ctx, i.file()+".lock")
	if err != nil {
		return err
	}
	if err = i.load(); err == nil {
		err = do()
	}
	return errors.Join(err, lock.Close())
}

// lockFile waits until no other process has a file's lock. Whoever closes the file gives it up, and so does a process that ends.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another process issues: %w", ctx.Err()), f.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (i *Issuer) save() error {
	raw, err := json.MarshalIndent(i.state, "", "  ")
	if err != nil {
		return err
	}
	return exchange.WriteFile(i.file(), func(f *os.File) error {
		_, err := f.Write(append(raw, '\n'))
		return err
	})
}

// Issued lists what was issued.
func (i *Issuer) Issued() []IssuedCredential { return i.state.Issued }

// ContextURL and ListURL are where the issuer's JSON-LD context and status list stand.
func (i *Issuer) ContextURL() string { return i.VersionURL(i.state.Context) }

// ListURL names the latest version of the status list.
func (i *Issuer) ListURL() string { return i.LatestURL(statusListName, TypeStatusList) }

// Setup puts on the chain what an issuer needs: its DID, the JSON-LD context of its credentials, and an empty status list. What is there stays.
func (i *Issuer) Setup(ctx context.Context) error {
	if _, err := i.CreateDID(ctx); err != nil {
		return err
	}
	return i.alone(ctx, func() error {
		if i.state.Context == "" {
			i.state.Context, i.state.List = NewUUID(), NewUUID()
			if err := i.save(); err != nil {
				return err
			}
		}
		_, err := i.Publish(ctx, Resource{i.state.Context, "health-record", TypeContext, "application/ld+json", recordContext})
		if err != nil {
			return fmt.Errorf("publish the JSON-LD context: %w", err)
		}
		return i.publishList(ctx)
	})
}

// publishList signs the list and publishes it under the id of its version, if that is not there yet.
func (i *Issuer) publishList(ctx context.Context) error {
	list, err := status.NewList(status.MinimumLength, 1)
	if err != nil {
		return err
	}
	for _, c := range i.state.Issued {
		if c.Revoked {
			if err := list.Set(c.Index, 1); err != nil {
				return err
			}
		}
	}
	key, err := i.KeyOfType(did.Ed25519)
	if err != nil {
		return err
	}
	processor, _, err := i.Processor(ctx)
	if err != nil {
		return err
	}
	signed, err := vcapi.SignList(ctx, processor, key, vc.SuiteEdDSA, list, vcapi.ListOptions{
		URL: i.ListURL(), Purposes: []string{status.Revocation}, Now: time.Now().Add(-backdate),
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(signed)
	if err != nil {
		return err
	}
	if _, err := i.Publish(ctx, Resource{i.state.List, statusListName, TypeStatusList, "application/vc", text}); err != nil {
		return fmt.Errorf("publish the status list: %w", err)
	}
	return nil
}

// Issue makes a credential over a health record, such as a FHIR resource in JSON: signed with bbs-2023, so that its holder discloses any part of
// it, and with a place in the status list. It is remembered before it is returned.
func (i *Issuer) Issue(ctx context.Context, record []byte, subject string) (issued *vc.Credential, err error) {
	err = i.alone(ctx, func() error {
		issued, err = i.issue(ctx, record, subject)
		return err
	})
	return issued, err
}

func (i *Issuer) issue(ctx context.Context, record []byte, subject string) (*vc.Credential, error) {
	if i.state.Context == "" {
		return nil, ErrNotSetUp
	}
	key, err := i.KeyOfType(did.BLS12381G2)
	if err != nil {
		return nil, err
	}
	processor, _, err := i.Processor(ctx)
	if err != nil {
		return nil, err
	}
	index, err := i.freeIndex()
	if err != nil {
		return nil, err
	}
	now := time.Now().Add(-backdate)
	entry := status.Entry{Purpose: status.Revocation, Index: index, List: i.ListURL()}
	id := "urn:uuid:" + NewUUID()
	c, err := recordCredential(record, id, i.Config.DID, subject, i.ContextURL(), entry.Map(), now)
	if err != nil {
		return nil, err
	}
	issued, err := processor.Issue(ctx, c, key, vc.ProofOptions{Created: now, MandatoryPointers: []string{"/credentialSubject/id"}})
	if err != nil {
		return nil, err
	}
	i.state.Issued = append(i.state.Issued, IssuedCredential{ID: id, Subject: subject, Index: index, Issued: now.UTC()})
	return issued, i.save()
}

// freeIndex chooses a place in the status list at random, so that it tells nothing of when a credential was issued.
func (i *Issuer) freeIndex() (uint64, error) {
	taken := map[uint64]bool{}
	for _, c := range i.state.Issued {
		taken[c.Index] = true
	}
	if len(taken) >= status.MinimumLength/2 {
		return 0, errors.New("the status list is full")
	}
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(status.MinimumLength))
		if err != nil {
			return 0, err
		}
		if !taken[n.Uint64()] {
			return n.Uint64(), nil
		}
	}
}

// Revoke cancels a credential for ever, and publishes that. Revoked already, it makes sure that that is published.
func (i *Issuer) Revoke(ctx context.Context, id string) error {
	return i.alone(ctx, func() error { return i.revoke(ctx, id) })
}

func (i *Issuer) revoke(ctx context.Context, id string) error {
	for n := range i.state.Issued {
		c := &i.state.Issued[n]
		if c.ID != id {
			continue
		}
		if !c.Revoked {
			c.Revoked, i.state.List = true, NewUUID()
			if err := i.save(); err != nil {
				return err
			}
		}
		return i.publishList(ctx)
	}
	return fmt.Errorf("%w: %s", ErrNotIssued, id)
}

// KeepCredential puts a credential into the home's vault, encrypted.
func (p *Party) KeepCredential(ctx context.Context, c *vc.Credential) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	v, err := p.Vault(ctx)
	if err != nil {
		return err
	}
	_, err = v.PutRecord(ctx, bytes.NewReader(text), vault.RecordOptions{Name: c.ID(), MediaType: "application/vc", Pin: walletPin})
	return err
}

// walletPin is the collection of a vault that the owner's credentials belong to.
const walletPin = "credentials"
