package light

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/cometbft/cometbft/light/provider"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
)

// lagPoll is how often a node that is behind is asked again.
const lagPoll = 50 * time.Millisecond

// headers is a node as a source of headers for CometBFT's light client. CometBFT has one of its own, which panics when a node answers
// without a header, and sleeps without heeding the context.
type headers struct {
	node
	chainID string
	// lag is how long a node may take to learn of a block that another has shown; timeout bounds one request.
	lag, timeout time.Duration
	fault        func(node string, err error)
}

var _ provider.Provider = headers{}

// ChainID implements provider.Provider.
func (h headers) ChainID() string { return h.chainID }

// String names the node.
func (h headers) String() string { return h.address }

// ReportEvidence implements provider.Provider.
func (h headers) ReportEvidence(ctx context.Context, evidence cmttypes.Evidence) error {
	bounded, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	_, err := h.BroadcastEvidence(bounded, evidence)
	return err
}

// LightBlock returns the header and validators of a height, the newest for 0. A node that does not know the height yet is asked again
// for a while: CometBFT's light client would sleep for its clock drift and block lag instead, deaf to the context.
//
// Errors are those that the light client tells apart: provider.ErrNoResponse for a node that may answer later, ErrBadLightBlock for one that
// lies, and the context's.
func (h headers) LightBlock(ctx context.Context, height int64) (*cmttypes.LightBlock, error) {
	patience := time.NewTimer(h.lag)
	defer patience.Stop()
	for {
		block, err := h.ask(ctx, height)
		if err == nil {
			return block, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err() // as it is: the light client compares with ==
		}
		if !errors.Is(err, provider.ErrHeightTooHigh) {
			h.fault(h.address, err)
			if bad := (provider.ErrBadLightBlock{}); errors.As(err, &bad) {
				return nil, bad
			}
			return nil, provider.ErrNoResponse
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience.C:
			return nil, provider.ErrNoResponse
		case <-time.After(lagPoll):
		}
	}
}

// tooHigh is how a node says that it has no block of a height yet (CometBFT, rpc/core/env.go).
var tooHigh = regexp.MustCompile(`must be less than or equal to the current blockchain height`)

// ask asks the node once. What it sends goes through code of CometBFT that panics on some nonsense (validator sets that no chain has).
func (h headers) ask(ctx context.Context, height int64) (block *cmttypes.LightBlock, err error) {
	defer func() {
		if r := recover(); r != nil {
			block, err = nil, bad("what panics: %v", r)
		}
	}()
	bounded, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	var asked *int64
	if height != 0 {
		asked = &height
	}
	answer, err := h.Commit(bounded, asked)
	if err != nil {
		if tooHigh.MatchString(err.Error()) {
			return nil, provider.ErrHeightTooHigh
		}
		return nil, err
	}
	header := &answer.SignedHeader
	if header.Header == nil || header.Commit == nil {
		return nil, bad("no signed header")
	}
	if height != 0 && header.Height != height {
		return nil, bad("a header of height %d instead of %d", header.Height, height)
	}
	validators, err := validatorsOf(bounded, h.HTTP, header.Height)
	if err != nil {
		return nil, err
	}
	block = &cmttypes.LightBlock{SignedHeader: header, ValidatorSet: validators}
	if err := block.ValidateBasic(h.chainID); err != nil {
		return nil, provider.ErrBadLightBlock{Reason: err}
	}
	return block, nil
}

func bad(format string, args ...any) error {
	return provider.ErrBadLightBlock{Reason: fmt.Errorf(format, args...)}
}

// Bounds of a validator set: the chain has at most a hundred or so.
const (
	validatorsPerPage = 100
	maxPages          = 100
)

// validatorsOf asks a node for the validators of a height. Whose turn it is to propose, which no header commits to and nothing here
// uses, is left out: else one witness could stop the light client by lying about it.
func validatorsOf(ctx context.Context, node *cmthttp.HTTP, height int64) (*cmttypes.ValidatorSet, error) {
	var all []*cmttypes.Validator
	seen := map[string]bool{}
	perPage := validatorsPerPage
	for page := 1; page <= maxPages; page++ {
		answer, err := node.Validators(ctx, &height, &page, &perPage)
		if err != nil {
			return nil, err
		}
		if len(answer.Validators) == 0 {
			return nil, bad("a page of no validators")
		}
		for _, validator := range answer.Validators {
			if err := validator.ValidateBasic(); err != nil {
				return nil, provider.ErrBadLightBlock{Reason: err}
			}
			if seen[string(validator.Address)] {
				return nil, bad("a validator twice")
			}
			seen[string(validator.Address)] = true
			validator.ProposerPriority = 0
			all = append(all, validator)
		}
		if len(all) == answer.Total {
			set, err := cmttypes.ValidatorSetFromExistingValidators(all)
			if err != nil {
				return nil, provider.ErrBadLightBlock{Reason: err}
			}
			return set, nil
		}
	}
	return nil, bad("validators without end")
}
