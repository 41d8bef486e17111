package node

import (
	"bytes"
	"context"
	"errors"

	"github.com/medibloc/panacea/client/light"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// State is what an enclave is to the chain.
type State string

// States of an enclave.
const (
	// Unregistered is one whose node key the chain does not know.
	Unregistered State = "unregistered"
	// Waiting is one whose registration waits for approval.
	Waiting State = "waiting"
	// Active is one that may vouch.
	Active State = "active"
	// Inactive is an approved one that may not vouch now.
	Inactive State = "inactive"
	// Retired is one whose node key is no oracle's any more, and never will be.
	Retired State = "retired"
)

// Standing is what a snapshot of the chain says of an enclave.
type Standing struct {
	State State
	// Reason says why an enclave is not active.
	Reason string
	// Oracle is unset if the chain has neither oracle nor registration of the node key.
	Oracle oracletypes.Oracle
	// Sequence is the number of the next message that the node key signs.
	Sequence uint64
}

// Approved says whether the enclave is an oracle's, active or not.
func (s Standing) Approved() bool { return s.State == Active || s.State == Inactive }

// StandingOf reads what the chain says of the enclave of a node key at an oracle's address.
func StandingOf(ctx context.Context, s *light.Snapshot, address sdk.AccAddress, nodeKey []byte) (Standing, error) {
	key, known, err := s.NodeKey(ctx, nodeKey)
	if err != nil {
		return Standing{}, err
	}
	switch {
	case !known:
		return Standing{State: Unregistered, Reason: "not registered"}, nil
	case key.RetiredHeight != 0:
		return Standing{State: Retired, Reason: "its registration has ended: register anew", Sequence: key.Sequence}, nil
	}
	oracle, err := s.Oracle(ctx, address)
	if err == nil && bytes.Equal(oracle.NodeSigningKey, nodeKey) {
		return activity(ctx, s, address, Standing{Oracle: oracle, Sequence: key.Sequence})
	}
	if err != nil && !errors.Is(err, oracletypes.ErrOracleNotFound) {
		return Standing{}, err
	}
	registration, err := s.Registration(ctx, address)
	if err == nil && bytes.Equal(registration.NodeSigningKey, nodeKey) {
		return Standing{State: Waiting, Reason: "waits for the approval of other oracles", Oracle: registration, Sequence: key.Sequence}, nil
	}
	if err != nil && !errors.Is(err, oracletypes.ErrOracleNotFound) {
		return Standing{}, err
	}
	return Standing{State: Retired, Reason: "its node key is registered for another address: register anew", Sequence: key.Sequence}, nil
}

// activity says whether an approved oracle may vouch now, by the chain's own rule.
func activity(ctx context.Context, s *light.Snapshot, address sdk.AccAddress, standing Standing) (Standing, error) {
	_, err := s.ActiveOracle(ctx, address)
	switch {
	case err == nil:
		standing.State = Active
	case oracletypes.IsInactivity(err):
		standing.State, standing.Reason = Inactive, err.Error()
	default:
		return Standing{}, err
	}
	return standing, nil
}
