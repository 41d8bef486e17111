package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/seal"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

var (
	// ErrNeedsGenesisKey says that the chain has no oracle yet, and that this enclave has not made the oracle secret.
	ErrNeedsGenesisKey = errors.New("the chain has no oracle yet: if yours is to be the first, make the oracle secret with `oracled genesis-key`, then register")
	// ErrRegistered says that the enclave is registered already.
	ErrRegistered = errors.New("this enclave is registered already")
)

// Registration is what an operator asks the chain for.
type Registration struct {
	// Endpoint is the URL of the API; empty for the configuration's.
	Endpoint string
	// VaultPeer is where the vault is reached; empty for the configuration's.
	VaultPeer string
	// Commission is that of a new oracle; the next enclave of an oracle keeps the one that it has.
	Commission stakingtypes.CommissionRates
}

// DefaultCommission is 10 %, at most 20 %, changing by at most 1 % a day.
func DefaultCommission() stakingtypes.CommissionRates {
	return stakingtypes.NewCommissionRates(math.LegacyNewDecWithPrec(10, 2), math.LegacyNewDecWithPrec(20, 2), math.LegacyNewDecWithPrec(1, 2))
}

// Register makes the message by which the operator registers this enclave, with fresh evidence. It is good for as many blocks as the
// chain takes a trusted block for, about three hours. An enclave whose registration has ended makes new node keys first. Errors:
// ErrRegistered with the standing, ErrNeedsGenesisKey, and those of the light client.
func (h *Home) Register(ctx context.Context, r Registration) (*oracletypes.MsgRegisterOracle, error) {
	client, err := h.reachChain(ctx)
	if err != nil {
		return nil, err
	}
	s, err := client.Latest(ctx)
	if err != nil {
		return nil, err
	}
	standing, err := StandingOf(ctx, s, h.Address(), h.keys.signingPublic())
	if err != nil {
		return nil, err
	}
	switch standing.State {
	case Unregistered:
	case Retired:
		if err := h.renewKeys(ctx); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("%w: %s", ErrRegistered, standing.State)
	}
	first, err := h.publicKeyIfFirst(ctx, s)
	if err != nil {
		return nil, err
	}
	a, err := h.attest(s, first)
	if err != nil {
		return nil, err
	}
	// The message may be sent from elsewhere: nobody will say that it was accepted. There is no other attestation with this node key.
	if err := h.keepAttestation(ctx, a); err != nil {
		return nil, err
	}
	if r.Commission, err = commissionFor(ctx, s, h, r.Commission); err != nil {
		return nil, err
	}
	msg := &oracletypes.MsgRegisterOracle{
		Operator: h.identity.Operator, NodeSigningKey: h.keys.signingPublic(), NodeHpkeKey: h.keys.receivingPublic(), OraclePublicKey: first,
		TrustedBlock: oracletypes.TrustedBlock{Height: a.TrustedHeight, Hash: a.TrustedHash}, Evidence: a.Evidence,
		Endpoint: r.Endpoint, VaultPeer: r.VaultPeer, Commission: r.Commission,
	}
	if msg.Endpoint == "" {
		msg.Endpoint = h.Config.endpoint(h.Config.API.Listen)
	}
	if msg.VaultPeer == "" {
		if msg.VaultPeer, err = h.announcedVaultPeer(); err != nil {
			return nil, err
		}
	}
	return msg, msg.ValidateBasic()
}

// renewKeys gives the enclave new node keys: the chain remembers the old ones, and takes none twice.
func (h *Home) renewKeys(ctx context.Context) error {
	if err := h.keys.renew(); err != nil {
		return err
	}
	change, err := h.keys.put()
	if err != nil {
		return err
	}
	return h.state.Update(ctx, change)
}

// publicKeyIfFirst returns the oracle public key if this is to be the chain's first oracle, nil if there has been one.
func (h *Home) publicKeyIfFirst(ctx context.Context, s *light.Snapshot) ([]byte, error) {
	present, err := s.OraclePublicKey(ctx)
	if err != nil || len(present) > 0 {
		return nil, err
	}
	secret, err := h.secret(ctx)
	if err != nil {
		return nil, err
	}
	if secret == nil {
		return nil, ErrNeedsGenesisKey
	}
	secret.Zero()
	return h.GenesisKey(ctx)
}

// commissionFor returns the commission of the oracle's present enclave, which its next one keeps, or else the one that is asked for.
func commissionFor(ctx context.Context, s *light.Snapshot, h *Home, asked stakingtypes.CommissionRates) (stakingtypes.CommissionRates, error) {
	present, err := s.Oracle(ctx, h.Address())
	if errors.Is(err, oracletypes.ErrOracleNotFound) {
		return asked, nil
	}
	return present.Commission.CommissionRates, err
}

// endpoint returns what the chain says of where the API is reached, which listens on an address.
func (c Config) endpoint(listening string) string {
	if c.API.PublicURL != "" {
		return c.API.PublicURL
	}
	scheme := "http"
	if c.API.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + listening
}

// announcedVaultPeer returns the vault's DID and the addresses that the configuration announces. What it listens on is known once it does.
func (h *Home) announcedVaultPeer() (string, error) {
	announce, err := multiaddresses("vault.announce", h.Config.Vault.Announce)
	if err != nil {
		return "", err
	}
	id, err := h.keys.vault.peerID()
	if err != nil {
		return "", err
	}
	return vaultPeer(h.keys.vault.name(), id, announce), nil
}

// SendRegistration sends a registration with the operator's key, and returns the height of its block.
func (h *Home) SendRegistration(ctx context.Context, msg *oracletypes.MsgRegisterOracle, keys keyring.Keyring, name string) (int64, error) {
	client, operator, err := h.account(keys, name)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	if !operator.Address().Equals(h.Address()) {
		return 0, fmt.Errorf("the key %q is of account %s, and this enclave was made for operator %s", name, operator.Address(), h.Address())
	}
	result, err := send(ctx, operator, msg)
	return result.Height, err
}

// Progress is how far a registration is.
type Progress struct {
	State State
	// Approvals is how many oracles have approved.
	Approvals int
	Height    int64
}

// AwaitApproval returns when the registration is approved, and tells of progress when there is some. Error: ErrRefused if it ended.
func (h *Home) AwaitApproval(ctx context.Context, progress func(Progress)) error {
	client, err := h.reachChain(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Duration(h.Config.Chain.PollInterval))
	defer tick.Stop()
	last := Progress{}
	for {
		p, err := h.registrationProgress(ctx, client)
		if err != nil && ctx.Err() == nil {
			h.log.Debug("asking for the registration", "error", err)
		}
		if err == nil {
			if p.State != last.State || p.Approvals != last.Approvals {
				progress(p)
				last = p
			}
			switch p.State {
			case Active, Inactive:
				return nil
			case Retired:
				return fmt.Errorf("%w: see the events of the chain (EventOracleRemoved) for the reason", ErrRefused)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for approval: %w: the registration goes on; `oracled status` shows it", ctx.Err())
		case <-tick.C:
		}
	}
}

// ErrRefused says that a registration has ended without approval.
var ErrRefused = errors.New("the registration has ended without approval")

func (h *Home) registrationProgress(ctx context.Context, client *light.Client) (Progress, error) {
	s, err := client.Latest(ctx)
	if err != nil {
		return Progress{}, err
	}
	standing, err := StandingOf(ctx, s, h.Address(), h.keys.signingPublic())
	if err != nil {
		return Progress{}, err
	}
	p := Progress{State: standing.State, Height: s.Height()}
	if standing.State == Waiting {
		approvals, err := approvalsOf(ctx, s, h.identity.Operator, h.keys.signingPublic())
		if err != nil {
			return Progress{}, err
		}
		p.Approvals = len(approvals)
	}
	return p, nil
}

// approvalsOf returns the approvals of the enclave of a node key.
func approvalsOf(ctx context.Context, s *light.Snapshot, address string, nodeKey []byte) ([]oracletypes.Approval, error) {
	answer, err := s.Oracles().Approvals(ctx, &oracletypes.QueryApprovalsRequest{Address: address})
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(answer.NodeSigningKey, nodeKey) {
		return nil, nil // those of the oracle's other enclave
	}
	return answer.Approvals, nil
}

// obtainSecret opens the oracle secret that an approver sealed to this enclave, if there is one that is the chain's.
func (n *Node) obtainSecret(ctx context.Context, s *light.Snapshot) error {
	chainKey, err := s.OraclePublicKey(ctx)
	if err != nil {
		return err
	}
	approvals, err := approvalsOf(ctx, s, n.identity.Operator, n.keys.signingPublic())
	if err != nil {
		return err
	}
	me := seal.Handshake{ChainID: n.identity.ChainID, Target: n.Address(), Measurement: n.enclave.Measurement()}
	for _, approval := range approvals {
		secret, err := seal.OpenOracleSecret(n.keys.receiving, me, approval.SealedSecret)
		if err != nil {
			n.log.Warn("an approver's sealed secret does not open", "approver", approval.Approver, "error", err)
			continue
		}
		secrets := secretsFor(secret, chainKey)
		if secrets == nil {
			secret.Zero()
			n.log.Warn("an approver sealed another secret than the chain's", "approver", approval.Approver)
			continue
		}
		if err := n.keepSecret(ctx, secret); err != nil {
			secret.Zero()
			return err
		}
		n.secrets.Store(secrets)
		n.log.Info("the oracle secret is here", "approver", approval.Approver)
		return nil
	}
	return nil
}
