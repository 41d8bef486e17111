package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/deals"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/vault/access"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Node is an oracle that runs.
type Node struct {
	*Home

	light  *light.Client
	chain  *client.Client
	sender *client.Account
	vault  *vault

	objects *objects
	// secrets is nil until an approver's are here.
	secrets atomic.Pointer[secrets]
	// view is what the chain said last.
	view atomic.Pointer[View]
	// addresses are where the node is reached, once it listens.
	addresses atomic.Pointer[Addresses]
	metrics   *metrics

	// speaking is held by whoever sends a message of the node key; next is its number, if it is known from the last one.
	speaking sync.Mutex
	next     uint64
	// refused remembers newcomers whose evidence did not hold, by node key, with the height at which they were looked at.
	refused map[string]int64
	// renewalFailed is when the attestation could not be renewed last.
	renewalFailed time.Time
	// told remembers the last error of each duty, so that it is logged once.
	told map[string]string
}

// View is what the chain said of this oracle at a height.
type View struct {
	Standing
	Height int64
	Time   time.Time
}

// Connect opens the oracle of a home, reaches the chain, and compares the two. It waits for nodes that do not answer. Errors:
// ErrRolledBack, and those of OpenHome and of the light client.
func Connect(ctx context.Context, dir string, log *slog.Logger) (*Node, error) {
	h, err := OpenHome(ctx, dir, log)
	if err != nil {
		return nil, err
	}
	n := &Node{Home: h, metrics: newMetrics(), refused: map[string]int64{}, told: map[string]string{}}
	if err := n.connect(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Open is Connect for an oracle that is going to Run: its vault is open, too.
func Open(ctx context.Context, dir string, log *slog.Logger) (*Node, error) {
	n, err := Connect(ctx, dir, log)
	if err != nil {
		return nil, err
	}
	maxAge := time.Duration(n.Config.Chain.MaxBlockAge)
	n.vault, err = openVault(ctx, n.Dir, n.keys.vault, n.Config.Vault, n.light.Dereferencer(maxAge).Resolver,
		access.Deals{Querier: deals.New(n.light, maxAge)})
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.objects = newObjects(n.vault.store, n.state)
	return n, nil
}

func (n *Node) connect(ctx context.Context) error {
	var err error
	if n.light, err = n.reachChain(ctx); err != nil {
		return err
	}
	s, err := n.light.Latest(ctx)
	if err != nil {
		return err
	}
	standing, err := n.look(ctx, s)
	if err != nil {
		return err
	}
	if err := n.loadSecret(ctx, s, standing); err != nil {
		return err
	}
	keys, err := n.Config.SenderKeyring(n.Dir)
	if err != nil {
		return err
	}
	n.chain, n.sender, err = n.account(keys, n.Config.Sender.Key)
	return err
}

// Close closes everything and gives the home free.
func (n *Node) Close() error {
	var errs []error
	if n.vault != nil {
		errs = append(errs, n.vault.close())
	}
	if n.chain != nil {
		n.chain.Close()
	}
	if s := n.secrets.Swap(nil); s != nil {
		s.oracle.Zero()
	}
	return errors.Join(append(errs, n.Home.Close())...)
}

// look reads what the chain says of this enclave, and remembers it. The error is ErrRolledBack if this enclave has not said all that the
// chain has heard of its node key.
func (n *Node) look(ctx context.Context, s *light.Snapshot) (Standing, error) {
	standing, err := StandingOf(ctx, s, n.Address(), n.keys.signingPublic())
	if err != nil {
		return Standing{}, err
	}
	if err := n.checkRollback(ctx, standing.Sequence); err != nil {
		return Standing{}, err
	}
	before := n.view.Swap(&View{Standing: standing, Height: s.Height(), Time: s.Time()})
	if before == nil || before.State != standing.State || before.Reason != standing.Reason {
		n.log.Info("standing on the chain", "oracle", n.identity.Operator, "state", standing.State, "reason", standing.Reason, "height", s.Height())
	}
	n.metrics.saw(standing, s)
	return standing, nil
}

// checkRollback compares the number of messages that the chain has of the node key with what the sealed state remembers. The error is
// ErrRolledBack.
func (h *Home) checkRollback(ctx context.Context, sent uint64) error {
	remembered, err := h.sequence(ctx)
	if err != nil {
		return err
	}
	if sent > remembered {
		return fmt.Errorf("%w (its node key has sent %d messages, and it remembers %d)", ErrRolledBack, sent, remembered)
	}
	return nil
}

// sequence returns the number that the node key's next message may have, at most.
func (h *Home) sequence(ctx context.Context) (uint64, error) {
	s, err := state.GetJSON[sequence](ctx, h.state, spaceNode, nameSequence)
	if errors.Is(err, state.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the sealed sequence number: %w", err)
	}
	if !bytes.Equal(s.NodeKey, h.keys.signingPublic()) {
		return 0, nil // an earlier node key's
	}
	return s.Next, nil
}

// sequence is the number after that of the last message that a node key may have sent.
type sequence struct {
	NodeKey []byte `json:"node_key"`
	Next    uint64 `json:"next"`
}

// loadSecret takes the oracle secret from the sealed state, if it is the chain's. One that is not was made in vain by an enclave that
// wanted to be the first, and is dropped when the chain's is here.
func (n *Node) loadSecret(ctx context.Context, s *light.Snapshot, standing Standing) error {
	secret, err := n.secret(ctx)
	if err != nil || secret == nil {
		return err
	}
	key, err := s.OraclePublicKey(ctx)
	if err != nil {
		return err
	}
	secrets := secretsFor(secret, key)
	if !standing.Approved() || secrets == nil {
		secret.Zero()
		return nil
	}
	n.secrets.Store(secrets)
	return nil
}

// Sender returns the account that pays for the node's transactions.
func (n *Node) Sender() sdk.AccAddress { return n.sender.Address() }

// Standing returns what the chain said of this enclave last.
func (n *Node) Standing() Standing { return n.view.Load().Standing }
