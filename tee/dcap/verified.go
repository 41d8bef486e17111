package dcap

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"fmt"
	"time"
)

// VerifiedCollateral is collateral whose signatures lead to a trusted root. Whether it is in force at a given time is a
// question of its own (CheckTime, CheckAge), so that one verification serves for many blocks. It is never modified and may
// be shared.
type VerifiedCollateral struct {
	CA         PCKCA // whose PCK revocation list this is
	TCBInfo    TCBInfo
	QEIdentity QEIdentity
	RootCRL    CRL
	PCKCRL     CRL

	collateral *Collateral
	root       Root
	pckCA      *x509.Certificate
	validities []validity
}

// validity is the time within which something may be relied on.
type validity struct {
	what        string
	from, until time.Time
}

func (v validity) check(now time.Time) error {
	if now.Before(v.from) {
		return fmt.Errorf("%w: %s is valid from %s", ErrNotYetValid, v.what, v.from.UTC().Format(time.RFC3339))
	}
	if now.After(v.until) {
		return fmt.Errorf("%w: %s was valid until %s", ErrExpired, v.what, v.until.UTC().Format(time.RFC3339))
	}
	return nil
}

func certificateValidity(what string, c *x509.Certificate) validity {
	return validity{what, c.NotBefore, c.NotAfter}
}

// Verify checks everything about collateral that does not depend on the time or on a quote: that it ends in the trusted
// root, that the root issued the PCK CA's and the TCB signing certificates, that root and PCK CA signed their revocation
// lists, that no certificate used stands on one, and that TCB info and QE identity are signed and well-formed.
//
// Errors: ErrUntrustedRoot, ErrChain, ErrCRLSignature, ErrRevoked, ErrTCBInfoSignature, ErrQEIdentitySignature,
// ErrCertificateFormat, ErrCRLFormat, ErrTCBInfoFormat, ErrQEIdentityFormat, ErrSize.
func (c *Collateral) Verify(root Root) (*VerifiedCollateral, error) {
	if err := root.check(c.Root); err != nil {
		return nil, fmt.Errorf("collateral: %w", err)
	}
	v := &VerifiedCollateral{collateral: c, root: root}
	rootCRL, err := verifyCRL(c.RootCRL, root.certificate)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", PieceRootCRL, err)
	}
	if v.CA, v.pckCA, err = parsePCKCA(c.PCKCA); err != nil {
		return nil, err
	}
	if err := checkPCKCA(v.pckCA, root, rootCRL); err != nil {
		return nil, err
	}
	pckCRL, err := verifyCRL(c.PCKCRL, v.pckCA)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", PiecePCKCRL, err)
	}
	tcbSigner, err := verifyTCBSigner(c.TCBInfo.SigningCertificate, root, rootCRL)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", PieceTCBInfo, err)
	}
	if !verifySignature(tcbSigner.PublicKey.(*ecdsa.PublicKey), c.TCBInfo.Body, c.TCBInfo.Signature[:]) {
		return nil, ErrTCBInfoSignature
	}
	tcbInfo, err := parseTCBInfo(c.TCBInfo.Body)
	if err != nil {
		return nil, err
	}
	qeSigner := tcbSigner
	if !bytes.Equal(c.QEIdentity.SigningCertificate, c.TCBInfo.SigningCertificate) {
		if qeSigner, err = verifyTCBSigner(c.QEIdentity.SigningCertificate, root, rootCRL); err != nil {
			return nil, fmt.Errorf("%v: %w", PieceQEIdentity, err)
		}
	}
	if !verifySignature(qeSigner.PublicKey.(*ecdsa.PublicKey), c.QEIdentity.Body, c.QEIdentity.Signature[:]) {
		return nil, ErrQEIdentitySignature
	}
	qeIdentity, err := parseQEIdentity(c.QEIdentity.Body)
	if err != nil {
		return nil, err
	}
	v.RootCRL, v.PCKCRL, v.TCBInfo, v.QEIdentity = *rootCRL, *pckCRL, *tcbInfo, *qeIdentity
	v.validities = []validity{
		certificateValidity("root CA certificate", root.certificate),
		certificateValidity("PCK CA certificate of the collateral", v.pckCA),
		certificateValidity("TCB info signing certificate", tcbSigner),
		certificateValidity("QE identity signing certificate", qeSigner),
		{PieceRootCRL.String(), rootCRL.ThisUpdate, rootCRL.NextUpdate},
		{PiecePCKCRL.String(), pckCRL.ThisUpdate, pckCRL.NextUpdate},
		{PieceTCBInfo.String(), tcbInfo.IssueDate, tcbInfo.NextUpdate},
		{PieceQEIdentity.String(), qeIdentity.IssueDate, qeIdentity.NextUpdate},
	}
	return v, nil
}

// verifyTCBSigner checks the chain of a TCB signing certificate (PCK profile §2.4; QVL 4.1.2.7, TCBSigningChain).
func verifyTCBSigner(der []byte, root Root, rootCRL *CRL) (*x509.Certificate, error) {
	c, err := parseCertificate(der)
	if err != nil {
		return nil, err
	}
	if err := checkLeaf(c, nameTCBSigning); err != nil {
		return nil, err
	}
	if err := checkIssued(c, root.certificate); err != nil {
		return nil, err
	}
	if rootCRL.Revoked(c.SerialNumber) {
		return nil, fmt.Errorf("%w: TCB signing certificate", ErrRevoked)
	}
	return c, nil
}

// checkPCKCA checks that the root issued an intermediate CA and has not revoked it (QVL PckCertVerifier).
func checkPCKCA(c *x509.Certificate, root Root, rootCRL *CRL) error {
	if !c.IsCA {
		return fmt.Errorf("%w: %q is not a CA", ErrChain, c.Subject.CommonName)
	}
	if err := checkIssued(c, root.certificate); err != nil {
		return err
	}
	if rootCRL.Revoked(c.SerialNumber) {
		return fmt.Errorf("%w: %q", ErrRevoked, c.Subject.CommonName)
	}
	return nil
}

// Collateral returns what was verified. It must not be modified.
func (v *VerifiedCollateral) Collateral() *Collateral { return v.collateral }

// CheckTime reports whether every certificate, list and document of the collateral is in force at a time, both ends
// included. Errors: ErrNotYetValid, ErrExpired, naming the part.
func (v *VerifiedCollateral) CheckTime(now time.Time) error {
	for _, part := range v.validities {
		if err := part.check(now); err != nil {
			return err
		}
	}
	return nil
}

// CheckAge reports whether TCB info, QE identity and PCK revocation list were issued at most maxAge ago. Intel issues these
// three for 30 days; a shorter limit makes a recovery from an attack known sooner. The root CA's list is left out: Intel
// issues it about once a year, and its own next update bounds it. Error: ErrStale, naming the part.
func (v *VerifiedCollateral) CheckAge(now time.Time, maxAge time.Duration) error {
	for _, p := range v.Pieces() {
		if p.Kind != PieceRootCRL && now.Sub(p.IssuedAt) > maxAge {
			return fmt.Errorf("%w: %v of %s, at most %s old is accepted", ErrStale, p.Kind, p.IssuedAt.UTC().Format(time.RFC3339), maxAge)
		}
	}
	return nil
}

// Expiry returns the earliest end of validity of any part.
func (v *VerifiedCollateral) Expiry() time.Time { return earliest(v.validities) }

func earliest(validities []validity) time.Time {
	t := validities[0].until
	for _, part := range validities[1:] {
		if part.until.Before(t) {
			t = part.until
		}
	}
	return t.UTC()
}

// Piece is one part of verified collateral that Intel publishes by itself: what a store keeps the newest of.
type Piece struct {
	Kind PieceKind
	// Subject is what the piece is about: the FMSPC and PCEID of TCB info in hexadecimal, the CA of a PCK revocation list
	// ("processor", "platform"), otherwise empty. Only pieces of one kind and subject can be compared.
	Subject string
	// Number is the TCB evaluation data number, or the revocation list's number.
	Number   uint64
	IssuedAt time.Time
	Expires  time.Time
	// Bytes is the canonical form, for Assemble.
	Bytes []byte
}

// Pieces returns the four pieces in the order of their kinds.
func (v *VerifiedCollateral) Pieces() [4]Piece {
	return [4]Piece{
		{PieceRootCRL, "", v.RootCRL.Number, v.RootCRL.ThisUpdate, v.RootCRL.NextUpdate, v.collateral.pieceBytes(PieceRootCRL)},
		{PiecePCKCRL, v.CA.String(), v.PCKCRL.Number, v.PCKCRL.ThisUpdate, v.PCKCRL.NextUpdate, v.collateral.pieceBytes(PiecePCKCRL)},
		{PieceTCBInfo, tcbInfoSubject(v.TCBInfo.FMSPC, v.TCBInfo.PCEID), uint64(v.TCBInfo.EvaluationDataNumber),
			v.TCBInfo.IssueDate, v.TCBInfo.NextUpdate, v.collateral.pieceBytes(PieceTCBInfo)},
		{PieceQEIdentity, "", uint64(v.QEIdentity.EvaluationDataNumber), v.QEIdentity.IssueDate, v.QEIdentity.NextUpdate,
			v.collateral.pieceBytes(PieceQEIdentity)},
	}
}

// Newer reports whether p replaces q, which is of the same kind and subject: it was issued later with no lower a number, or
// at the same time with a higher one. TCB info that Intel issues later for an earlier evaluation does not replace.
func (p Piece) Newer(q Piece) bool {
	if p.Kind != q.Kind || p.Subject != q.Subject {
		return false
	}
	if p.IssuedAt.Equal(q.IssuedAt) {
		return p.Number > q.Number
	}
	return p.IssuedAt.After(q.IssuedAt) && p.Number >= q.Number
}
