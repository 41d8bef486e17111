package dcap

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// maxCRLSize bounds a revocation list in DER, in bytes: about 7000 entries. Intel's have 0.3 to 4 KiB.
const maxCRLSize = 256 << 10

// CRL is a verified revocation list of one of Intel's CAs.
type CRL struct {
	Number     uint64
	ThisUpdate time.Time
	NextUpdate time.Time
	serials    []*big.Int // ascending
}

// Revoked reports whether a certificate with this serial number, of the list's CA, is revoked.
func (c *CRL) Revoked(serial *big.Int) bool {
	_, found := slices.BinarySearchFunc(c.serials, serial, (*big.Int).Cmp)
	return found
}

// Serials returns the revoked serial numbers in ascending order.
func (c *CRL) Serials() []*big.Int { return slices.Clone(c.serials) }

// verifyCRL parses a revocation list and checks that ca signed it (PCK profile §3; RFC 5280 §6.3.3; QVL 4.1.2.4.6).
func verifyCRL(der []byte, ca *x509.Certificate) (*CRL, error) {
	if len(der) > maxCRLSize {
		return nil, fmt.Errorf("%w: revocation list of %d bytes, at most %d are read", ErrSize, len(der), maxCRLSize)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrCRLFormat, err)
	}
	if !bytes.Equal(list.RawIssuer, ca.RawSubject) {
		return nil, fmt.Errorf("%w: issued by %q, not %q", ErrCRLSignature, list.Issuer.CommonName, ca.Subject.CommonName)
	}
	if list.SignatureAlgorithm != x509.ECDSAWithSHA256 {
		return nil, fmt.Errorf("%w: signed with %v, not ECDSA-SHA256", ErrCRLFormat, list.SignatureAlgorithm)
	}
	if err := list.CheckSignatureFrom(ca); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrCRLSignature, err)
	}
	for _, e := range list.Extensions {
		if e.Critical { // an indirect, delta or partial list, RFC 5280 §5.2
			return nil, fmt.Errorf("%w: critical extension %v", ErrCRLFormat, e.Id)
		}
	}
	if list.Number == nil || !list.Number.IsUint64() || len(list.AuthorityKeyId) == 0 || list.NextUpdate.IsZero() {
		return nil, fmt.Errorf("%w: number, authority key identifier or next update is missing", ErrCRLFormat)
	}
	crl := &CRL{Number: list.Number.Uint64(), ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate}
	for _, e := range list.RevokedCertificateEntries { // whatever the reason: what was on the list is not trusted again
		crl.serials = append(crl.serials, e.SerialNumber)
	}
	slices.SortFunc(crl.serials, (*big.Int).Cmp)
	return crl, nil
}
