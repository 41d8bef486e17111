package node

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/seal"
)

// Names in the sealed state that are this package's.
const spaceNode = "node"

var (
	nameIdentity    = []byte("identity")
	nameKeys        = []byte("keys")
	nameSecret      = []byte("oracle-secret")
	nameSequence    = []byte("sequence")
	nameAttestation = []byte("attestation")
)

// identity is what an enclave was made for, and where its light client starts. It never changes.
type identity struct {
	ChainID       string `json:"chain_id"`
	Operator      string `json:"operator"`
	TrustedHeight int64  `json:"trusted_height"`
	TrustedHash   []byte `json:"trusted_hash"`
}

func (i identity) address() sdk.AccAddress {
	address, err := sdk.AccAddressFromBech32(i.Operator)
	if err != nil {
		return nil // Config.Validate has read it before it was sealed
	}
	return address
}

// keys are born in the enclave and never leave it. Signing and receiving are the node's on the chain; each serves one registration. The
// vault's stay the same for the life of the home.
type keys struct {
	signing   ed25519.PrivateKey
	receiving *seal.PrivateKey
	vault     vaultKeys
}

// sealedKeys is how keys stand in the sealed state.
type sealedKeys struct {
	Signing   []byte `json:"signing"` // seed
	Receiving []byte `json:"receiving"`
	Vault     []byte `json:"vault"` // secret, 32 bytes
}

func newKeys() (*keys, error) {
	secret := make([]byte, vaultSecretSize)
	rand.Read(secret)
	vault, err := deriveVaultKeys(secret)
	if err != nil {
		return nil, err
	}
	k := &keys{vault: vault}
	return k, k.renew()
}

// renew makes new node keys.
func (k *keys) renew() error {
	_, signing, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("making the node's signing key: %w", err)
	}
	receiving, err := seal.GenerateKey(seal.Hybrid)
	if err != nil {
		return fmt.Errorf("making the node's receiving key: %w", err)
	}
	k.signing, k.receiving = signing, receiving
	return nil
}

func (k *keys) put() (state.Change, error) {
	receiving, err := k.receiving.Bytes()
	if err != nil {
		return state.Change{}, err
	}
	defer clear(receiving)
	return state.PutJSON(spaceNode, nameKeys, sealedKeys{k.signing.Seed(), receiving, k.vault.secret})
}

func getKeys(ctx context.Context, s *state.Store) (*keys, error) {
	sealed, err := state.GetJSON[sealedKeys](ctx, s, spaceNode, nameKeys)
	if err != nil {
		return nil, fmt.Errorf("reading the sealed keys: %w", err)
	}
	defer clear(sealed.Signing)
	defer clear(sealed.Receiving)
	if len(sealed.Signing) != ed25519.SeedSize {
		return nil, state.ErrTampered
	}
	k := &keys{signing: ed25519.NewKeyFromSeed(sealed.Signing)}
	if k.receiving, err = seal.ParsePrivateKey(sealed.Receiving); err != nil {
		return nil, fmt.Errorf("reading the sealed keys: %w", err)
	}
	k.vault, err = deriveVaultKeys(sealed.Vault)
	return k, err
}

func (k *keys) signingPublic() []byte { return k.signing.Public().(ed25519.PublicKey) }

func (k *keys) receivingPublic() []byte { return k.receiving.Public().Bytes() }

func (k *keys) zero() {
	clear(k.signing)
	clear(k.vault.secret)
	clear(k.vault.store)
}

// secret returns the oracle secret, nil if the enclave does not have it yet.
func (h *Home) secret(ctx context.Context) (*seal.OracleSecret, error) {
	raw, err := h.state.Get(ctx, spaceNode, nameSecret)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the sealed oracle secret: %w", err)
	}
	defer clear(raw)
	return seal.ParseOracleSecret(raw)
}

func (h *Home) keepSecret(ctx context.Context, s *seal.OracleSecret) error {
	raw := s.Bytes()
	defer clear(raw)
	return h.state.Update(ctx, state.Put(spaceNode, nameSecret, raw))
}

// GenesisKey makes the oracle secret, in the first oracle's enclave, and returns the public key that providers will encrypt to, as package
// seal encodes it. Made before, it is the same.
func (h *Home) GenesisKey(ctx context.Context) ([]byte, error) {
	secret, err := h.secret(ctx)
	if err != nil {
		return nil, err
	}
	if secret == nil {
		secret = seal.NewOracleSecret()
		if err := h.keepSecret(ctx, secret); err != nil {
			return nil, err
		}
	}
	defer secret.Zero()
	key, err := secret.HPKEKey(seal.Hybrid)
	if err != nil {
		return nil, err
	}
	return key.Public().Bytes(), nil
}
