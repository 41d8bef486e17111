package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/sgx"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

var (
	// ErrExists says that there is an oracle in the home already.
	ErrExists = errors.New("there is an oracle in this home already")
	// ErrIdentity says that the configuration is not the one that the enclave was made for.
	ErrIdentity = errors.New("the enclave was made for another chain or operator")
	// ErrRolledBack says that the chain knows of something that this enclave does not remember having done.
	ErrRolledBack = errors.New("the chain has seen more of this enclave than it remembers: its disk was put back as it was before, or it runs twice; " +
		"begin with a new home, and register anew")
)

const stateDir = "state"

// Home is an oracle's home with its sealed state open. One process can have it open.
type Home struct {
	Dir    string
	Config Config

	log      *slog.Logger
	enclave  tee.Enclave
	state    *state.Store
	identity identity
	keys     *keys
	skew     atomic.Int64 // how wrong this machine's clock is, in nanoseconds, which only tests know
}

// now is what this machine's clock says.
func (h *Home) now() time.Time { return time.Now().Add(time.Duration(h.skew.Load())) }

// OpenEnclave returns the enclave that a configuration names. A simulated one keeps its key in dir.
func OpenEnclave(dir string, c EnclaveConfig) (tee.Enclave, error) {
	if c.Type == EnclaveSimulated {
		return tee.OpenSimulated(dir, c.Build)
	}
	return sgx.Open()
}

// Init makes an oracle in a directory: configuration, sealed state, and keys born in the enclave. trusted is where its light client
// starts. Error: ErrExists.
func Init(ctx context.Context, dir string, c Config, trusted light.TrustedBlock, log *slog.Logger) (*Home, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, stateDir)); err == nil {
		return nil, fmt.Errorf("%w: %s; a new one needs another --home", ErrExists, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the home: %w", err)
	}
	enclave, err := OpenEnclave(dir, c.Enclave)
	if err != nil {
		return nil, err
	}
	store, err := state.Open(ctx, filepath.Join(dir, stateDir), enclave)
	if err != nil {
		return nil, err
	}
	h := &Home{Dir: dir, Config: c, log: withEnclave(log, enclave), enclave: enclave, state: store}
	if err := h.create(ctx, trusted); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return h, nil
}

func (h *Home) create(ctx context.Context, trusted light.TrustedBlock) error {
	h.identity = identity{
		ChainID: h.Config.Chain.ID, Operator: h.Config.Oracle.Operator, TrustedHeight: trusted.Height, TrustedHash: trusted.Hash,
	}
	var err error
	if h.keys, err = newKeys(); err != nil {
		return err
	}
	id, err := state.PutJSON(spaceNode, nameIdentity, h.identity)
	if err != nil {
		return err
	}
	keys, err := h.keys.put()
	if err != nil {
		return err
	}
	if err := h.state.Update(ctx, id, keys); err != nil {
		return err
	}
	// The configuration comes last: a home without one is no oracle.
	return WriteConfig(h.Dir, h.Config)
}

// OpenHome opens an oracle's home. Errors: ErrConfig, ErrIdentity, tee.ErrNoEnclave, tee.ErrUnseal, state.ErrTampered.
func OpenHome(ctx context.Context, dir string, log *slog.Logger) (*Home, error) {
	c, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	enclave, err := OpenEnclave(dir, c.Enclave)
	if err != nil {
		return nil, err
	}
	store, err := state.Open(ctx, filepath.Join(dir, stateDir), enclave)
	if err != nil {
		return nil, err
	}
	h := &Home{Dir: dir, Config: c, log: withEnclave(log, enclave), enclave: enclave, state: store}
	if err := h.load(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return h, nil
}

func (h *Home) load(ctx context.Context) error {
	var err error
	if h.identity, err = state.GetJSON[identity](ctx, h.state, spaceNode, nameIdentity); err != nil {
		return fmt.Errorf("reading the sealed identity: %w", err)
	}
	if h.identity.ChainID != h.Config.Chain.ID || h.identity.Operator != h.Config.Oracle.Operator {
		return fmt.Errorf("%w: chain %s, operator %s, while %s says chain %s, operator %s: correct it, or make another oracle with init", ErrIdentity,
			h.identity.ChainID, h.identity.Operator, ConfigFile, h.Config.Chain.ID, h.Config.Oracle.Operator)
	}
	h.keys, err = getKeys(ctx, h.state)
	return err
}

// Close makes the home free for another process. It overwrites the signing key and the vault's secret and store key; other keys lie in types
// that do not let go of their bytes (the receiving key, the vault's DID and host), and go with the process's memory.
func (h *Home) Close() error {
	h.keys.zero()
	return h.state.Close()
}

// Address returns the oracle's address: its operator's account.
func (h *Home) Address() sdk.AccAddress { return h.identity.address() }

// Enclave returns the enclave that the home is sealed to.
func (h *Home) Enclave() tee.Enclave { return h.enclave }

// withEnclave makes every line of a log say that an enclave is simulated.
func withEnclave(log *slog.Logger, e tee.Enclave) *slog.Logger {
	if e.Kind() == tee.KindSimulated {
		return log.With("enclave", "SIMULATED, protects nothing")
	}
	return log
}
