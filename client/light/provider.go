package light

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/light/provider"
	lighthttp "github.com/cometbft/cometbft/light/provider/http"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
)

// lagPoll is how often a node that is behind is asked again.
const lagPoll = 50 * time.Millisecond

// headers is a node as a source of headers for CometBFT's light client.
type headers struct {
	provider.Provider
	address string
	// lag is how long a node may take to learn of a block that another has shown; timeout bounds one request.
	lag, timeout time.Duration
	fault        func(node string, err error)
}

func newHeaders(chainID, address string, node *cmthttp.HTTP, config Config) headers {
	return headers{
		Provider: lighthttp.NewWithClient(chainID, node), address: address,
		lag: config.WitnessLag, timeout: config.Timeout, fault: config.OnFault,
	}
}

// String names the node without credentials that its address may contain.
func (h headers) String() string { return h.Provider.(fmt.Stringer).String() }

// LightBlock returns the header and validators of a height, the newest for 0. A node that does not know the height yet is asked again
// for a while: CometBFT's light client would sleep for its clock drift and block lag instead, deaf to the context.
func (h headers) LightBlock(ctx context.Context, height int64) (*cmttypes.LightBlock, error) {
	patience := time.NewTimer(h.lag)
	defer patience.Stop()
	for {
		block, err := h.ask(ctx, height)
		if err == nil {
			return withoutPriorities(block), nil
		}
		if !errors.Is(err, provider.ErrHeightTooHigh) {
			h.fault(h.address, err)
			return nil, err
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

func (h headers) ask(ctx context.Context, height int64) (*cmttypes.LightBlock, error) {
	bounded, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	block, err := h.Provider.LightBlock(bounded, height)
	switch {
	case err == nil:
		return block, nil
	case ctx.Err() != nil:
		return nil, ctx.Err() // as it is: the light client compares with ==
	case bounded.Err() != nil:
		return nil, provider.ErrNoResponse
	}
	return nil, err
}

// withoutPriorities replaces whose turn it is to propose, which no header commits to and nothing here uses: else one witness could
// stop the light client by lying about it.
func withoutPriorities(block *cmttypes.LightBlock) *cmttypes.LightBlock {
	for _, validator := range block.ValidatorSet.Validators {
		validator.ProposerPriority = 0
	}
	set := *block.ValidatorSet
	set.Proposer = set.Validators[0]
	return &cmttypes.LightBlock{SignedHeader: block.SignedHeader, ValidatorSet: &set}
}
