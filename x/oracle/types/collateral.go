package types

import (
	"fmt"

	"github.com/medibloc/panacea/tee/dcap"
)

// TCBInfoSubject names TCB info: the platform type and the provisioning enclave's id, in upper-case hexadecimal.
func TCBInfoSubject(fmspc dcap.FMSPC, pceID [2]byte) string {
	return fmt.Sprintf("%X%X", fmspc[:], pceID[:])
}

// NewCollateralPiece describes a piece that the chain takes at a height.
func NewCollateralPiece(p dcap.Piece, height int64) CollateralPiece {
	return CollateralPiece{
		Kind: CollateralKind(p.Kind), Subject: p.Subject, Number: p.Number,
		IssuedAt: p.IssuedAt.UTC(), ExpiresAt: p.Expires.UTC(), Bytes: p.Bytes, Height: height,
	}
}

// Piece returns the piece as package dcap compares it.
func (p CollateralPiece) Piece() dcap.Piece {
	return dcap.Piece{
		Kind: dcap.PieceKind(p.Kind), Subject: p.Subject, Number: p.Number, IssuedAt: p.IssuedAt, Expires: p.ExpiresAt, Bytes: p.Bytes,
	}
}

// Concerns says whether a machine is judged by the piece.
func (p CollateralPiece) Concerns(platform Platform) bool {
	switch p.Kind {
	case COLLATERAL_KIND_TCB_INFO:
		return p.Subject == platform.TcbInfo
	case COLLATERAL_KIND_PCK_CRL:
		return p.Subject == platform.Ca
	}
	return true
}

// IsZero says whether this is no machine's, but a simulated enclave's.
func (p Platform) IsZero() bool { return p == Platform{} }
