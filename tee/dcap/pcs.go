package dcap

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
)

// PCSResponses are the bodies and issuer chain headers of five requests to Intel's PCS v4 or to a PCCS, decoded from URL
// encoding: what a client that fetches collateral itself has in its hands.
type PCSResponses struct {
	RootCRL               []byte // GET /rootcacrl of a PCCS, in hexadecimal, or Intel's IntelSGXRootCA.der
	PCKCRL                []byte // GET /pckcrl?ca=…&encoding=der, in hexadecimal or DER
	PCKCRLIssuerChain     []byte // header SGX-PCK-CRL-Issuer-Chain, PEM
	TCBInfo               []byte // GET /tcb?fmspc=…, {"tcbInfo":…,"signature":…}
	TCBInfoIssuerChain    []byte // header TCB-Info-Issuer-Chain, PEM
	QEIdentity            []byte // GET /qe/identity, {"enclaveIdentity":…,"signature":…}
	QEIdentityIssuerChain []byte // header SGX-Enclave-Identity-Issuer-Chain, PEM
}

// Collateral puts the responses together. Errors: ErrSize, ErrCollateralFormat, ErrCertificateFormat.
func (p PCSResponses) Collateral() (*Collateral, error) {
	tcbInfo, tcbSignature, err := splitSigned(p.TCBInfo, "tcbInfo")
	if err != nil {
		return nil, err
	}
	qeIdentity, qeSignature, err := splitSigned(p.QEIdentity, "enclaveIdentity")
	if err != nil {
		return nil, err
	}
	return collateralJSON{
		PCKCRLIssuerChain:     string(p.PCKCRLIssuerChain),
		RootCRL:               asHex(p.RootCRL),
		PCKCRL:                asHex(p.PCKCRL),
		TCBInfoIssuerChain:    string(p.TCBInfoIssuerChain),
		TCBInfo:               string(tcbInfo),
		TCBInfoSignature:      tcbSignature,
		QEIdentityIssuerChain: string(p.QEIdentityIssuerChain),
		QEIdentity:            string(qeIdentity),
		QEIdentitySignature:   qeSignature,
	}.collateral()
}

// asHex leaves hexadecimal as it is and writes DER, which starts with 0x30 0x8…, in it.
func asHex(b []byte) string {
	if len(b) > 1 && b[0] == 0x30 && b[1] >= 0x80 {
		return hex.EncodeToString(b)
	}
	return string(bytes.TrimSpace(b))
}

// splitSigned takes the exact bytes of one member of an object, and the signature beside it.
func splitSigned(body []byte, member string) (json.RawMessage, string, error) {
	if len(body) > maxSignedSize {
		return nil, "", fmt.Errorf("%w: %s of %d bytes, at most %d are read", ErrSize, member, len(body), maxSignedSize)
	}
	var in map[string]json.RawMessage
	var signature string
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, "", fmt.Errorf("%w: %s: %v", ErrCollateralFormat, member, err)
	}
	if err := json.Unmarshal(in["signature"], &signature); err != nil || in[member] == nil {
		return nil, "", fmt.Errorf("%w: response without %s or signature", ErrCollateralFormat, member)
	}
	return in[member], signature, nil
}

// collateralJSON is Intel's sgx_ql_qve_collateral_t as JSON: certificate chains in PEM, revocation lists and signatures in
// hexadecimal, signed documents as strings of their exact bytes.
type collateralJSON struct {
	PCKCRLIssuerChain     string `json:"pck_crl_issuer_chain"`
	RootCRL               string `json:"root_ca_crl"`
	PCKCRL                string `json:"pck_crl"`
	TCBInfoIssuerChain    string `json:"tcb_info_issuer_chain"`
	TCBInfo               string `json:"tcb_info"`
	TCBInfoSignature      string `json:"tcb_info_signature"`
	QEIdentityIssuerChain string `json:"qe_identity_issuer_chain"`
	QEIdentity            string `json:"qe_identity"`
	QEIdentitySignature   string `json:"qe_identity_signature"`
}

// ParseCollateral reads collateral in JSON, in the form in which clients of a PCCS keep it: an object with the members
// pck_crl_issuer_chain, root_ca_crl, pck_crl, tcb_info_issuer_chain, tcb_info, tcb_info_signature,
// qe_identity_issuer_chain, qe_identity and qe_identity_signature. The three issuer chains must end in one root.
//
// Errors: ErrSize, ErrCollateralFormat, ErrCertificateFormat.
func ParseCollateral(b []byte) (*Collateral, error) {
	if len(b) > MaxCollateralSize {
		return nil, fmt.Errorf("%w: collateral of %d bytes, at most %d are read", ErrSize, len(b), MaxCollateralSize)
	}
	var in map[string]string
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrCollateralFormat, err)
	}
	if len(in) != 9 {
		return nil, fmt.Errorf("%w: %d members, want 9", ErrCollateralFormat, len(in))
	}
	return collateralJSON{ // a member that is missing is empty, and refused as that
		PCKCRLIssuerChain:     in["pck_crl_issuer_chain"],
		RootCRL:               in["root_ca_crl"],
		PCKCRL:                in["pck_crl"],
		TCBInfoIssuerChain:    in["tcb_info_issuer_chain"],
		TCBInfo:               in["tcb_info"],
		TCBInfoSignature:      in["tcb_info_signature"],
		QEIdentityIssuerChain: in["qe_identity_issuer_chain"],
		QEIdentity:            in["qe_identity"],
		QEIdentitySignature:   in["qe_identity_signature"],
	}.collateral()
}

func (in collateralJSON) collateral() (*Collateral, error) {
	c := &Collateral{}
	chains := []struct {
		name string
		text string
		leaf *[]byte
	}{
		{"PCK revocation list issuer chain", in.PCKCRLIssuerChain, &c.PCKCA},
		{"TCB info issuer chain", in.TCBInfoIssuerChain, &c.TCBInfo.SigningCertificate},
		{"QE identity issuer chain", in.QEIdentityIssuerChain, &c.QEIdentity.SigningCertificate},
	}
	for _, chain := range chains {
		ders, err := parsePEMChain([]byte(chain.text), 2)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", chain.name, err)
		}
		if c.Root == nil {
			c.Root = ders[1]
		}
		if !bytes.Equal(c.Root, ders[1]) {
			return nil, fmt.Errorf("%w: issuer chains end in different roots", ErrCollateralFormat)
		}
		*chain.leaf = ders[0]
	}
	lists := []struct {
		name string
		text string
		to   *[]byte
	}{
		{"root CA revocation list", in.RootCRL, &c.RootCRL},
		{"PCK revocation list", in.PCKCRL, &c.PCKCRL},
	}
	for _, list := range lists {
		der, err := hex.DecodeString(list.text)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: not hexadecimal", ErrCollateralFormat, list.name)
		}
		if len(der) > maxCRLSize {
			return nil, fmt.Errorf("%w: %s of %d bytes, at most %d are read", ErrSize, list.name, len(der), maxCRLSize)
		}
		*list.to = der
	}
	documents := []struct {
		name      string
		body      string
		signature string
		to        *Signed
	}{
		{"TCB info", in.TCBInfo, in.TCBInfoSignature, &c.TCBInfo},
		{"QE identity", in.QEIdentity, in.QEIdentitySignature, &c.QEIdentity},
	}
	for _, d := range documents {
		if len(d.body) > maxSignedSize {
			return nil, fmt.Errorf("%w: %s of %d bytes, at most %d are read", ErrSize, d.name, len(d.body), maxSignedSize)
		}
		if !decodeHex(&d.signature, d.to.Signature[:]) {
			return nil, fmt.Errorf("%w: %s: signature is not 128 hexadecimal digits", ErrCollateralFormat, d.name)
		}
		d.to.Body = []byte(d.body)
	}
	return c, nil
}

// JSON returns the form that ParseCollateral reads.
func (c *Collateral) JSON() []byte {
	chain := func(leaf []byte) string {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf})
		return string(append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Root})...))
	}
	b, err := json.Marshal(collateralJSON{
		PCKCRLIssuerChain:     chain(c.PCKCA),
		RootCRL:               hex.EncodeToString(c.RootCRL),
		PCKCRL:                hex.EncodeToString(c.PCKCRL),
		TCBInfoIssuerChain:    chain(c.TCBInfo.SigningCertificate),
		TCBInfo:               string(c.TCBInfo.Body),
		TCBInfoSignature:      hex.EncodeToString(c.TCBInfo.Signature[:]),
		QEIdentityIssuerChain: chain(c.QEIdentity.SigningCertificate),
		QEIdentity:            string(c.QEIdentity.Body),
		QEIdentitySignature:   hex.EncodeToString(c.QEIdentity.Signature[:]),
	})
	if err != nil {
		panic(err) // a struct of strings
	}
	return b
}
