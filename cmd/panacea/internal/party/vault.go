package party

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vault"
)

// VaultAPIFile is the name of the file in a vault's directory that tells its owner's programs where "panacea vault serve" serves, and the token.
// Only its owner can read it.
const VaultAPIFile = "api.json"

// maxProblem bounds a problem that a vault answers with, in bytes.
const maxProblem = 64 << 10

// VaultAPI is a vault that a process of its owner serves on this machine. It is an exchange.Vault.
type VaultAPI struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

var _ exchange.Vault = (*VaultAPI)(nil)

// ServedVault finds the process that serves the vault of a directory, nil if none does.
func ServedVault(ctx context.Context, dir string) *VaultAPI {
	raw, err := os.ReadFile(filepath.Join(dir, VaultAPIFile))
	a := &VaultAPI{}
	if err != nil || json.Unmarshal(raw, a) != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if a.Call(ctx, "GET", "/v1/identity", nil, nil) != nil {
		return nil
	}
	return a
}

// Send makes a request; an answer that is a problem is an error.
func (a *VaultAPI) Send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.URL+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+a.Token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	var p vault.Problem
	if err := json.NewDecoder(io.LimitReader(response.Body, maxProblem)).Decode(&p); err != nil || p.Detail == "" {
		return nil, fmt.Errorf("the vault answered %s", response.Status)
	}
	return nil, errors.New(p.Detail)
}

// Call sends JSON and reads JSON; both may be nil.
func (a *VaultAPI) Call(ctx context.Context, method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(raw)
	}
	response, err := a.Send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// PutRecord implements exchange.Vault.
func (a *VaultAPI) PutRecord(ctx context.Context, r io.Reader, o vault.RecordOptions) (object vault.Object, err error) {
	q := url.Values{}
	for name, value := range map[string]string{"name": o.Name, "mediaType": o.MediaType, "pin": o.Pin} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if o.Raw {
		q.Set("raw", "true")
	}
	response, err := a.Send(ctx, "POST", "/v1/objects?"+q.Encode(), r)
	if err != nil {
		return object, err
	}
	defer response.Body.Close()
	return object, json.NewDecoder(response.Body).Decode(&object)
}

// OpenRecord implements exchange.Vault. The connection is given up when all is read, or when ctx ends.
func (a *VaultAPI) OpenRecord(ctx context.Context, root cid.Cid) (_ io.Reader, object vault.Object, err error) {
	path := "/v1/objects/" + root.String()
	if err := a.Call(ctx, "GET", path+"/info", nil, &object); err != nil {
		return nil, object, err
	}
	response, err := a.Send(ctx, "GET", path, nil)
	if err != nil {
		return nil, object, err
	}
	context.AfterFunc(ctx, func() { response.Body.Close() })
	return response.Body, object, nil
}

// FetchEvents asks the vault to fetch, tells each event that is no problem, and returns the object.
func (a *VaultAPI) FetchEvents(ctx context.Context, body vault.FetchBody, tell func(vault.FetchEvent)) (vault.Object, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return vault.Object{}, err
	}
	response, err := a.Send(ctx, "POST", "/v1/fetch", bytes.NewReader(raw))
	if err != nil {
		return vault.Object{}, err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		var e vault.FetchEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return vault.Object{}, err
		}
		if e.Problem != nil {
			return vault.Object{}, &FetchProblem{*e.Problem}
		}
		tell(e)
		if e.Object != nil {
			return *e.Object, nil
		}
	}
	return vault.Object{}, errors.Join(errors.New("the vault ended in the middle of the transfer; the same again goes on"), lines.Err())
}

// FetchProblem is why a vault could not fetch.
type FetchProblem struct{ vault.Problem }

func (p *FetchProblem) Error() string { return p.Detail }

// Fetch implements exchange.Vault.
func (a *VaultAPI) Fetch(ctx context.Context, q vault.FetchRequest) (vault.Object, error) {
	body := vault.FetchBody{From: q.From, CID: q.CID.String(), Grant: q.Grant, Pin: q.Pin, MaxSize: q.MaxSize}
	for _, p := range q.Peers {
		addresses, err := peer.AddrInfoToP2pAddrs(&p)
		if err != nil {
			return vault.Object{}, err
		}
		for _, address := range addresses {
			body.Peers = append(body.Peers, address.String())
		}
	}
	return a.FetchEvents(ctx, body, func(e vault.FetchEvent) {
		if q.Progress != nil && e.Retry == "" {
			q.Progress(e.Have, e.Total)
		}
	})
}

// VaultHome is the directory of the home's vault.
func (p *Party) VaultHome() string { return filepath.Join(p.Home, vaultDir) }

// Vault is the home's vault: the one that "panacea vault serve" serves, else this process opens it, and joins the network to fetch.
// Errors: embedded.ErrInUse, vault.ErrPassphrase.
func (p *Party) Vault(ctx context.Context) (exchange.Vault, error) {
	p.vaultLock.Lock()
	defer p.vaultLock.Unlock()
	if p.vault != nil {
		return p.vault, nil
	}
	if served := ServedVault(ctx, p.VaultHome()); served != nil {
		return served, nil
	}
	passphrase, err := p.Passphrase()
	if err != nil {
		return nil, err
	}
	resolver, err := p.Resolver(ctx)
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(ctx, p.VaultHome(), passphrase, vault.Options{Resolver: resolver})
	if err != nil {
		return nil, err
	}
	if err := v.Dial(ctx); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	p.vault = v
	return v, nil
}

// lazyVault is the home's vault for who may not need it: another process may have it.
type lazyVault struct{ p *Party }

func (l lazyVault) PutRecord(ctx context.Context, r io.Reader, o vault.RecordOptions) (vault.Object, error) {
	v, err := l.p.Vault(ctx)
	if err != nil {
		return vault.Object{}, err
	}
	return v.PutRecord(ctx, r, o)
}

func (l lazyVault) OpenRecord(ctx context.Context, root cid.Cid) (io.Reader, vault.Object, error) {
	v, err := l.p.Vault(ctx)
	if err != nil {
		return nil, vault.Object{}, err
	}
	return v.OpenRecord(ctx, root)
}

func (l lazyVault) Fetch(ctx context.Context, q vault.FetchRequest) (vault.Object, error) {
	v, err := l.p.Vault(ctx)
	if err != nil {
		return vault.Object{}, err
	}
	return v.Fetch(ctx, q)
}

// vaultIdentity is derived from keys, whoever has the vault open.
func (p *Party) vaultIdentity() (vault.Identity, error) {
	passphrase, err := p.Passphrase()
	if err != nil {
		return vault.Identity{}, err
	}
	return vault.ReadIdentity(p.VaultHome(), passphrase)
}
