package types

import (
	"maps"
	"slices"
)

// DefaultGenesis returns the state of a new chain: no DIDs, default parameters.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// EffectiveParams returns the parameters, or the default ones if the state has none, as mainnet's has not.
func (g *GenesisState) EffectiveParams() Params {
	if g.Params == (Params{}) {
		return DefaultParams()
	}
	return g.Params
}

// DIDs lists the state's DIDs in order.
func (g *GenesisState) DIDs() []string { return slices.Sorted(maps.Keys(g.Documents)) }

// Records returns what the chain keeps of each DID. A document without metadata is one of mainnet's: its version id is its
// sequence, its times are unknown.
func (g *GenesisState) Records() map[string]Record {
	records := make(map[string]Record, len(g.Documents))
	for id, current := range g.Documents {
		record := Record{Current: *current, Metadata: VersionMetadata{VersionId: current.Sequence, Deactivated: current.Document.IsEmpty()}}
		if record.Current.Document == nil {
			record.Current.Document = &DIDDocument{}
		}
		records[id] = record
	}
	for _, m := range g.Metadata {
		record := records[m.Did]
		record.Metadata, record.Created = m.Metadata, m.Created
		records[m.Did] = record
	}
	return records
}

// Validate checks that the state does not contradict itself. Documents are not checked beyond their id: what was accepted
// once, here or on mainnet, stays. Errors are ErrInvalidGenesis and ErrInvalidParams.
func (g *GenesisState) Validate() error {
	for _, check := range []func() error{g.EffectiveParams().Validate, g.validateDocuments, g.validateMetadata, g.validateHistory, g.validateAccounts} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (g *GenesisState) validateDocuments() error {
	for _, id := range g.DIDs() {
		if err := ValidateDID(id); err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		current := g.Documents[id]
		if current == nil {
			return ErrInvalidGenesis.Wrapf("%s has no entry", id)
		}
		if !current.Document.IsEmpty() && current.Document.Id != id {
			return ErrInvalidGenesis.Wrapf("the document of %s has the id %.100q", id, current.Document.Id)
		}
	}
	return nil
}

func (g *GenesisState) validateMetadata() error {
	previous := ""
	for _, m := range g.Metadata {
		current, ok := g.Documents[m.Did]
		switch {
		case !ok:
			return ErrInvalidGenesis.Wrapf("metadata of %.100q, which has no document", m.Did)
		case m.Did <= previous:
			return ErrInvalidGenesis.Wrapf("metadata of %s is not in order, or stands twice", m.Did)
		case m.Metadata.VersionId != current.Sequence:
			return ErrInvalidGenesis.Wrapf("%s is at sequence %d, its metadata at version %d", m.Did, current.Sequence, m.Metadata.VersionId)
		case m.Metadata.Deactivated != current.Document.IsEmpty():
			return ErrInvalidGenesis.Wrapf("metadata and document of %s disagree on its deactivation", m.Did)
		case m.Created != nil && (m.Metadata.Time == nil || m.Metadata.Time.Before(*m.Created)):
			return ErrInvalidGenesis.Wrapf("the current version of %s is older than its first", m.Did)
		}
		previous = m.Did
	}
	return nil
}

// validateHistory checks that each DID's earlier versions are in order, without a gap up to the current one, and from the
// first if the chain knows when the DID was created.
func (g *GenesisState) validateHistory() error {
	records := g.Records()
	counts := make(map[string]uint64, len(records))
	for i, h := range g.History {
		record, ok := records[h.Did]
		if !ok {
			return ErrInvalidGenesis.Wrapf("history of %.100q, which has no document", h.Did)
		}
		if h.Version.Document.IsEmpty() || h.Version.Document.Id != h.Did || h.Version.Metadata.Deactivated {
			return ErrInvalidGenesis.Wrapf("version %d of %s is deactivated, or not its document", h.Version.Metadata.VersionId, h.Did)
		}
		next := VersionMetadata{VersionId: record.Current.Sequence, Time: record.Metadata.Time}
		if last := i+1 == len(g.History) || g.History[i+1].Did != h.Did; !last {
			next = g.History[i+1].Version.Metadata
		} else if i+1 < len(g.History) && g.History[i+1].Did < h.Did {
			return ErrInvalidGenesis.Wrapf("the history of %s is not in order", g.History[i+1].Did)
		}
		if h.Version.Metadata.VersionId+1 != next.VersionId {
			return ErrInvalidGenesis.Wrapf("version %d of %s is followed by %d", h.Version.Metadata.VersionId, h.Did, next.VersionId)
		}
		if !h.Version.Metadata.precedes(next) {
			return ErrInvalidGenesis.Wrapf("version %d of %s is younger than the next", h.Version.Metadata.VersionId, h.Did)
		}
		counts[h.Did]++
	}
	for _, id := range g.DIDs() {
		if record := records[id]; record.Created != nil && counts[id] != record.Current.Sequence {
			return ErrInvalidGenesis.Wrapf("%s is at version %d and has %d earlier ones", id, record.Current.Sequence, counts[id])
		}
	}
	return nil
}

// precedes says whether m may come before next in time.
func (m VersionMetadata) precedes(next VersionMetadata) bool {
	return m.Time == nil || next.Time != nil && !next.Time.Before(*m.Time)
}

func (g *GenesisState) validateAccounts() error {
	seen := make(map[string]bool, len(g.Accounts))
	for _, a := range g.Accounts {
		if _, ok := g.Documents[a.Did]; !ok {
			return ErrInvalidGenesis.Wrapf("account %.100q paid for %.100q, which has no document", a.Address, a.Did)
		}
		if seen[a.Did] {
			return ErrInvalidGenesis.Wrapf("two accounts paid for the creation of %s", a.Did)
		}
		seen[a.Did] = true
	}
	return nil
}
