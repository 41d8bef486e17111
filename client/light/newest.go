package light

import (
	"context"
	"errors"
	"fmt"

	"github.com/medibloc/panacea/client/internal/rpc"
)

// Newest asks a node at an RPC address for its newest block and the id of its chain. Nothing is verified: only the node's word says that it is the
// chain's, so trust it where the node is your own, or after comparing with others. Errors: ErrConfig, ErrUnavailable.
func Newest(ctx context.Context, node string) (chainID string, block TrustedBlock, err error) {
	c, err := rpc.New(node)
	if err != nil {
		return "", block, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	commit, err := c.Commit(ctx, nil)
	if err == nil && commit.Header == nil {
		err = errors.New("it answers without a header")
	}
	if err == nil {
		err = commit.SignedHeader.ValidateBasic(commit.ChainID)
	}
	if err != nil {
		return "", block, fmt.Errorf("%w: asking %s for its newest block: %w", ErrUnavailable, node, err)
	}
	return commit.ChainID, TrustedBlock{Height: commit.Height, Hash: commit.Hash()}, nil
}
