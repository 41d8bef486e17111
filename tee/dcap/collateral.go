package dcap

import (
	"encoding/binary"
	"fmt"
)

// MaxCollateralSize is the largest collateral that is read, in bytes, in either form. Real ones have 7 to 20 KiB.
const MaxCollateralSize = 1 << 20

// canonicalVersion is the first byte of the canonical form.
const canonicalVersion = 1

// Signed is a JSON document of the PCS with its signature and the certificate that it was made with.
type Signed struct {
	SigningCertificate []byte   // DER
	Body               []byte   // the exact bytes that are signed
	Signature          [64]byte // r || s
}

// Collateral is what Intel publishes about one platform type and one intermediate CA, and what a quote is verified
// against. Nothing in it is verified; see Verify. It has two forms: the JSON in which PCCS clients hold it (ParseCollateral,
// PCSResponses), and a canonical binary form for storage and messages (Marshal, UnmarshalCollateral).
type Collateral struct {
	Root       []byte // the root CA certificate that the issuer chains end in, DER
	RootCRL    []byte // the root CA's revocation list, DER
	PCKCA      []byte // certificate of the intermediate CA that issued the PCK revocation list, DER
	PCKCRL     []byte // that CA's revocation list, DER
	TCBInfo    Signed
	QEIdentity Signed
}

// PieceKind names one of the four parts of collateral that Intel signs and publishes each by itself.
type PieceKind uint8

// The four pieces.
const (
	PieceRootCRL    PieceKind = 1
	PiecePCKCRL     PieceKind = 2
	PieceTCBInfo    PieceKind = 3
	PieceQEIdentity PieceKind = 4
)

// String returns a name for messages.
func (k PieceKind) String() string {
	switch k {
	case PieceRootCRL:
		return "root CA revocation list"
	case PiecePCKCRL:
		return "PCK revocation list"
	case PieceTCBInfo:
		return "TCB info"
	case PieceQEIdentity:
		return "QE identity"
	}
	return "unknown piece"
}

// pieceBytes returns the canonical form of one piece: its byte strings, each behind its length.
func (c *Collateral) pieceBytes(kind PieceKind) []byte {
	switch kind {
	case PieceRootCRL:
		return appendString(nil, c.RootCRL)
	case PiecePCKCRL:
		return appendString(appendString(nil, c.PCKCA), c.PCKCRL)
	case PieceTCBInfo:
		return c.TCBInfo.append(nil)
	case PieceQEIdentity:
		return c.QEIdentity.append(nil)
	}
	return nil
}

func (s Signed) append(b []byte) []byte {
	return append(appendString(appendString(b, s.SigningCertificate), s.Body), s.Signature[:]...)
}

// Marshal returns the canonical form: a version byte 1, then each behind its length (four bytes, big-endian): root
// certificate, root revocation list, PCK CA certificate, PCK revocation list, and for TCB info and QE identity in turn the
// signing certificate and the body, with the 64 bytes of the signature after each body.
func (c *Collateral) Marshal() []byte {
	b := appendString([]byte{canonicalVersion}, c.Root)
	for kind := PieceRootCRL; kind <= PieceQEIdentity; kind++ {
		b = append(b, c.pieceBytes(kind)...)
	}
	return b
}

// UnmarshalCollateral reads the canonical form. Errors: ErrSize, ErrCollateralFormat.
func UnmarshalCollateral(b []byte) (*Collateral, error) {
	if len(b) > MaxCollateralSize {
		return nil, fmt.Errorf("%w: collateral of %d bytes, at most %d are read", ErrSize, len(b), MaxCollateralSize)
	}
	if len(b) == 0 || b[0] != canonicalVersion {
		return nil, fmt.Errorf("%w: not version %d of the canonical form", ErrCollateralFormat, canonicalVersion)
	}
	r := stringReader{b: b[1:]}
	c := &Collateral{
		Root:       r.string(maxCertificateSize),
		RootCRL:    r.string(maxCRLSize),
		PCKCA:      r.string(maxCertificateSize),
		PCKCRL:     r.string(maxCRLSize),
		TCBInfo:    r.signed(),
		QEIdentity: r.signed(),
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return c, nil
}

// Assemble makes collateral of four pieces, in the order of their kinds, as Piece.Bytes holds them: a store can keep each
// piece by itself and the newest of each. Errors: ErrSize, ErrCollateralFormat.
func Assemble(root Root, rootCRL, pckCRL, tcbInfo, qeIdentity []byte) (*Collateral, error) {
	b := appendString([]byte{canonicalVersion}, root.DER())
	for _, piece := range [][]byte{rootCRL, pckCRL, tcbInfo, qeIdentity} {
		b = append(b, piece...)
	}
	return UnmarshalCollateral(b)
}

func appendString(b, s []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// stringReader takes byte strings off the front of b; short is set when b ends early or one is too long.
type stringReader struct {
	b     []byte
	short bool
}

func (r *stringReader) string(most int) []byte {
	if r.short || len(r.b) < 4 {
		r.short = true
		return nil
	}
	n := uint64(binary.BigEndian.Uint32(r.b))
	if n > uint64(most) || n > uint64(len(r.b)-4) {
		r.short = true
		return nil
	}
	s := append([]byte(nil), r.b[4:4+n]...)
	r.b = r.b[4+n:]
	return s
}

func (r *stringReader) signed() (s Signed) {
	s.SigningCertificate = r.string(maxCertificateSize)
	s.Body = r.string(maxSignedSize)
	if r.short || len(r.b) < len(s.Signature) {
		r.short = true
		return Signed{}
	}
	s.Signature = [64]byte(r.b[:64])
	r.b = r.b[64:]
	return s
}

func (r *stringReader) end() error {
	if r.short || len(r.b) != 0 {
		return fmt.Errorf("%w: a part is missing, too long, or one too many", ErrCollateralFormat)
	}
	return nil
}
