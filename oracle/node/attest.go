package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// attestation is what the enclave attests with.
type attestation struct {
	Evidence        []byte `json:"evidence"`
	TrustedHeight   int64  `json:"trusted_height"`
	TrustedHash     []byte `json:"trusted_hash"`
	OraclePublicKey []byte `json:"oracle_public_key,omitempty"` // if it is bound, as the first oracle's is
}

// attest makes fresh evidence that names the newest block that the light client has verified.
func (h *Home) attest(s *light.Snapshot, oraclePublicKey []byte) (attestation, error) {
	header := s.Header()
	a := attestation{TrustedHeight: header.Height, TrustedHash: header.Hash(), OraclePublicKey: oraclePublicKey}
	evidence, err := h.enclave.Attest(tee.Binding{
		ChainID: h.identity.ChainID, OracleAddress: h.Address(), SigningKey: h.keys.signingPublic(), ReceivingKey: h.keys.receivingPublic(),
		OraclePublicKey: oraclePublicKey, TrustedHeight: uint64(a.TrustedHeight), TrustedHash: a.TrustedHash,
	}.ReportData())
	if err != nil {
		return attestation{}, err
	}
	a.Evidence = tee.MarshalEvidence(evidence)
	return a, nil
}

// keepAttestation remembers what is shown to whoever asks for the oracle's status.
func (h *Home) keepAttestation(ctx context.Context, a attestation) error {
	change, err := state.PutJSON(spaceNode, nameAttestation, a)
	if err != nil {
		return err
	}
	return h.state.Update(ctx, change)
}

// Judgement is what verifying an oracle's evidence found.
type Judgement struct {
	Report tee.Report
	// Platform is empty for a simulated enclave.
	Platform oracletypes.Platform
}

// ErrEvidence says that an oracle's evidence does not hold.
var ErrEvidence = errors.New("the evidence does not hold")

// VerifyEvidence verifies the evidence of an oracle or a registration once more, as the chain did: against the proven parameters,
// measurements and collateral of a snapshot, at its time, and compares the block that it names with the light client's own. Errors:
// ErrEvidence, and those of the light client.
func VerifyEvidence(ctx context.Context, client *light.Client, s *light.Snapshot, o oracletypes.Oracle) (Judgement, error) {
	raw, found, err := s.Evidence(ctx, o.NodeSigningKey)
	if err != nil {
		return Judgement{}, err
	}
	if !found {
		return Judgement{}, fmt.Errorf("%w: the chain has none for its node key", ErrEvidence)
	}
	evidence, err := tee.ParseEvidence(raw)
	if err != nil {
		return Judgement{}, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	j := Judgement{}
	policy, err := evidencePolicy(ctx, s, o, evidence.Kind())
	if err != nil {
		return j, err
	}
	collateral, err := j.collateral(ctx, s, evidence)
	if err != nil {
		return j, err
	}
	if j.Report, err = tee.Verify(evidence, collateral, s.Time(), policy); err != nil {
		return j, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	return j, checkBinding(ctx, client, s, o, j.Report)
}

// evidencePolicy accepts the one measurement that the chain has for the oracle, if it is allowed at the snapshot's height.
func evidencePolicy(ctx context.Context, s *light.Snapshot, o oracletypes.Oracle, kind tee.Kind) (tee.Policy, error) {
	measurement, found, err := s.Measurement(ctx, o.Attestation.Measurement)
	if err != nil {
		return tee.Policy{}, err
	}
	simulated := kind == tee.KindSimulated
	if !found || measurement.Simulated != simulated || len(measurement.Measurement) != 32 {
		return tee.Policy{}, fmt.Errorf("%w: the chain does not allow the %s enclave %X", ErrEvidence, kind, o.Attestation.Measurement)
	}
	if err := measurement.CheckAllowed(s.Header().Height, o.Attestation.Svn); err != nil {
		return tee.Policy{}, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	if simulated {
		allowed, err := s.SimulatedEnclavesAllowed(ctx)
		if err != nil {
			return tee.Policy{}, err
		}
		if !allowed {
			return tee.Policy{}, fmt.Errorf("%w: this chain takes no simulated enclaves", ErrEvidence)
		}
	}
	params, err := s.OracleParams(ctx)
	if err != nil {
		return tee.Policy{}, err
	}
	tcb, err := params.QuotePolicy()
	if err != nil {
		return tee.Policy{}, err
	}
	enclave := tee.AllowedEnclave{Kind: kind, Measurement: [32]byte(measurement.Measurement), MinSVN: uint16(measurement.MinimumSvn)}
	copy(enclave.Signer[:], measurement.Signer)
	return tee.Policy{Enclaves: []tee.AllowedEnclave{enclave}, TCB: tcb, AllowSimulated: simulated}, nil
}

// collateral returns the chain's collateral for the evidence's platform, verified under the chain's roots; none for a simulated enclave.
func (j *Judgement) collateral(ctx context.Context, s *light.Snapshot, evidence tee.Evidence) (*dcap.VerifiedCollateral, error) {
	hardware, ok := evidence.(tee.SGX)
	if !ok {
		return nil, nil
	}
	quote, err := dcap.ParseQuote(hardware.Quote)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	j.Platform = platformOf(quote)
	return chainCollateral(ctx, s, j.Platform)
}

func platformOf(quote *dcap.Quote) oracletypes.Platform {
	return oracletypes.Platform{TcbInfo: oracletypes.TCBInfoSubject(quote.PCK.FMSPC, quote.PCK.PCEID), Ca: quote.PCK.CA.String()}
}

// chainCollateral returns the chain's collateral for a platform, verified under the chain's roots.
func chainCollateral(ctx context.Context, s *light.Snapshot, platform oracletypes.Platform) (*dcap.VerifiedCollateral, error) {
	answer, err := s.Oracles().Collateral(ctx, &oracletypes.QueryCollateralRequest{TcbInfo: platform.TcbInfo, Ca: platform.Ca})
	if err != nil {
		return nil, err
	}
	collateral, err := dcap.UnmarshalCollateral(answer.Collateral)
	if err != nil {
		return nil, fmt.Errorf("%w: the chain's collateral: %w", ErrEvidence, err)
	}
	return verifyUnderRoots(ctx, s, collateral)
}

// verifyUnderRoots verifies collateral under whichever of the chain's trusted roots it names.
func verifyUnderRoots(ctx context.Context, s *light.Snapshot, collateral *dcap.Collateral) (*dcap.VerifiedCollateral, error) {
	params, err := s.OracleParams(ctx)
	if err != nil {
		return nil, err
	}
	roots, err := params.Roots()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, root := range roots {
		verified, err := collateral.Verify(root)
		if err == nil {
			return verified, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("%w: the collateral: %w", ErrEvidence, errors.Join(errs...))
}

// checkBinding checks that the enclave said what the chain has of the oracle, and that the block that it names is on this chain. The
// first oracle's evidence may still name the oracle public key.
func checkBinding(ctx context.Context, client *light.Client, s *light.Snapshot, o oracletypes.Oracle, report tee.Report) error {
	address, err := sdk.AccAddressFromBech32(o.Address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	trusted := o.Attestation.TrustedBlock
	binding := tee.Binding{
		ChainID: s.Header().ChainID, OracleAddress: address, SigningKey: o.NodeSigningKey, ReceivingKey: o.NodeHpkeKey,
		TrustedHeight: uint64(trusted.Height), TrustedHash: trusted.Hash,
	}
	if err := report.CheckBinding(binding); err != nil {
		key, keyErr := s.OraclePublicKey(ctx)
		if keyErr != nil {
			return keyErr
		}
		binding.OraclePublicKey = key
		if report.CheckBinding(binding) != nil {
			return fmt.Errorf("%w: %w", ErrEvidence, err)
		}
	}
	block, err := client.Header(ctx, trusted.Height)
	if err != nil {
		return fmt.Errorf("comparing the trusted block of height %d: %w", trusted.Height, err)
	}
	if string(block.Hash()) != string(trusted.Hash) {
		return fmt.Errorf("%w: it names the block %X of height %d, and this chain has %X", ErrEvidence, trusted.Hash, trusted.Height, block.Hash())
	}
	return nil
}

// lastAttestation returns what the enclave was registered with, or renewed last; the zero value if it never was.
func (h *Home) lastAttestation(ctx context.Context) (attestation, error) {
	a, err := state.GetJSON[attestation](ctx, h.state, spaceNode, nameAttestation)
	if errors.Is(err, state.ErrNotFound) {
		return attestation{}, nil
	}
	return a, err
}
