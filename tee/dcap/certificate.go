package dcap

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
)

const (
	// maxCertificateSize bounds one certificate in DER, in bytes. Intel's have 0.6 to 1.4 KiB.
	maxCertificateSize = 4 << 10
	// maxChainSize bounds a chain in PEM, in bytes.
	maxChainSize = 16 << 10
)

// Common names of Intel's certificates (PCK profile §2).
const (
	nameProcessorCA = "Intel SGX PCK Processor CA"
	namePlatformCA  = "Intel SGX PCK Platform CA"
	namePCK         = "Intel SGX PCK Certificate"
	nameTCBSigning  = "Intel SGX TCB Signing"
)

// parsePEMChain reads exactly n certificates in PEM and returns them in DER. The text must be what encoding them again
// gives, one line feed or one NUL at its end more or less (quotes end in both), or with carriage returns: so no byte of a
// chain can be changed unnoticed.
func parsePEMChain(text []byte, n int) ([][]byte, error) {
	if len(text) > maxChainSize {
		return nil, fmt.Errorf("%w: certificate chain of %d bytes, at most %d are read", ErrSize, len(text), maxChainSize)
	}
	text = bytes.TrimSuffix(text, []byte{0})
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = append(bytes.Clone(text), '\n')
	}
	var chain [][]byte
	var again []byte
	for rest := text; len(rest) > 0; {
		block, next := pem.Decode(rest)
		if block == nil || len(chain) == n {
			return nil, fmt.Errorf("%w: not %d certificates in PEM", ErrCertificateFormat, n)
		}
		if len(block.Bytes) > maxCertificateSize {
			return nil, fmt.Errorf("%w: certificate of %d bytes, at most %d are read", ErrSize, len(block.Bytes), maxCertificateSize)
		}
		again = append(again, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes})...)
		chain = append(chain, block.Bytes)
		rest = next
	}
	if len(chain) != n {
		return nil, fmt.Errorf("%w: %d certificates, want %d", ErrCertificateFormat, len(chain), n)
	}
	if !bytes.Equal(again, text) {
		return nil, fmt.Errorf("%w: PEM is not in its plain form", ErrCertificateFormat)
	}
	return chain, nil
}

// parseCertificate reads one certificate in DER and checks what all of Intel's have in common (PCK profile §2): X.509
// version 3, a P-256 key, signed with ECDSA over SHA-256, and no critical extension that is not understood.
func parseCertificate(der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertificateSize {
		return nil, fmt.Errorf("%w: certificate of %d bytes, at most %d are read", ErrSize, len(der), maxCertificateSize)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrCertificateFormat, err)
	}
	if c.Version != 3 || !c.BasicConstraintsValid || len(c.UnhandledCriticalExtensions) != 0 {
		return nil, fmt.Errorf("%w: version, constraints or critical extensions are not as Intel issues them", ErrCertificateFormat)
	}
	if c.SignatureAlgorithm != x509.ECDSAWithSHA256 {
		return nil, fmt.Errorf("%w: signed with %v, not ECDSA-SHA256", ErrCertificateFormat, c.SignatureAlgorithm)
	}
	if key, ok := c.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: key is not P-256", ErrCertificateFormat)
	}
	return c, nil
}

// checkIssued checks that parent is a CA, that child names it as its issuer, and that parent's key signed child
// (RFC 5280 §6.1.3 (a)(1) and (a)(4), §6.1.4 (k) and (n)). Chains here have a fixed length, which replaces §6.1.4 (m).
func checkIssued(child, parent *x509.Certificate) error {
	if !bytes.Equal(child.RawIssuer, parent.RawSubject) {
		return fmt.Errorf("%w: %q is not the issuer of %q", ErrChain, parent.Subject.CommonName, child.Subject.CommonName)
	}
	if err := child.CheckSignatureFrom(parent); err != nil {
		return fmt.Errorf("%w: %q: %v", ErrChain, child.Subject.CommonName, err)
	}
	return nil
}

// checkLeaf checks that a certificate is of the given name, may sign and is no CA (PCK profile §2.2, §2.4).
func checkLeaf(c *x509.Certificate, name string) error {
	if c.Subject.CommonName != name {
		return fmt.Errorf("%w: certificate of %q where %q belongs", ErrChain, c.Subject.CommonName, name)
	}
	if c.IsCA || c.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return fmt.Errorf("%w: %q is a CA or may not sign", ErrChain, name)
	}
	return nil
}

// verifySignature verifies a signature r || s with ECDSA P-256 over SHA-256 of message.
func verifySignature(key *ecdsa.PublicKey, message, signature []byte) bool {
	if len(signature) != signatureSize {
		return false
	}
	digest := sha256.Sum256(message)
	r := new(big.Int).SetBytes(signature[:32])
	s := new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(key, digest[:], r, s)
}

// publicKey reads a P-256 point x || y.
func publicKey(b []byte) (*ecdsa.PublicKey, error) {
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append([]byte{4}, b...))
}
