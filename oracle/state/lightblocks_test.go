package state_test

import (
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/light/store"
	lightdb "github.com/cometbft/cometbft/light/store/db"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
	"github.com/stretchr/testify/require"
)

func lightBlock(height int64) *types.LightBlock {
	validators := types.NewValidatorSet([]*types.Validator{types.NewValidator(ed25519.GenPrivKeyFromSecret([]byte("v")).PubKey(), 10)})
	header := types.Header{
		ChainID: "chain", Height: height, Time: time.Unix(1_700_000_000+height, 0).UTC(), Version: cmtversion.Consensus{Block: version.BlockProtocol},
		ValidatorsHash: validators.Hash(), NextValidatorsHash: validators.Hash(), ProposerAddress: validators.Proposer.Address,
	}
	return &types.LightBlock{
		SignedHeader: &types.SignedHeader{Header: &header, Commit: &types.Commit{Height: height, BlockID: types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: header.Hash()}}, Signatures: []types.CommitSig{types.NewCommitSigAbsent()}}},
		ValidatorSet: validators,
	}
}

// CometBFT's own store, in memory, says what a store of light blocks does.
func TestLightBlocksAreKeptAsCometBFTKeepsThem(t *testing.T) {
	h := newHome(t)
	s := h.open(t)
	sealed, err := s.LightBlocks(t.Context())
	require.NoError(t, err)
	model := lightdb.New(dbm.NewMemDB(), "model")
	agree := func(sealed store.Store) {
		t.Helper()
		require.Equal(t, model.Size(), sealed.Size())
		for _, of := range []func(store.Store) (int64, error){store.Store.FirstLightBlockHeight, store.Store.LastLightBlockHeight} {
			want, err := of(model)
			require.NoError(t, err)
			got, err := of(sealed)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		for height := int64(1); height < 12; height++ {
			for _, of := range []func(store.Store, int64) (*types.LightBlock, error){store.Store.LightBlock, store.Store.LightBlockBefore} {
				want, wantErr := of(model, height)
				got, err := of(sealed, height)
				require.ErrorIs(t, err, wantErr)
				if wantErr == nil {
					require.Equal(t, want.Hash(), got.Hash())
				}
			}
		}
	}
	agree(sealed)
	for _, height := range []int64{3, 10, 5, 7} {
		for _, each := range []store.Store{model, sealed} {
			require.NoError(t, each.SaveLightBlock(lightBlock(height)))
		}
		agree(sealed)
	}
	for _, each := range []store.Store{model, sealed} {
		require.NoError(t, each.DeleteLightBlock(5))
		require.NoError(t, each.Prune(2))
		require.NoError(t, each.Prune(9))
	}
	agree(sealed)
	require.NoError(t, s.Close())

	s = h.open(t)
	defer s.Close()
	again, err := s.LightBlocks(t.Context())
	require.NoError(t, err)
	agree(again)
}
