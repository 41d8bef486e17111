package types

import (
	"crypto/ed25519"

	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee/dcap"
)

// DefaultGenesis returns the state of a new chain: default parameters, no measurements, no collateral, no oracles, and no
// simulated enclaves.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Validate checks that the state does not contradict itself. Evidence is not verified again: what was accepted once holds until
// it is judged anew. Errors are ErrInvalidGenesis and ErrInvalidParams.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if len(g.OraclePublicKey) > 0 {
		if _, err := seal.ParsePublicKey(g.OraclePublicKey); err != nil {
			return ErrInvalidGenesis.Wrapf("oracle public key: %v", err)
		}
	}
	keys, err := g.validateNodeKeys()
	if err != nil {
		return err
	}
	for _, check := range []func(map[string]NodeKey) error{
		g.validateMeasurements, g.validateCollateral, g.validateOracles, g.validateEvidence, g.validateApprovals,
		g.validateJudgements, g.validatePowers, g.validateBlocks,
	} {
		if err := check(keys); err != nil {
			return err
		}
	}
	return nil
}

func (g *GenesisState) validateNodeKeys() (map[string]NodeKey, error) {
	keys := make(map[string]NodeKey, len(g.NodeKeys))
	for _, k := range g.NodeKeys {
		if len(k.NodeSigningKey) != ed25519.PublicKeySize {
			return nil, ErrInvalidGenesis.Wrapf("a node key has %d bytes", len(k.NodeSigningKey))
		}
		if _, twice := keys[string(k.NodeSigningKey)]; twice {
			return nil, ErrInvalidGenesis.Wrapf("node key %X stands twice", k.NodeSigningKey)
		}
		if err := validateAddress(k.NodeKey.Oracle); err != nil {
			return nil, ErrInvalidGenesis.Wrapf("node key %X: %v", k.NodeSigningKey, err)
		}
		if k.NodeKey.RegisteredHeight < 0 || k.NodeKey.RetiredHeight < 0 {
			return nil, ErrInvalidGenesis.Wrapf("node key %X has a negative height", k.NodeSigningKey)
		}
		keys[string(k.NodeSigningKey)] = k.NodeKey
	}
	return keys, nil
}

func (g *GenesisState) validateMeasurements(map[string]NodeKey) error {
	seen := make(map[string]bool, len(g.Measurements))
	for _, m := range g.Measurements {
		if err := m.Validate(); err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		if seen[string(m.Measurement)] {
			return ErrInvalidGenesis.Wrapf("measurement %X stands twice", m.Measurement)
		}
		if m.Simulated && !g.AllowSimulatedEnclaves {
			return ErrInvalidGenesis.Wrapf("measurement %X is simulated, which is not allowed", m.Measurement)
		}
		seen[string(m.Measurement)] = true
	}
	return nil
}

func (g *GenesisState) validateCollateral(map[string]NodeKey) error {
	type subject struct {
		kind CollateralKind
		name string
	}
	seen := make(map[subject]bool, len(g.Collateral))
	for _, p := range g.Collateral {
		if p.Kind < COLLATERAL_KIND_ROOT_CRL || p.Kind > COLLATERAL_KIND_QE_IDENTITY {
			return ErrInvalidGenesis.Wrapf("collateral of kind %d", p.Kind)
		}
		if len(p.Bytes) == 0 || len(p.Bytes) > dcap.MaxCollateralSize {
			return ErrInvalidGenesis.Wrapf("%s %.40q has %d bytes", p.Kind, p.Subject, len(p.Bytes))
		}
		id := subject{p.Kind, p.Subject}
		if seen[id] {
			return ErrInvalidGenesis.Wrapf("%s %.40q stands twice", p.Kind, p.Subject)
		}
		seen[id] = true
	}
	return nil
}

// validateOracles checks oracles and registrations, and that exactly the keys in use are not retired.
func (g *GenesisState) validateOracles(keys map[string]NodeKey) error {
	if len(g.Oracles) > MaxOracles {
		return ErrInvalidGenesis.Wrapf("there are %d oracles; at most %d", len(g.Oracles), MaxOracles)
	}
	if len(g.OraclePublicKey) == 0 && len(g.Oracles)+len(g.Registrations) > 0 {
		return ErrInvalidGenesis.Wrap("there are oracles, but no oracle public key")
	}
	used := make(map[string]bool)
	for _, list := range []struct {
		approved bool
		oracles  []Oracle
	}{{true, g.Oracles}, {false, g.Registrations}} {
		seen := make(map[string]bool, len(list.oracles))
		for _, o := range list.oracles {
			if err := g.validateOracle(o, keys, list.approved); err != nil {
				return ErrInvalidGenesis.Wrapf("oracle %.100q: %v", o.Address, err)
			}
			if seen[o.Address] || used[string(o.NodeSigningKey)] {
				return ErrInvalidGenesis.Wrapf("oracle %s or its node key stands twice", o.Address)
			}
			seen[o.Address], used[string(o.NodeSigningKey)] = true, true
		}
	}
	for _, k := range g.NodeKeys {
		if inUse := k.NodeKey.RetiredHeight == 0; inUse != used[string(k.NodeSigningKey)] {
			return ErrInvalidGenesis.Wrapf("node key %X is in use or retired, not both", k.NodeSigningKey)
		}
	}
	return nil
}

func (g *GenesisState) validateOracle(o Oracle, keys map[string]NodeKey, approved bool) error {
	if err := validateAddress(o.Address); err != nil {
		return err
	}
	if err := validateNodeKeys(o.NodeSigningKey, o.NodeHpkeKey); err != nil {
		return err
	}
	if err := validateInfo(o.Endpoint, o.VaultPeer); err != nil {
		return err
	}
	if err := ValidateCommission(o.Commission.CommissionRates); err != nil {
		return err
	}
	key, known := keys[string(o.NodeSigningKey)]
	switch {
	case !known || key.Oracle != o.Address || key.RegisteredHeight != o.RegisteredHeight:
		return ErrInvalidGenesis.Wrap("its node key is not remembered as its own")
	case key.Punished:
		return ErrInvalidGenesis.Wrap("its node key has been punished")
	case len(o.Attestation.Measurement) != MeasurementSize:
		return ErrInvalidGenesis.Wrap("it has no measurement")
	case o.Attestation.Simulated && !g.AllowSimulatedEnclaves:
		return ErrInvalidGenesis.Wrap("its enclave is simulated, which is not allowed")
	case o.Attestation.Simulated != o.Attestation.Platform.IsZero():
		return ErrInvalidGenesis.Wrap("hardware has a platform, and a simulated enclave none")
	case approved != (o.ApprovedHeight > 0):
		return ErrInvalidGenesis.Wrap("only what is approved has the height of its approval")
	}
	return o.Attestation.TrustedBlock.Validate()
}

// validateEvidence checks that exactly the keys in use have evidence.
func (g *GenesisState) validateEvidence(keys map[string]NodeKey) error {
	seen := make(map[string]bool, len(g.Evidence))
	for _, e := range g.Evidence {
		key, known := keys[string(e.NodeSigningKey)]
		if !known || key.RetiredHeight != 0 || seen[string(e.NodeSigningKey)] {
			return ErrInvalidGenesis.Wrapf("evidence for node key %X, which is not in use, or twice", e.NodeSigningKey)
		}
		if err := validateEvidence(e.Evidence); err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		seen[string(e.NodeSigningKey)] = true
	}
	if len(seen) != len(g.Oracles)+len(g.Registrations) {
		return ErrInvalidGenesis.Wrap("an oracle has no evidence")
	}
	return nil
}

func (g *GenesisState) validateApprovals(keys map[string]NodeKey) error {
	seen := make(map[string]bool, len(g.Approvals))
	for _, a := range g.Approvals {
		key, known := keys[string(a.NodeSigningKey)]
		if !known || key.RetiredHeight != 0 {
			return ErrInvalidGenesis.Wrapf("an approval of node key %X, which is not in use", a.NodeSigningKey)
		}
		if err := validateAddress(a.Approval.Approver); err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		id := string(a.NodeSigningKey) + a.Approval.Approver
		switch n := len(a.Approval.SealedSecret); {
		case seen[id]:
			return ErrInvalidGenesis.Wrapf("%s approves %s twice", a.Approval.Approver, key.Oracle)
		case a.Approval.Approver == key.Oracle:
			return ErrInvalidGenesis.Wrapf("%s approves itself", key.Oracle)
		case n == 0 || n > MaxSealedSecretSize:
			return ErrInvalidGenesis.Wrapf("a sealed secret has %d bytes", n)
		}
		seen[id] = true
	}
	return nil
}

func (g *GenesisState) validateJudgements(map[string]NodeKey) error {
	waiting := make(map[string]bool, len(g.Oracles))
	for _, o := range g.Oracles {
		waiting[o.Address] = !o.Attestation.Simulated
	}
	for _, address := range g.Judgements {
		if !waiting[address] {
			return ErrInvalidGenesis.Wrapf("%.100q waits to be judged, and is no oracle on hardware, or waits twice", address)
		}
		waiting[address] = false
	}
	return nil
}

// validatePowers checks that whoever is an oracle, or waits to be, has a present power, and nobody else.
func (g *GenesisState) validatePowers(map[string]NodeKey) error {
	needed := make(map[string]bool)
	for _, o := range append(append([]Oracle{}, g.Oracles...), g.Registrations...) {
		needed[o.Address] = true
	}
	for _, p := range g.Powers {
		if !needed[p.Oracle] || p.Until != 0 || p.Period.Power < 0 {
			return ErrInvalidGenesis.Wrapf("a power of %.100q, who is no oracle, twice, or with an end", p.Oracle)
		}
		delete(needed, p.Oracle)
	}
	if len(needed) != 0 {
		return ErrInvalidGenesis.Wrapf("%d oracles have no power", len(needed))
	}
	type end struct {
		oracle string
		height int64
	}
	seen := make(map[end]bool, len(g.PastPowers))
	for _, p := range g.PastPowers {
		if err := validateAddress(p.Oracle); err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		id := end{p.Oracle, p.Until}
		if p.Until < p.Period.Since || p.Until <= 0 || p.Period.Power < 0 || seen[id] {
			return ErrInvalidGenesis.Wrapf("a past power of %s ends at height %d, before it began, or twice", p.Oracle, p.Until)
		}
		seen[id] = true
	}
	return nil
}

func (g *GenesisState) validateBlocks(map[string]NodeKey) error {
	seen := make(map[int64]bool, len(g.Blocks))
	for _, b := range g.Blocks {
		if err := b.Validate(); err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		if seen[b.Height] {
			return ErrInvalidGenesis.Wrapf("block %d stands twice", b.Height)
		}
		seen[b.Height] = true
	}
	return nil
}
