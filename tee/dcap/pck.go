package dcap

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
)

// FMSPC names a family, model, stepping, platform type and custom SKU of processors: TCB info is published for each.
type FMSPC [6]byte

// String returns the value in upper-case hexadecimal, as Intel writes it.
func (f FMSPC) String() string { return fmt.Sprintf("%X", f[:]) }

// ParseFMSPC reads 12 hexadecimal digits.
func ParseFMSPC(s string) (FMSPC, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 6 {
		return FMSPC{}, fmt.Errorf("%w: FMSPC %.20q is not 12 hexadecimal digits", ErrCollateralFormat, s)
	}
	return FMSPC(b), nil
}

// PCKCA is the intermediate CA that certifies a platform's key; each has a revocation list of its own.
type PCKCA uint8

const (
	// ProcessorCA certifies platforms with one package.
	ProcessorCA PCKCA = 1
	// PlatformCA certifies platforms that may have several packages.
	PlatformCA PCKCA = 2
)

// String returns "processor" or "platform", as the PCS writes it.
func (c PCKCA) String() string {
	switch c {
	case ProcessorCA:
		return "processor"
	case PlatformCA:
		return "platform"
	}
	return "unknown"
}

// PCK is what a provisioning certification key's certificate says of its platform.
type PCK struct {
	CA         PCKCA
	Serial     *big.Int // the certificate's serial number, as revocation lists name it
	PPID       [16]byte // the platform's own identifier
	FMSPC      FMSPC
	PCEID      [2]byte
	Components [16]uint8 // SGX TCB component SVNs
	PCESVN     uint16
}

// TCBInfoSubject returns the Piece.Subject of the TCB info that is about this platform; that of its revocation list is
// CA.String().
func (p PCK) TCBInfoSubject() string { return tcbInfoSubject(p.FMSPC, p.PCEID) }

func tcbInfoSubject(fmspc FMSPC, pceid [2]byte) string {
	return fmt.Sprintf("%X%X", fmspc[:], pceid[:])
}

// pckChain is the chain inside a quote: PCK, intermediate CA, root.
type pckChain struct {
	leaf *x509.Certificate
	ca   *x509.Certificate
	root []byte
	pck  PCK
}

func (c *pckChain) key() *ecdsa.PublicKey { return c.leaf.PublicKey.(*ecdsa.PublicKey) }

func parsePCKChain(text []byte) (*pckChain, error) {
	ders, err := parsePEMChain(text, 3)
	if err != nil {
		return nil, fmt.Errorf("PCK chain: %w", err)
	}
	leaf, err := parseCertificate(ders[0])
	if err != nil {
		return nil, fmt.Errorf("PCK certificate: %w", err)
	}
	authority, ca, err := parsePCKCA(ders[1])
	if err != nil {
		return nil, err
	}
	pck, err := parsePCK(leaf)
	if err != nil {
		return nil, err
	}
	pck.CA = authority
	return &pckChain{leaf: leaf, ca: ca, root: ders[2], pck: pck}, nil
}

// parsePCKCA reads the certificate of one of the two intermediate CAs.
func parsePCKCA(der []byte) (PCKCA, *x509.Certificate, error) {
	c, err := parseCertificate(der)
	if err != nil {
		return 0, nil, fmt.Errorf("PCK CA certificate: %w", err)
	}
	switch c.Subject.CommonName {
	case nameProcessorCA:
		return ProcessorCA, c, nil
	case namePlatformCA:
		return PlatformCA, c, nil
	}
	return 0, nil, fmt.Errorf("%w: %q is not a PCK CA", ErrChain, c.Subject.CommonName)
}

// Object identifiers of the SGX extension (PCK profile §2.2, "SGX Extensions").
var (
	oidSGX   = asn1.ObjectIdentifier{1, 2, 840, 113741, 1, 13, 1}
	oidPPID  = asn1.ObjectIdentifier{1, 2, 840, 113741, 1, 13, 1, 1}
	oidTCB   = asn1.ObjectIdentifier{1, 2, 840, 113741, 1, 13, 1, 2}
	oidPCEID = asn1.ObjectIdentifier{1, 2, 840, 113741, 1, 13, 1, 3}
	oidFMSPC = asn1.ObjectIdentifier{1, 2, 840, 113741, 1, 13, 1, 4}
)

// Last arcs under oidTCB: 1 to 16 are the component SVNs.
const (
	tcbComponents = 16
	arcPCESVN     = 17
	arcCPUSVN     = 18
)

// maxExtensionSize bounds the SGX extension, in bytes. Intel's have about 0.45 to 0.6 KiB.
const maxExtensionSize = 2 << 10

// sgxItem is one identifier with its value.
type sgxItem struct {
	ID    asn1.ObjectIdentifier
	Value asn1.RawValue
}

// parsePCK reads the SGX extension of a PCK certificate. Every value that is used stands in it exactly once.
func parsePCK(c *x509.Certificate) (PCK, error) {
	pck := PCK{Serial: c.SerialNumber}
	var value []byte
	for _, e := range c.Extensions {
		if e.Id.Equal(oidSGX) {
			value = e.Value // x509 refuses an extension that stands twice
		}
	}
	if value == nil || len(value) > maxExtensionSize {
		return PCK{}, fmt.Errorf("%w: missing, or over %d bytes", ErrPCKExtension, maxExtensionSize)
	}
	items, err := sgxItems(value)
	if err != nil {
		return PCK{}, err
	}
	var ppid, tcb, pceid, fmspc bool
	for _, item := range items {
		switch {
		case item.ID.Equal(oidPPID):
			ppid = octets(item.Value, pck.PPID[:])
		case item.ID.Equal(oidPCEID):
			pceid = octets(item.Value, pck.PCEID[:])
		case item.ID.Equal(oidFMSPC):
			fmspc = octets(item.Value, pck.FMSPC[:])
		case item.ID.Equal(oidTCB):
			if err := parsePCKTCB(item.Value.FullBytes, &pck); err != nil {
				return PCK{}, err
			}
			tcb = true
		}
	}
	if !ppid || !tcb || !pceid || !fmspc {
		return PCK{}, fmt.Errorf("%w: PPID, TCB, PCEID or FMSPC is missing or of a wrong type", ErrPCKExtension)
	}
	return pck, nil
}

// parsePCKTCB reads the TCB sequence: sixteen component SVNs, PCESVN, CPUSVN.
func parsePCKTCB(der []byte, pck *PCK) error {
	items, err := sgxItems(der)
	if err != nil {
		return err
	}
	if len(items) != tcbComponents+2 {
		return fmt.Errorf("%w: TCB of %d values, want %d", ErrPCKExtension, len(items), tcbComponents+2)
	}
	for _, item := range items {
		if len(item.ID) != len(oidTCB)+1 || !slices.Equal(item.ID[:len(oidTCB)], oidTCB) {
			return fmt.Errorf("%w: unknown value %v in TCB", ErrPCKExtension, item.ID)
		}
		switch n := item.ID[len(oidTCB)]; {
		case 1 <= n && n <= tcbComponents:
			v, ok := integer(item.Value, 0xff)
			if !ok {
				return fmt.Errorf("%w: component %d", ErrPCKExtension, n)
			}
			pck.Components[n-1] = uint8(v)
		case n == arcPCESVN:
			v, ok := integer(item.Value, 0xffff)
			if !ok {
				return fmt.Errorf("%w: PCESVN", ErrPCKExtension)
			}
			pck.PCESVN = uint16(v)
		case n == arcCPUSVN:
			var cpusvn [16]byte
			if !octets(item.Value, cpusvn[:]) {
				return fmt.Errorf("%w: CPUSVN", ErrPCKExtension)
			}
		default:
			return fmt.Errorf("%w: unknown value %v in TCB", ErrPCKExtension, item.ID)
		}
	}
	return nil
}

// sgxItems reads a sequence of identifiers with values, none twice.
func sgxItems(der []byte) ([]sgxItem, error) {
	var items []sgxItem
	rest, err := asn1.Unmarshal(der, &items)
	if err != nil || len(rest) != 0 {
		return nil, fmt.Errorf("%w: not a sequence of values", ErrPCKExtension)
	}
	for i, item := range items {
		for _, earlier := range items[:i] {
			if item.ID.Equal(earlier.ID) {
				return nil, fmt.Errorf("%w: %v stands twice", ErrPCKExtension, item.ID)
			}
		}
	}
	return items, nil
}

// octets copies an OCTET STRING of exactly len(to) bytes.
func octets(v asn1.RawValue, to []byte) bool {
	if v.Class != asn1.ClassUniversal || v.Tag != asn1.TagOctetString || v.IsCompound || len(v.Bytes) != len(to) {
		return false
	}
	copy(to, v.Bytes)
	return true
}

// integer reads an INTEGER from 0 to most.
func integer(v asn1.RawValue, most int64) (int64, bool) {
	var n int64
	if v.Class != asn1.ClassUniversal || v.Tag != asn1.TagInteger {
		return 0, false
	}
	if rest, err := asn1.Unmarshal(v.FullBytes, &n); err != nil || len(rest) != 0 {
		return 0, false
	}
	return n, 0 <= n && n <= most
}

// sameKey reports whether two CA certificates are of one name and one key: Intel may issue a CA anew.
func sameKey(a, b *x509.Certificate) bool {
	return bytes.Equal(a.RawSubject, b.RawSubject) && bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo)
}
