package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/x/oracle/types"
)

// collateral puts the chain's newest pieces for a platform together and verifies their signatures. Errors:
// ErrCollateralNotFound; otherwise those of package dcap, not registered, for judge to tell apart.
func (k Keeper) collateral(ctx context.Context, params types.Params, platform types.Platform) (*dcap.VerifiedCollateral, error) {
	pieces := [][]byte{}
	for _, key := range []collections.Pair[int32, string]{
		pieceKey(types.COLLATERAL_KIND_ROOT_CRL, ""),
		pieceKey(types.COLLATERAL_KIND_PCK_CRL, platform.Ca),
		pieceKey(types.COLLATERAL_KIND_TCB_INFO, platform.TcbInfo),
		pieceKey(types.COLLATERAL_KIND_QE_IDENTITY, ""),
	} {
		piece, err := k.Collateral.Get(ctx, key)
		if errors.Is(err, collections.ErrNotFound) {
			return nil, types.ErrCollateralNotFound.Wrapf("%s %s", types.CollateralKind(key.K1()), key.K2())
		}
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece.Bytes)
	}
	return verifyUnder(params, func(root dcap.Root) (*dcap.Collateral, error) {
		return dcap.Assemble(root, pieces[0], pieces[1], pieces[2], pieces[3])
	})
}

// verifyUnder verifies collateral under the trusted root that it ends in.
func verifyUnder(params types.Params, read func(dcap.Root) (*dcap.Collateral, error)) (*dcap.VerifiedCollateral, error) {
	roots, err := params.Roots()
	if err != nil {
		return nil, err
	}
	var first error
	for _, root := range roots {
		collateral, err := read(root)
		if err != nil {
			return nil, err
		}
		verified, err := collateral.Verify(root)
		if err == nil {
			return verified, nil
		}
		if first == nil || errors.Is(first, dcap.ErrUntrustedRoot) {
			first = err
		}
	}
	return nil, first
}

// checkFresh checks that collateral is in force and no older than the parameters say. The error is ErrCollateralTooOld.
func checkFresh(collateral *dcap.VerifiedCollateral, now time.Time, params types.Params) error {
	if err := collateral.CheckTime(now); err != nil {
		return types.ErrCollateralTooOld.Wrap(err.Error())
	}
	if err := collateral.CheckAge(now, params.CollateralMaxAge); err != nil {
		return types.ErrCollateralTooOld.Wrap(err.Error())
	}
	return nil
}

// takeNewer stores those pieces of verified collateral that are newer than the chain's, and has the oracles judged anew that
// depend on them. It returns which they are.
func (k Keeper) takeNewer(ctx context.Context, collateral *dcap.VerifiedCollateral) ([]types.CollateralKind, error) {
	var updated []types.CollateralKind
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	for _, candidate := range collateral.Pieces() {
		piece := types.NewCollateralPiece(candidate, sdkCtx.BlockHeight())
		key := pieceKey(piece.Kind, piece.Subject)
		stored, err := k.Collateral.Get(ctx, key)
		switch {
		case err != nil && !errors.Is(err, collections.ErrNotFound):
			return nil, err
		case err == nil && !candidate.Newer(stored.Piece()):
			continue
		}
		if err := k.Collateral.Set(ctx, key, piece); err != nil {
			return nil, fmt.Errorf("storing collateral: %w", err)
		}
		updated = append(updated, piece.Kind)
		if err := k.queueJudgements(ctx, piece.Concerns); err != nil {
			return nil, err
		}
		err = sdkCtx.EventManager().EmitTypedEvent(&types.EventCollateralUpdated{Kind: piece.Kind, Subject: piece.Subject, Number: piece.Number})
		if err != nil {
			return nil, err
		}
	}
	return updated, nil
}

func pieceKey(kind types.CollateralKind, subject string) collections.Pair[int32, string] {
	return collections.Join(int32(kind), subject)
}
