package types

import (
	"bytes"
	"crypto/ed25519"
	"strings"

	"cosmossdk.io/math"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee"
)

// Sizes of what messages carry, in bytes.
const (
	// MeasurementSize is the size of an enclave measurement.
	MeasurementSize = 32
	// BlockHashSize is the size of a block's hash.
	BlockHashSize = 32
	// MaxEvidenceSize bounds attestation evidence; SGX quotes have about 4600 bytes.
	MaxEvidenceSize = tee.MaxEvidenceSize
	// MaxSealedSecretSize bounds a sealed oracle secret; the hybrid KEM makes it about 1200 bytes.
	MaxSealedSecretSize = 4096
	// MaxCollateralSize bounds a set of collateral in a message; Intel's have 7 to 20 KiB.
	MaxCollateralSize = 256 << 10
	// MaxEndpointLength bounds an endpoint and a vault peer.
	MaxEndpointLength = 256
	// MaxMeasurementNameLength bounds the name of a measurement.
	MaxMeasurementNameLength = 64

	maxSVN = 1<<16 - 1
)

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgRegisterOracle) ValidateBasic() error {
	if err := validateAccount(m.Operator); err != nil {
		return err
	}
	if err := validateNodeKeys(m.NodeSigningKey, m.NodeHpkeKey); err != nil {
		return err
	}
	if len(m.OraclePublicKey) > 0 {
		if _, err := seal.ParsePublicKey(m.OraclePublicKey); err != nil {
			return ErrInvalidMessage.Wrapf("oracle public key: %v", err)
		}
	}
	if err := m.TrustedBlock.Validate(); err != nil {
		return err
	}
	if err := validateEvidence(m.Evidence); err != nil {
		return err
	}
	if err := validateInfo(m.Endpoint, m.VaultPeer); err != nil {
		return err
	}
	return ValidateCommission(m.Commission)
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgApproveOracle) ValidateBasic() error {
	if err := validateNodeMessage(m.Sender, m); err != nil {
		return err
	}
	if err := validateAccount(m.Target); err != nil {
		return err
	}
	switch {
	case len(m.TargetNodeSigningKey) != ed25519.PublicKeySize:
		return ErrInvalidMessage.Wrapf("the target's node signing key has %d bytes, not %d", len(m.TargetNodeSigningKey), ed25519.PublicKeySize)
	case len(m.TargetMeasurement) != MeasurementSize:
		return ErrInvalidMessage.Wrapf("the target's measurement has %d bytes, not %d", len(m.TargetMeasurement), MeasurementSize)
	case len(m.SealedSecret) == 0 || len(m.SealedSecret) > MaxSealedSecretSize:
		return ErrInvalidMessage.Wrapf("the sealed secret has %d bytes; it must have 1 to %d", len(m.SealedSecret), MaxSealedSecretSize)
	case m.Approver == m.Target:
		return ErrSelfApproval.Wrap(m.Target)
	}
	return nil
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgRenewAttestation) ValidateBasic() error {
	if err := validateNodeMessage(m.Sender, m); err != nil {
		return err
	}
	if err := m.TrustedBlock.Validate(); err != nil {
		return err
	}
	return validateEvidence(m.Evidence)
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgUpdateOracleInfo) ValidateBasic() error {
	if err := validateNodeMessage(m.Sender, m); err != nil {
		return err
	}
	return validateInfo(m.Endpoint, m.VaultPeer)
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgUpdateOracleCommission) ValidateBasic() error {
	if err := validateNodeMessage(m.Sender, m); err != nil {
		return err
	}
	if m.Rate.IsNil() || m.Rate.IsNegative() || m.Rate.GT(math.LegacyOneDec()) {
		return ErrInvalidCommission.Wrapf("the rate is %s; it must be 0 to 1", decString(m.Rate))
	}
	return nil
}

// ValidateBasic checks the operator's address.
func (m *MsgDeregisterOracle) ValidateBasic() error { return validateAccount(m.Operator) }

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgSubmitCollateral) ValidateBasic() error {
	if len(m.Collateral) == 0 || len(m.Collateral) > MaxCollateralSize {
		return ErrInvalidMessage.Wrapf("the collateral has %d bytes; it must have 1 to %d", len(m.Collateral), MaxCollateralSize)
	}
	return validateAccount(m.Sender)
}

// ValidateBasic checks the measurement.
func (m *MsgSetMeasurement) ValidateBasic() error { return m.Measurement.Validate() }

// ValidateBasic checks the parameters.
func (m *MsgUpdateParams) ValidateBasic() error { return m.Params.Validate() }

// Validate checks the form of a trusted block. The error is ErrInvalidMessage.
func (b TrustedBlock) Validate() error {
	if b.Height <= 0 || len(b.Hash) != BlockHashSize {
		return ErrInvalidMessage.Wrapf("the trusted block has height %d and a hash of %d bytes; it must have %d", b.Height, len(b.Hash), BlockHashSize)
	}
	return nil
}

// Validate checks the form of a measurement. The error is ErrInvalidMessage.
func (m Measurement) Validate() error {
	switch {
	case len(m.Measurement) != MeasurementSize:
		return ErrInvalidMessage.Wrapf("the measurement has %d bytes, not %d", len(m.Measurement), MeasurementSize)
	case bytes.Equal(m.Measurement, make([]byte, MeasurementSize)):
		return ErrInvalidMessage.Wrap("the measurement is all zeros")
	case len(m.Signer) != 0 && len(m.Signer) != MeasurementSize:
		return ErrInvalidMessage.Wrapf("the signer has %d bytes, not %d", len(m.Signer), MeasurementSize)
	case m.MinimumSvn > maxSVN:
		return ErrInvalidMessage.Wrapf("the minimum security version is %d; at most %d", m.MinimumSvn, maxSVN)
	case len(m.Name) > MaxMeasurementNameLength || !isPrintable(m.Name):
		return ErrInvalidMessage.Wrapf("the measurement's name must be at most %d printable ASCII characters", MaxMeasurementNameLength)
	case m.ActivationHeight < 0 || m.ExpiryHeight < 0:
		return ErrInvalidMessage.Wrap("a height is negative")
	case m.ExpiryHeight != 0 && m.ExpiryHeight <= m.ActivationHeight:
		return ErrInvalidMessage.Wrapf("the measurement would expire at %d, before its activation at %d", m.ExpiryHeight, m.ActivationHeight)
	}
	return nil
}

// CheckAllowed says whether an enclave of this measurement may work at a height. The error is ErrMeasurementNotAllowed.
func (m Measurement) CheckAllowed(height int64, svn uint32) error {
	switch {
	case height < m.ActivationHeight:
		return ErrMeasurementNotAllowed.Wrapf("%X becomes active at height %d", m.Measurement, m.ActivationHeight)
	case m.ExpiryHeight != 0 && height >= m.ExpiryHeight:
		return ErrMeasurementNotAllowed.Wrapf("%X expired at height %d", m.Measurement, m.ExpiryHeight)
	case svn < m.MinimumSvn:
		return ErrMeasurementNotAllowed.Wrapf("%X has security version %d; at least %d is needed", m.Measurement, svn, m.MinimumSvn)
	}
	return nil
}

// ValidateCommission checks a commission as validators' are checked. The error is ErrInvalidCommission.
func ValidateCommission(c stakingtypes.CommissionRates) error {
	if c.Rate.IsNil() || c.MaxRate.IsNil() || c.MaxChangeRate.IsNil() {
		return ErrInvalidCommission.Wrap("rate, max_rate or max_change_rate is missing")
	}
	if err := c.Validate(); err != nil {
		return ErrInvalidCommission.Wrap(err.Error())
	}
	return nil
}

func validateNodeMessage(sender string, m NodeMessage) error {
	for _, address := range []string{sender, m.Author()} {
		if err := validateAccount(address); err != nil {
			return err
		}
	}
	if n := len(m.GetSignature()); n != ed25519.SignatureSize {
		return ErrInvalidSignature.Wrapf("the signature has %d bytes, not %d", n, ed25519.SignatureSize)
	}
	return nil
}

func validateAccount(address string) error {
	if err := validateAddress(address); err != nil {
		return ErrInvalidAddress.Wrap(err.Error())
	}
	return nil
}

func validateNodeKeys(signing, hpke []byte) error {
	if len(signing) != ed25519.PublicKeySize {
		return ErrInvalidMessage.Wrapf("the node signing key has %d bytes, not %d", len(signing), ed25519.PublicKeySize)
	}
	if _, err := seal.ParsePublicKey(hpke); err != nil {
		return ErrInvalidMessage.Wrapf("node HPKE key: %v", err)
	}
	return nil
}

func validateEvidence(evidence []byte) error {
	if len(evidence) == 0 || len(evidence) > MaxEvidenceSize {
		return ErrInvalidEvidence.Wrapf("it has %d bytes; it must have 1 to %d", len(evidence), MaxEvidenceSize)
	}
	return nil
}

func validateInfo(endpoint, vaultPeer string) error {
	if !strings.HasPrefix(endpoint, "https://") && !strings.HasPrefix(endpoint, "http://") {
		return ErrInvalidMessage.Wrap("the endpoint must be an http or https URL")
	}
	for _, value := range []string{endpoint, vaultPeer} {
		if value == "" || len(value) > MaxEndpointLength || !isPrintable(value) || strings.Contains(value, " ") {
			return ErrInvalidMessage.Wrapf("endpoint and vault peer must be 1 to %d printable ASCII characters without spaces", MaxEndpointLength)
		}
	}
	return nil
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
