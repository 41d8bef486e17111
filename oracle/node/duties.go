package node

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"time"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/seal"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// judgeAgain is for how many blocks a newcomer whose evidence did not hold is left alone: parameters and collateral may be others by then.
	judgeAgain = 100
	// renewalPause is the pause after a renewal that failed: quotes take an enclave's time, and what the chain refuses costs fees.
	renewalPause = time.Minute
)

// follow does, at each look at the chain, what the oracle owes it, until the context ends. An enclave that was rolled back, or that runs
// twice, must not go on: the error is ErrRolledBack.
func (n *Node) follow(ctx context.Context) error {
	tick := time.NewTicker(time.Duration(n.Config.Chain.PollInterval))
	defer tick.Stop()
	for {
		standing, s, err := n.lookAgain(ctx)
		n.tell(ctx, "reading the chain", err)
		if errors.Is(err, ErrRolledBack) {
			return err
		}
		if err == nil && standing.Approved() {
			n.act(ctx, standing, s)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (n *Node) lookAgain(ctx context.Context) (Standing, *light.Snapshot, error) {
	s, err := n.light.Latest(ctx)
	if err != nil {
		return Standing{}, nil, err
	}
	standing, err := n.look(ctx, s)
	return standing, s, err
}

// act does what an approved oracle owes the chain.
func (n *Node) act(ctx context.Context, standing Standing, s *light.Snapshot) {
	if n.secrets.Load() == nil {
		n.tell(ctx, "obtaining the oracle secret", n.findSecret(ctx, s, standing))
	}
	if time.Since(n.renewalFailed) >= renewalPause {
		err := n.renew(ctx, s, standing.Oracle)
		if err != nil {
			n.renewalFailed = time.Now()
		}
		n.tell(ctx, "renewing the attestation", err)
	}
	n.tell(ctx, "telling the chain where this oracle is reached", n.updateInfo(ctx, s, standing.Oracle))
	if secrets := n.secrets.Load(); secrets != nil && standing.State == Active {
		n.tell(ctx, "approving newcomers", n.approveAll(ctx, s, secrets.oracle))
	}
}

// findSecret takes the oracle secret from the sealed state, as the first oracle's is, or else from an approver.
func (n *Node) findSecret(ctx context.Context, s *light.Snapshot, standing Standing) error {
	if err := n.loadSecret(ctx, s, standing); err != nil || n.secrets.Load() != nil {
		return err
	}
	return n.obtainSecret(ctx, s)
}

// tell logs a duty's error when it is another than last time, and that it is over.
func (n *Node) tell(ctx context.Context, duty string, err error) {
	if ctx.Err() != nil {
		return
	}
	text := ""
	if err != nil {
		text = err.Error()
		n.metrics.failed(duty)
	}
	if n.told[duty] == text {
		return
	}
	n.told[duty] = text
	if err != nil {
		n.log.Error("failed "+duty+"; it is tried again", "error", err)
	} else {
		n.log.Info("succeeded again: " + duty)
	}
}

// approveAll looks at each registration that waits.
func (n *Node) approveAll(ctx context.Context, s *light.Snapshot, secret *seal.OracleSecret) error {
	answer, err := s.Oracles().Oracles(ctx, &oracletypes.QueryOraclesRequest{Status: oracletypes.ORACLE_STATUS_PENDING})
	if err != nil {
		return err
	}
	maps.DeleteFunc(n.refused, func(_ string, at int64) bool { return s.Height()-at >= judgeAgain })
	var errs []error
	for _, pending := range answer.Oracles {
		if err := n.approve(ctx, s, secret, pending.Oracle); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// approve verifies a newcomer and, if all of it holds, seals the oracle secret to it. One that does not hold is left alone for judgeAgain.
func (n *Node) approve(ctx context.Context, s *light.Snapshot, secret *seal.OracleSecret, newcomer oracletypes.Oracle) error {
	if _, refused := n.refused[string(newcomer.NodeSigningKey)]; refused || newcomer.Address == n.identity.Operator {
		return nil
	}
	if _, done, err := s.Approval(ctx, newcomer.NodeSigningKey, n.Address()); err != nil || done {
		return err
	}
	log := n.log.With("newcomer", newcomer.Address)
	judgement, err := VerifyEvidence(ctx, n.light, s, newcomer)
	if errors.Is(err, ErrEvidence) {
		n.refused[string(newcomer.NodeSigningKey)] = s.Height()
		n.metrics.newcomers.WithLabelValues("refused").Inc()
		log.Warn("a newcomer is not approved", "reason", err)
		return nil
	}
	if err != nil {
		return err
	}
	message, err := n.approval(newcomer, secret, judgement.Report.Measurement)
	if err != nil {
		return err
	}
	if _, err := n.speak(ctx, s, draft{message, &message.Sender, &message.Sequence, &message.Signature}); err != nil {
		if errors.Is(err, oracletypes.ErrAlreadyApproved) || errors.Is(err, oracletypes.ErrNotPending) {
			return nil // the snapshot was behind, or others were enough
		}
		return err
	}
	n.metrics.newcomers.WithLabelValues("approved").Inc()
	log.Info("a newcomer is approved", "measurement", hex.EncodeToString(judgement.Report.Measurement[:]), "kind", judgement.Report.Kind)
	return nil
}

// approval seals the oracle secret to a newcomer whose evidence has been verified.
func (n *Node) approval(newcomer oracletypes.Oracle, secret *seal.OracleSecret, measurement [32]byte) (*oracletypes.MsgApproveOracle, error) {
	address, err := sdk.AccAddressFromBech32(newcomer.Address)
	if err != nil {
		return nil, err
	}
	receiving, err := seal.ParsePublicKey(newcomer.NodeHpkeKey)
	if err != nil {
		return nil, err
	}
	sealed, err := seal.SealOracleSecret(secret, receiving, seal.Handshake{ChainID: n.identity.ChainID, Target: address, Measurement: measurement})
	if err != nil {
		return nil, err
	}
	return &oracletypes.MsgApproveOracle{
		Approver: n.identity.Operator, Target: newcomer.Address, TargetNodeSigningKey: newcomer.NodeSigningKey,
		TargetMeasurement: measurement[:], SealedSecret: sealed,
	}, nil
}

// renew replaces the attestation by a fresh one when it is due: some time before its end, or after a judgement that failed.
func (n *Node) renew(ctx context.Context, s *light.Snapshot, o oracletypes.Oracle) error {
	if !renewalDue(o.Attestation, s.Time(), time.Duration(n.Config.Enclave.RenewBefore)) {
		return nil
	}
	a, err := n.attest(s, nil)
	if err != nil {
		return err
	}
	message := &oracletypes.MsgRenewAttestation{
		Oracle: n.identity.Operator, TrustedBlock: oracletypes.TrustedBlock{Height: a.TrustedHeight, Hash: a.TrustedHash}, Evidence: a.Evidence,
	}
	result, err := n.speak(ctx, s, draft{message, &message.Sender, &message.Sequence, &message.Signature})
	if err != nil {
		return err
	}
	n.log.Info("the attestation is renewed", "height", result.Height)
	if err := n.keepAttestation(ctx, a); err != nil {
		return err
	}
	return n.catchUp(ctx, result.Height)
}

func renewalDue(a oracletypes.Attestation, now time.Time, before time.Duration) bool {
	if before == 0 {
		before = a.ExpiresAt.Sub(a.AttestedAt) / 3
	}
	return a.Failure != nil || a.ExpiresAt.Sub(now) < before
}

// updateInfo tells the chain where the oracle is reached, if that is not what it says.
func (n *Node) updateInfo(ctx context.Context, s *light.Snapshot, o oracletypes.Oracle) error {
	at := n.addresses.Load()
	if at == nil || o.Endpoint == at.Endpoint && o.VaultPeer == at.VaultPeer {
		return nil
	}
	message := &oracletypes.MsgUpdateOracleInfo{Oracle: n.identity.Operator, Endpoint: at.Endpoint, VaultPeer: at.VaultPeer}
	result, err := n.speak(ctx, s, draft{message, &message.Sender, &message.Sequence, &message.Signature})
	if err != nil {
		return err
	}
	n.log.Info("the chain knows where this oracle is reached", "endpoint", at.Endpoint, "vault_peer", at.VaultPeer)
	return n.catchUp(ctx, result.Height)
}

// catchUp waits for the light client to see what a block has left, so that the next look does not do again what was done.
func (n *Node) catchUp(ctx context.Context, height int64) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	_, err := n.light.Since(ctx, height)
	return err
}

// UpdateInfo tells the chain where the oracle is reached, as the configuration has it. Empty values stand for what the chain says now.
func (n *Node) UpdateInfo(ctx context.Context, endpoint, vaultPeer string) error {
	s, err := n.light.Latest(ctx)
	if err != nil {
		return err
	}
	o := n.view.Load().Oracle
	if endpoint == "" {
		endpoint = o.Endpoint
	}
	if vaultPeer == "" {
		vaultPeer = o.VaultPeer
	}
	n.addresses.Store(&Addresses{Endpoint: endpoint, VaultPeer: vaultPeer})
	return n.updateInfo(ctx, s, o)
}

// UpdateCommission changes the oracle's commission rate, which the chain allows once a day.
func (n *Node) UpdateCommission(ctx context.Context, rate math.LegacyDec) error {
	s, err := n.light.Latest(ctx)
	if err != nil {
		return err
	}
	message := &oracletypes.MsgUpdateOracleCommission{Oracle: n.identity.Operator, Rate: rate}
	_, err = n.speak(ctx, s, draft{message, &message.Sender, &message.Sequence, &message.Signature})
	return err
}
