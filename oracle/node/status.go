package node

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/medibloc/panacea/oracle/internal/durable"
	"github.com/medibloc/panacea/tee"
)

// CardFile is the file in a home with what others may know of the enclave. It is for people and tools; the enclave does not read it.
const CardFile = "oracle.json"

// Card is what others may know of an enclave.
type Card struct {
	ChainID        string `json:"chain_id"`
	Oracle         string `json:"oracle"`
	Enclave        string `json:"enclave"`
	Simulated      bool   `json:"simulated"`
	Measurement    string `json:"measurement"`      // hexadecimal
	NodeSigningKey string `json:"node_signing_key"` // hexadecimal
	NodeHPKEKey    string `json:"node_hpke_key"`    // hexadecimal
	VaultDID       string `json:"vault_did"`
	TrustedHeight  int64  `json:"trusted_height"`
	TrustedHash    string `json:"trusted_hash"` // hexadecimal
	HasSecret      bool   `json:"has_oracle_secret"`
}

// Card returns what others may know of the enclave.
func (h *Home) Card(ctx context.Context) (Card, error) {
	secret, err := h.secret(ctx)
	if err != nil {
		return Card{}, err
	}
	if secret != nil {
		secret.Zero()
	}
	measurement := h.enclave.Measurement()
	return Card{
		ChainID: h.identity.ChainID, Oracle: h.identity.Operator, Enclave: h.enclave.Kind().String(),
		Simulated: h.enclave.Kind() == tee.KindSimulated, Measurement: hex.EncodeToString(measurement[:]),
		NodeSigningKey: hex.EncodeToString(h.keys.signingPublic()), NodeHPKEKey: hex.EncodeToString(h.keys.receivingPublic()),
		VaultDID: h.keys.vault.name(), TrustedHeight: h.identity.TrustedHeight, TrustedHash: hex.EncodeToString(h.identity.TrustedHash),
		HasSecret: secret != nil,
	}, nil
}

// WriteCard writes the card into the home.
func (h *Home) WriteCard(ctx context.Context) error {
	card, err := h.Card(ctx)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(card, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(h.Dir, CardFile), append(raw, '\n'))
}

// ReadCard reads the card of a home whose oracle may be running. The error is ErrConfig.
func ReadCard(dir string) (Card, error) { return readJSON[Card](dir, CardFile) }

// ReadAddresses reads where the oracle of a home was reached when it ran last. The error is ErrConfig.
func ReadAddresses(dir string) (Addresses, error) { return readJSON[Addresses](dir, AddressesFile) }

func readJSON[T any](dir, file string) (value T, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return value, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, fmt.Errorf("%w: %s: %w", ErrConfig, file, err)
	}
	return value, nil
}
