package party

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	lightdb "github.com/cometbft/cometbft/light/store/db"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/pex"
)

// ErrTrust says that there is no block to start trust from.
var ErrTrust = errors.New("no trusted block")

// trustedBlock is the newest block that a home has verified, so that the next command starts there.
type trustedBlock struct {
	ChainID string `json:"chain_id"`
	Height  int64  `json:"height"`
	Hash    string `json:"hash"`
}

func (p *Party) trustedFile() string { return filepath.Join(p.Home, "trusted-"+p.Network+".json") }

// trusted returns the block to start from: the newest verified, unless it is of another chain than the configuration's, or below its block.
func (p *Party) trusted() (light.TrustedBlock, error) {
	var known trustedBlock
	raw, err := os.ReadFile(p.trustedFile())
	if err == nil {
		err = json.Unmarshal(raw, &known)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return light.TrustedBlock{}, fmt.Errorf("%s: %w", p.trustedFile(), err)
	}
	if known.ChainID != p.Profile.ChainID || known.Height < p.Profile.TrustedHeight {
		known = trustedBlock{p.Profile.ChainID, p.Profile.TrustedHeight, p.Profile.TrustedHash}
	}
	return known.parse()
}

func (b trustedBlock) parse() (light.TrustedBlock, error) {
	hash, err := hex.DecodeString(b.Hash)
	if err != nil || len(hash) != 32 || b.Height <= 0 {
		return light.TrustedBlock{}, ErrTrust
	}
	return light.TrustedBlock{Height: b.Height, Hash: hash}, nil
}

// rememberEvery is how often a command that runs for long remembers the newest verified block.
const rememberEvery = time.Minute

// Remembering runs what takes long, and remembers the newest verified block all the while: a process that is killed after weeks must not leave a
// home that trusts nothing any more.
func (p *Party) Remembering(do func() error) error {
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		tick := time.NewTicker(rememberEvery)
		defer tick.Stop()
		var err error
		for {
			select {
			case <-tick.C:
				err = p.remember()
			case <-stop:
				stopped <- err
				return
			}
		}
	}()
	err := do()
	close(stop)
	return errors.Join(err, <-stopped)
}

// remember keeps the newest verified block for the next command to start from.
func (p *Party) remember() error {
	s := p.connection.Newest()
	if s == nil {
		return nil
	}
	header := s.Header()
	if header.Height <= p.Profile.TrustedHeight {
		return nil
	}
	raw, err := json.Marshal(trustedBlock{p.Profile.ChainID, header.Height, header.Hash().String()})
	if err != nil {
		return err
	}
	return exchange.WriteFile(p.trustedFile(), func(f *os.File) error {
		_, err := f.Write(raw)
		return err
	})
}

// Chain connects to the home's network, once.
func (p *Party) Chain(ctx context.Context) (*exchange.Connection, error) {
	if p.connection != nil {
		return p.connection, nil
	}
	trusted, err := p.trusted()
	if err != nil {
		return nil, err
	}
	p.connection, err = connect(ctx, p.Profile, trusted)
	return p.connection, err
}

// Connect connects to a network from the trusted block of its profile.
func Connect(ctx context.Context, p Profile) (*exchange.Connection, error) {
	trusted, err := trustedBlock{p.ChainID, p.TrustedHeight, p.TrustedHash}.parse()
	if err != nil {
		return nil, err
	}
	return connect(ctx, p, trusted)
}

func connect(ctx context.Context, p Profile, trusted light.TrustedBlock) (*exchange.Connection, error) {
	period, err := p.trustingPeriod()
	if err != nil {
		return nil, err
	}
	verified, err := light.New(ctx, light.Config{
		ChainID: p.ChainID, Nodes: p.Nodes, Trusted: trusted, TrustingPeriod: period, Store: lightdb.New(dbm.NewMemDB(), "headers"),
	})
	if err != nil {
		return nil, err
	}
	tx, err := client.New(client.Config{ChainID: p.ChainID, Nodes: p.Nodes, GasPrice: p.GasPrice})
	if err != nil {
		return nil, err
	}
	return exchange.Connect(p.ChainID, tx, verified), nil
}

// Resolver resolves DIDs by proof.
func (p *Party) Resolver(ctx context.Context) (did.Resolver, error) {
	c, err := p.Chain(ctx)
	if err != nil {
		return nil, err
	}
	return c.Resolver(), nil
}

// Processor issues and verifies credentials: documents, contexts, schemas and status lists come from the chain, by proof.
func (p *Party) Processor(ctx context.Context) (*vc.Processor, entry.Checkers, error) {
	c, err := p.Chain(ctx)
	if err != nil {
		return nil, entry.Checkers{}, err
	}
	get := func(ctx context.Context, url string) ([]byte, error) {
		if !strings.HasPrefix(url, "did:") {
			return nil, fmt.Errorf("%.200s is not on the chain", url)
		}
		return c.Resource(ctx, url)
	}
	processor := vc.NewProcessor(vc.Options{Resolver: c.Resolver(), Contexts: pex.Contexts(get)})
	return processor, entry.New(processor, get), nil
}

// Provider is the home's owner as a provider.
func (p *Party) Provider(ctx context.Context) (*exchange.Provider, error) {
	c, err := p.Chain(ctx)
	if err != nil {
		return nil, err
	}
	processor, checks, err := p.Processor(ctx)
	if err != nil {
		return nil, err
	}
	holder, err := p.KeyOfType(did.Ed25519)
	if err != nil {
		return nil, err
	}
	return &exchange.Provider{
		Chain: c, Account: p.Account(), Vault: lazyVault{p}, Dir: p.Home, Processor: processor, Holder: holder,
		AllowSimulated: p.Profile.SimulatedEnclaves,
		Status: func(ctx context.Context, credential *vc.Credential) (bool, error) {
			for _, e := range credential.Status() {
				if err := checks.Status(ctx, credential, e, time.Now()); errors.Is(err, entry.ErrRevoked) {
					return true, nil
				} else if err != nil {
					return false, err
				}
			}
			return false, nil
		},
	}, nil
}

// Consumer is the home's owner as a consumer.
func (p *Party) Consumer(ctx context.Context) (*exchange.Consumer, error) {
	c, err := p.Chain(ctx)
	if err != nil {
		return nil, err
	}
	key, err := p.ConsumerKey()
	if err != nil {
		return nil, err
	}
	return &exchange.Consumer{Chain: c, Account: p.Account(), Vault: lazyVault{p}, Dir: p.Home, Key: key}, nil
}

// SendCoins pays from the home's account.
func (p *Party) SendCoins(ctx context.Context, to sdk.AccAddress, coins ...sdk.Coin) (tx string, err error) {
	c, err := p.Chain(ctx)
	if err != nil {
		return "", err
	}
	from, err := p.Address()
	if err != nil {
		return "", err
	}
	return c.Send(ctx, p.Account(), banktypes.NewMsgSend(from, to, sdk.NewCoins(coins...)))
}
