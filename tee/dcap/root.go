package dcap

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// Root is a trust anchor: the certificate in which every chain must end. The zero value trusts nothing.
type Root struct {
	certificate *x509.Certificate
}

// intelRootPEM is the Intel SGX Root CA certificate as published at
// https://certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.pem;
// SHA-256 of the DER form 44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3.
const intelRootPEM = `-----BEGIN CERTIFICATE-----
MIICjzCCAjSgAwIBAgIUImUM1lqdNInzg7SVUr9QGzknBqwwCgYIKoZIzj0EAwIw
aDEaMBgGA1UEAwwRSW50ZWwgU0dYIFJvb3QgQ0ExGjAYBgNVBAoMEUludGVsIENv
cnBvcmF0aW9uMRQwEgYDVQQHDAtTYW50YSBDbGFyYTELMAkGA1UECAwCQ0ExCzAJ
BgNVBAYTAlVTMB4XDTE4MDUyMTEwNDUxMFoXDTQ5MTIzMTIzNTk1OVowaDEaMBgG
A1UEAwwRSW50ZWwgU0dYIFJvb3QgQ0ExGjAYBgNVBAoMEUludGVsIENvcnBvcmF0
aW9uMRQwEgYDVQQHDAtTYW50YSBDbGFyYTELMAkGA1UECAwCQ0ExCzAJBgNVBAYT
AlVTMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEC6nEwMDIYZOj/iPWsCzaEKi7
1OiOSLRFhWGjbnBVJfVnkY4u3IjkDYYL0MxO4mqsyYjlBalTVYxFP2sJBK5zlKOB
uzCBuDAfBgNVHSMEGDAWgBQiZQzWWp00ifODtJVSv1AbOScGrDBSBgNVHR8ESzBJ
MEegRaBDhkFodHRwczovL2NlcnRpZmljYXRlcy50cnVzdGVkc2VydmljZXMuaW50
ZWwuY29tL0ludGVsU0dYUm9vdENBLmRlcjAdBgNVHQ4EFgQUImUM1lqdNInzg7SV
Ur9QGzknBqwwDgYDVR0PAQH/BAQDAgEGMBIGA1UdEwEB/wQIMAYBAf8CAQEwCgYI
KoZIzj0EAwIDSQAwRgIhAOW/5QkR+S9CiSDcNoowLuPRLsWGf/Yi7GSX94BgwTwg
AiEA4J0lrHoMs+Xo5o/sX6O9QWxHRAvZUGOdRQ7cvqRXaqI=
-----END CERTIFICATE-----
`

// IntelRoot returns Intel's SGX Root CA, valid to the end of 2049.
func IntelRoot() Root {
	block, _ := pem.Decode([]byte(intelRootPEM))
	root, err := NewRoot(block.Bytes)
	if err != nil {
		panic(err) // the constant above is tested
	}
	return root
}

// NewRoot makes a trust anchor of a self-signed CA certificate in DER.
func NewRoot(der []byte) (Root, error) {
	certificate, err := parseCertificate(der)
	if err != nil {
		return Root{}, fmt.Errorf("root: %w", err)
	}
	if err := checkIssued(certificate, certificate); err != nil {
		return Root{}, fmt.Errorf("root: %w", err)
	}
	return Root{certificate: certificate}, nil
}

// DER returns the root certificate.
func (r Root) DER() []byte {
	if r.certificate == nil {
		return nil
	}
	return bytes.Clone(r.certificate.Raw)
}

// check reports whether der is this root, byte for byte.
func (r Root) check(der []byte) error {
	if r.certificate == nil || !bytes.Equal(der, r.certificate.Raw) {
		return ErrUntrustedRoot
	}
	return nil
}
