package exchange

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/x/oracle/types"
)

// TrustedOracle is an oracle whose enclave has been verified.
type TrustedOracle struct {
	Address     string
	Endpoint    string
	VaultPeer   string
	Measurement [32]byte
	Version     string // as the oracle says
	Simulated   bool
	Head        Head // that of the state it was judged by
	// VerifiedHeight is that of the last block that the oracle says it knows.
	VerifiedHeight int64

	nodeKey   []byte
	publicKey seal.PublicKey
	api       *oracleAPI
}

// TrustOracle verifies an oracle: its registration by proof, that its enclave's measurement is allowed now, that its evidence proves that
// measurement, and that the evidence binds this chain, this oracle and the very keys that the chain has. Errors: ErrNotFound, ErrOracle,
// ErrSimulated, and those of getting there.
func TrustOracle(ctx context.Context, chain Chain, address string, client *http.Client, allowSimulated bool) (*TrustedOracle, error) {
	record, err := chain.Oracle(ctx, address)
	if err != nil {
		return nil, err
	}
	o := &TrustedOracle{Address: address, Endpoint: record.Oracle.Endpoint, VaultPeer: record.Oracle.VaultPeer, Head: record.Head,
		Simulated: record.Oracle.Attestation.Simulated, nodeKey: record.Oracle.NodeSigningKey}
	if o.Simulated && !allowSimulated {
		return nil, fmt.Errorf("%w: %s", ErrSimulated, address)
	}
	if err := checkRegistration(record); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrOracle, address, err)
	}
	if o.publicKey, err = seal.ParsePublicKey(record.PublicKey); err != nil {
		return nil, fmt.Errorf("%w: the chain's oracle public key: %w", ErrOracle, err)
	}
	if o.api, err = newOracleAPI(o.Endpoint, client); err != nil {
		return nil, err
	}
	status, err := o.api.status(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkStatus(chain.ChainID(), record, status); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrOracle, address, err)
	}
	report, err := verifyEvidence(chain.ChainID(), record, status)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrOracle, address, err)
	}
	o.Measurement, o.Version, o.VerifiedHeight = report.Measurement, printable(status.Version), status.VerifiedHeight
	return o, nil
}

// checkRegistration: approved, attested, and of an enclave that is allowed.
func checkRegistration(r OracleRecord) error {
	if r.Oracle.ApprovedHeight == 0 {
		return fmt.Errorf("it is not approved yet")
	}
	if err := r.Oracle.Attestation.CheckTime(r.Head.Time); err != nil {
		return err
	}
	if r.Oracle.Attestation.Simulated && !(r.AllowSimulated && r.Measurement.Simulated) {
		return types.ErrSimulatedNotAllowed
	}
	if !bytes.Equal(r.Measurement.Measurement, r.Oracle.Attestation.Measurement) {
		return types.ErrMeasurementNotAllowed
	}
	return r.Measurement.CheckAllowed(r.Head.Height, r.Oracle.Attestation.Svn)
}

// checkStatus: it says that it is who the chain says.
func checkStatus(chainID string, r OracleRecord, s *api.StatusResponse) error {
	switch {
	case s.ChainId != chainID:
		return fmt.Errorf("it serves the chain %.50q", s.ChainId)
	case s.Oracle != r.Oracle.Address:
		return fmt.Errorf("its endpoint is that of %.90q", s.Oracle)
	case !bytes.Equal(s.NodeSigningKey, r.Oracle.NodeSigningKey) || !bytes.Equal(s.NodeHpkeKey, r.Oracle.NodeHpkeKey):
		return fmt.Errorf("its node keys are not those on the chain")
	case !bytes.Equal(s.OraclePublicKey, r.PublicKey):
		return fmt.Errorf("its oracle public key is not the chain's")
	}
	return nil
}

// verifyEvidence verifies what the oracle attests with now, by the rules that the chain has for registrations.
func verifyEvidence(chainID string, r OracleRecord, s *api.StatusResponse) (tee.Report, error) {
	evidence, err := tee.ParseEvidence(s.Evidence)
	if err != nil {
		return tee.Report{}, err
	}
	simulated := evidence.Kind() == tee.KindSimulated
	if simulated != r.Oracle.Attestation.Simulated {
		return tee.Report{}, fmt.Errorf("its evidence is %s", evidence.Kind())
	}
	tcb, err := r.Params.QuotePolicy()
	if err != nil {
		return tee.Report{}, err
	}
	allowed := tee.AllowedEnclave{Kind: evidence.Kind(), MinSVN: uint16(r.Measurement.MinimumSvn)}
	copy(allowed.Measurement[:], r.Measurement.Measurement)
	copy(allowed.Signer[:], r.Measurement.Signer)
	policy := tee.Policy{Enclaves: []tee.AllowedEnclave{allowed}, TCB: tcb, AllowSimulated: simulated}
	result, err := tee.Verify(evidence, r.Collateral, r.Head.Time, policy)
	if err != nil {
		return tee.Report{}, err
	}
	address, err := sdk.AccAddressFromBech32(r.Oracle.Address)
	if err != nil {
		return tee.Report{}, err
	}
	binding := tee.Binding{
		ChainID: chainID, OracleAddress: address, SigningKey: r.Oracle.NodeSigningKey, ReceivingKey: r.Oracle.NodeHpkeKey,
		TrustedHeight: uint64(s.TrustedBlock.Height), TrustedHash: s.TrustedBlock.Hash,
	}
	if s.BindsOraclePublicKey {
		binding.OraclePublicKey = r.PublicKey
	}
	return result, result.CheckBinding(binding)
}
