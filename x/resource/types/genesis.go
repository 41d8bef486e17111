package types

import (
	"cmp"
	"slices"
	"time"
)

// DefaultGenesis returns the state of a new chain: no resources, default parameters.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Validate checks that the state does not contradict itself. Errors are ErrInvalidGenesis and ErrInvalidParams.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	for i, r := range g.Resources {
		if err := r.validate(); err != nil {
			return ErrInvalidGenesis.Wrapf("resource %d: %v", i, err)
		}
		if i > 0 && compareKeys(g.Resources[i-1].Metadata, r.Metadata) >= 0 {
			return ErrInvalidGenesis.Wrapf("%s is not in order, or stands twice", r.Metadata.URL())
		}
	}
	for _, series := range g.series() {
		if err := validateSeries(series); err != nil {
			return err
		}
	}
	return nil
}

func compareKeys(a, b Metadata) int {
	return cmp.Or(cmp.Compare(a.CollectionId, b.CollectionId), cmp.Compare(a.Id, b.Id))
}

// validate checks a version on its own.
func (r GenesisResource) validate() error {
	m := r.Metadata
	if _, err := CollectionOf(m.DID()); err != nil {
		return err
	}
	if err := validateFields(m.Id, m.Name, m.ResourceType, m.Version, m.MediaType); err != nil {
		return err
	}
	if err := validateSize(len(r.Data), MaxDataBytes); err != nil {
		return err
	}
	switch {
	case int(m.DataSize) != len(r.Data) || m.Checksum != Checksum(r.Data):
		return ErrInvalidGenesis.Wrapf("%s: the bytes are not those that its checksum and size say", m.URL())
	case m.Height < 0 || m.Created.Unix() <= (time.Time{}).Unix():
		return ErrInvalidGenesis.Wrapf("%s was published at no time", m.URL())
	case len(m.VerificationMethodId) > MaxVerificationMethodIDLength:
		return ErrInvalidGenesis.Wrapf("%s: the id of its verification method is too long", m.URL())
	}
	return nil
}

// series returns the versions by series, each from the first on, in the order of collection, name and type.
func (g *GenesisState) series() [][]Metadata {
	all := make([]Metadata, len(g.Resources))
	for i, r := range g.Resources {
		all[i] = r.Metadata
	}
	slices.SortFunc(all, func(a, b Metadata) int {
		return cmp.Or(cmp.Compare(a.CollectionId, b.CollectionId), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.ResourceType, b.ResourceType), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Id, b.Id))
	})
	var series [][]Metadata
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].SameSeries(all[0]) {
			n++
		}
		series = append(series, all[:n])
		all = all[n:]
	}
	return series
}

// validateSeries checks that the versions of a series are numbered from 1 without a gap, linked to their neighbours, in the order
// of time, and that no label stands twice.
func validateSeries(versions []Metadata) error {
	labels := make(map[string]bool, len(versions))
	for i, m := range versions {
		var previous, next string
		if i > 0 {
			previous = versions[i-1].Id
		}
		if i+1 < len(versions) {
			next = versions[i+1].Id
		}
		switch {
		case m.Number != uint64(i)+1:
			return ErrInvalidGenesis.Wrapf("%s is version %d of its series, not %d", m.URL(), i+1, m.Number)
		case m.PreviousVersionId != previous || m.NextVersionId != next:
			return ErrInvalidGenesis.Wrapf("%s is linked to %.40q and %.40q, not to %q and %q", m.URL(), m.PreviousVersionId, m.NextVersionId, previous, next)
		case i > 0 && (m.Created.Before(versions[i-1].Created) || m.Height < versions[i-1].Height):
			return ErrInvalidGenesis.Wrapf("%s is older than the version before it", m.URL())
		case labels[m.Version]:
			return ErrInvalidGenesis.Wrapf("the version label of %s stands twice in its series", m.URL())
		}
		labels[m.Version] = m.Version != ""
	}
	return nil
}
