// Package dcaptest makes SGX quotes and collateral under a root CA of its own, for tests anywhere: every check of package
// dcap can be passed and failed at will. Nothing made here verifies under Intel's root.
//
// Keys derive from a seed, and signatures are deterministic (RFC 6979), so that the same calls make the same bytes.
//
//	authority := dcaptest.NewAuthority("test")
//	platform := authority.NewPlatform(dcaptest.PlatformSpec{})
//	quote := platform.Quote(dcaptest.QuoteSpec{Report: dcap.Report{MRENCLAVE: measurement, ReportData: data}})
//	collateral := authority.Collateral(dcaptest.CollateralSpec{Platform: platform, IssuedAt: now})
//
// then verify under authority.Root(). A zero field of a spec means what a healthy platform has.
package dcaptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/medibloc/panacea/tee/dcap"
)

// Validity of the certificates made here; collateral has its own times.
var (
	NotBefore = time.Date(2018, 5, 21, 0, 0, 0, 0, time.UTC)
	NotAfter  = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)
)

// DefaultFMSPC is the platform type of a platform for which none is given.
var DefaultFMSPC = dcap.FMSPC{0x00, 0x90, 0x6e, 0xd5, 0x00, 0x00}

// QEMRSIGNER is the signer of the quoting enclave of quotes made here; the collateral describes that enclave.
var QEMRSIGNER = sha256.Sum256([]byte("dcaptest quoting enclave signer"))

// The quoting enclave's product id and security version.
const (
	QEISVProdID = 1
	QEISVSVN    = 8
)

// Authority stands in Intel's place: root CA, the two PCK CAs, TCB signing.
type Authority struct {
	seed       string
	root       issuer
	processor  issuer
	platform   issuer
	tcbSigning issuer
	platforms  int
}

// issuer is a certificate with its key.
type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes an authority; different seeds make different roots.
func NewAuthority(seed string) *Authority {
	a := &Authority{seed: seed}
	a.root = a.certify("Intel SGX Root CA", nil, func(c *x509.Certificate) { c.MaxPathLen = 1 })
	a.processor = a.certify("Intel SGX PCK Processor CA", &a.root, nil)
	a.platform = a.certify("Intel SGX PCK Platform CA", &a.root, nil)
	a.tcbSigning = a.certify("Intel SGX TCB Signing", &a.root, leaf)
	return a
}

// Root returns the trust anchor.
func (a *Authority) Root() dcap.Root {
	return must(dcap.NewRoot(a.root.certificate.Raw))
}

// Serials returns the serial numbers of the two PCK CAs and of the TCB signing certificate, to revoke.
func (a *Authority) Serials() (processorCA, platformCA, tcbSigning *big.Int) {
	return a.processor.certificate.SerialNumber, a.platform.certificate.SerialNumber, a.tcbSigning.certificate.SerialNumber
}

func (a *Authority) ca(ca dcap.PCKCA) *issuer {
	if ca == dcap.PlatformCA {
		return &a.platform
	}
	return &a.processor
}

// leaf makes a CA's template that of a certificate that signs other things than certificates.
func leaf(c *x509.Certificate) {
	c.IsCA = false
	c.MaxPathLen = -1
	c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
}

// certify makes a certificate named name, of a key that derives from that name. Without a parent it signs itself.
func (a *Authority) certify(name string, parent *issuer, change func(*x509.Certificate)) issuer {
	return a.certifyKey(name, name, parent, change)
}

func (a *Authority) certifyKey(keyName, name string, parent *issuer, change func(*x509.Certificate)) issuer {
	key := Key(a.seed + "/" + keyName)
	id := sha256.Sum256(must(key.PublicKey.Bytes()))
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(id[:19]),
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Panacea test authority"}, Country: []string{"KR"}},
		NotBefore:             NotBefore,
		NotAfter:              NotAfter,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SignatureAlgorithm:    x509.ECDSAWithSHA256,
		SubjectKeyId:          id[:20],
	}
	if change != nil {
		change(template)
	}
	signer := &issuer{template, key}
	if parent != nil {
		signer = parent
	}
	der := must(x509.CreateCertificate(rand.Reader, template, signer.certificate, &key.PublicKey, deterministic{signer.key}))
	return issuer{must(x509.ParseCertificate(der)), key}
}

// PlatformSpec describes a platform. The zero value is an up to date one under the processor CA.
type PlatformSpec struct {
	Name       string // distinguishes platforms; the zero value counts them
	CA         dcap.PCKCA
	FMSPC      dcap.FMSPC
	PCEID      [2]byte
	Components [16]uint8 // zero: all of DefaultComponents
	PCESVN     uint16    // zero: DefaultPCESVN
	// Template, if set, changes the PCK certificate before it is signed; its SGX extension is the last of ExtraExtensions.
	Template func(*x509.Certificate)
}

// DefaultComponents and DefaultPCESVN are the security level of a platform for which none is given.
var DefaultComponents = [16]uint8{11, 11, 2, 2, 255, 1, 12}

// DefaultPCESVN is the PCE's security version of such a platform.
const DefaultPCESVN = 13

// Platform is a machine with a certified key.
type Platform struct {
	spec      PlatformSpec
	authority *Authority
	pck       issuer
}

// NewPlatform makes a platform and certifies its key.
func (a *Authority) NewPlatform(spec PlatformSpec) *Platform {
	a.platforms++
	if spec.Name == "" {
		spec.Name = fmt.Sprintf("platform %d", a.platforms)
	}
	if spec.CA == 0 {
		spec.CA = dcap.ProcessorCA
	}
	if spec.FMSPC == (dcap.FMSPC{}) {
		spec.FMSPC = DefaultFMSPC
	}
	if spec.Components == ([16]uint8{}) {
		spec.Components = DefaultComponents
	}
	if spec.PCESVN == 0 {
		spec.PCESVN = DefaultPCESVN
	}
	p := &Platform{spec: spec, authority: a}
	p.pck = a.certifyKey("PCK "+spec.Name, "Intel SGX PCK Certificate", a.ca(spec.CA), func(c *x509.Certificate) {
		leaf(c)
		c.ExtraExtensions = []pkix.Extension{{Id: OIDSGX, Value: SGXExtension(spec)}}
		if spec.Template != nil {
			spec.Template(c)
		}
	})
	return p
}

// Serial returns the PCK certificate's serial number, to revoke it.
func (p *Platform) Serial() *big.Int { return p.pck.certificate.SerialNumber }

// FMSPC returns the platform's type.
func (p *Platform) FMSPC() dcap.FMSPC { return p.spec.FMSPC }

// OIDSGX is the identifier of the SGX extension in a PCK certificate.
var OIDSGX = asn1.ObjectIdentifier{1, 2, 840, 113741, 1, 13, 1}

// SGXExtension returns the SGX extension of a platform's PCK certificate.
func SGXExtension(spec PlatformSpec) []byte {
	type item struct {
		ID    asn1.ObjectIdentifier
		Value any
	}
	id := func(arcs ...int) asn1.ObjectIdentifier {
		return append(append(asn1.ObjectIdentifier{}, OIDSGX...), arcs...)
	}
	var tcb []item
	for i, svn := range spec.Components {
		tcb = append(tcb, item{id(2, i+1), int(svn)})
	}
	tcb = append(tcb, item{id(2, 17), int(spec.PCESVN)}, item{id(2, 18), spec.Components[:]})
	ppid := sha256.Sum256([]byte("PPID " + spec.Name))
	return must(asn1.Marshal([]item{
		{id(1), ppid[:16]},
		{id(2), tcb},
		{id(3), spec.PCEID[:]},
		{id(4), spec.FMSPC[:]},
		{id(5), asn1.Enumerated(0)},
	}))
}

// QuoteSpec says what a quote contains. Only Report is needed; the rest makes quotes that must be refused.
type QuoteSpec struct {
	Report   dcap.Report // attributes zero: INIT and MODE64BIT
	QEReport dcap.Report // zero fields: the quoting enclave that the collateral describes
	UserData [20]byte
	// AuthData is the quoting enclave's authentication data; nil: 32 bytes as Intel's has them.
	AuthData []byte
	// Tamper, if set, changes the parts after everything has been signed and before they are put together.
	Tamper func(*Parts)
}

// Parts are the parts of a quote as they stand in it.
type Parts struct {
	Header            []byte
	Report            []byte
	Signature         []byte
	AttestationKey    []byte
	QEReport          []byte
	QEReportSignature []byte
	AuthData          []byte
	CertificationType uint16
	CertificationData []byte
}

// Quote makes a quote of version 3.
func (p *Platform) Quote(spec QuoteSpec) []byte {
	if spec.Report.Attributes == ([16]byte{}) {
		spec.Report.Attributes = [16]byte{0: 0x05, 8: 0xe7}
	}
	qe := spec.QEReport
	if qe.Attributes == ([16]byte{}) {
		qe.Attributes = [16]byte{0: 0x15, 8: 0xe7} // INIT, MODE64BIT, PROVISION_KEY
	}
	if qe.MRSIGNER == ([32]byte{}) {
		qe.MRSIGNER = QEMRSIGNER
	}
	if qe.ISVProdID == 0 {
		qe.ISVProdID = QEISVProdID
	}
	if qe.ISVSVN == 0 {
		qe.ISVSVN = QEISVSVN
	}
	if spec.AuthData == nil {
		for i := range 32 {
			spec.AuthData = append(spec.AuthData, byte(i))
		}
	}
	attestation := Key(p.authority.seed + "/attestation key of " + p.spec.Name)
	parts := &Parts{
		AttestationKey:    must(attestation.PublicKey.Bytes())[1:],
		AuthData:          spec.AuthData,
		CertificationType: 5,
		CertificationData: append(PEM(p.pck.certificate.Raw, p.authority.ca(p.spec.CA).certificate.Raw, p.authority.root.certificate.Raw), 0),
	}
	binding := sha256.Sum256(append(append([]byte{}, parts.AttestationKey...), parts.AuthData...))
	if qe.ReportData == ([64]byte{}) {
		copy(qe.ReportData[:], binding[:])
	}
	parts.QEReport = ReportBytes(qe)
	parts.QEReportSignature = Sign(p.pck.key, parts.QEReport)
	parts.Header = header(qe.ISVSVN, p.spec.PCESVN, spec.UserData)
	parts.Report = ReportBytes(spec.Report)
	parts.Signature = Sign(attestation, append(append([]byte{}, parts.Header...), parts.Report...))
	if spec.Tamper != nil {
		spec.Tamper(parts)
	}
	return parts.Bytes()
}

func header(qeSVN, pceSVN uint16, userData [20]byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, 3) // version
	b = binary.LittleEndian.AppendUint16(b, 2)    // ECDSA P-256
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint16(b, qeSVN)
	b = binary.LittleEndian.AppendUint16(b, pceSVN)
	b = append(b, 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07)
	return append(b, userData[:]...)
}

// Bytes puts the parts together.
func (p *Parts) Bytes() []byte {
	var s []byte
	s = append(s, p.Signature...)
	s = append(s, p.AttestationKey...)
	s = append(s, p.QEReport...)
	s = append(s, p.QEReportSignature...)
	s = binary.LittleEndian.AppendUint16(s, uint16(len(p.AuthData)))
	s = append(s, p.AuthData...)
	s = binary.LittleEndian.AppendUint16(s, p.CertificationType)
	s = binary.LittleEndian.AppendUint32(s, uint32(len(p.CertificationData)))
	s = append(s, p.CertificationData...)
	b := append(append([]byte{}, p.Header...), p.Report...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

// ReportBytes returns a report body of 384 bytes.
func ReportBytes(r dcap.Report) []byte {
	b := make([]byte, 384)
	copy(b[0:], r.CPUSVN[:])
	binary.LittleEndian.PutUint32(b[16:], r.MiscSelect)
	copy(b[48:], r.Attributes[:])
	copy(b[64:], r.MRENCLAVE[:])
	copy(b[128:], r.MRSIGNER[:])
	binary.LittleEndian.PutUint16(b[256:], r.ISVProdID)
	binary.LittleEndian.PutUint16(b[258:], r.ISVSVN)
	copy(b[320:], r.ReportData[:])
	return b
}

// Level is a TCB level of a platform in TCB info.
type Level struct {
	Components  [16]uint8
	PCESVN      uint16
	Status      dcap.TCBStatus
	AdvisoryIDs []string
}

// QELevel is a TCB level of the quoting enclave.
type QELevel struct {
	ISVSVN      uint16
	Status      dcap.TCBStatus
	AdvisoryIDs []string
}

// CollateralSpec says what collateral contains. Platform and IssuedAt are needed.
type CollateralSpec struct {
	// Platform gives FMSPC, PCEID and CA.
	Platform *Platform
	// IssuedAt is when all four pieces were issued; they end 30 days later, or at NextUpdate.
	IssuedAt   time.Time
	NextUpdate time.Time
	// EvaluationDataNumber of TCB info and QE identity; zero: 17.
	EvaluationDataNumber uint32
	CRLNumber            int64                  // zero: 1
	Levels               []Level                // nil: DefaultComponents are up to date, anything else is out of date
	QELevels             []QELevel              // nil: QEISVSVN is up to date, anything else is out of date
	RevokedPCKs          []*big.Int             // serial numbers on the PCK CA's list
	RevokedByRoot        []*big.Int             // serial numbers on the root's list
	TCBInfo              func(o JSON)           // changes TCB info before it is signed
	QEIdentity           func(o JSON)           // changes QE identity before it is signed
	Tamper               func(*dcap.Collateral) // changes the collateral after it has been signed
}

// JSON is an object that is about to be signed.
type JSON = map[string]any

// Collateral makes collateral.
func (a *Authority) Collateral(spec CollateralSpec) *dcap.Collateral {
	if spec.NextUpdate.IsZero() {
		spec.NextUpdate = spec.IssuedAt.Add(30 * 24 * time.Hour)
	}
	if spec.EvaluationDataNumber == 0 {
		spec.EvaluationDataNumber = 17
	}
	if spec.CRLNumber == 0 {
		spec.CRLNumber = 1
	}
	if spec.Levels == nil {
		spec.Levels = []Level{
			{Components: DefaultComponents, PCESVN: DefaultPCESVN, Status: dcap.UpToDate},
			{Status: dcap.OutOfDate, AdvisoryIDs: []string{"TEST-SA-00001"}},
		}
	}
	if spec.QELevels == nil {
		spec.QELevels = []QELevel{
			{ISVSVN: QEISVSVN, Status: dcap.UpToDate},
			{ISVSVN: 0, Status: dcap.OutOfDate, AdvisoryIDs: []string{"TEST-SA-00002"}},
		}
	}
	ca := a.ca(spec.Platform.spec.CA)
	c := &dcap.Collateral{
		Root:       a.root.certificate.Raw,
		RootCRL:    a.CRL("Intel SGX Root CA", spec.CRLNumber, spec.IssuedAt, spec.NextUpdate, spec.RevokedByRoot),
		PCKCA:      ca.certificate.Raw,
		PCKCRL:     a.CRL(ca.certificate.Subject.CommonName, spec.CRLNumber, spec.IssuedAt, spec.NextUpdate, spec.RevokedPCKs),
		TCBInfo:    a.signed(spec.tcbInfo()),
		QEIdentity: a.signed(spec.qeIdentity()),
	}
	if spec.Tamper != nil {
		spec.Tamper(c)
	}
	return c
}

// CRL makes a revocation list of the root CA or of a PCK CA, by its common name.
func (a *Authority) CRL(ca string, number int64, from, until time.Time, serials []*big.Int) []byte {
	signer := a.processor
	switch ca {
	case a.root.certificate.Subject.CommonName:
		signer = a.root
	case a.platform.certificate.Subject.CommonName:
		signer = a.platform
	}
	list := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: from, NextUpdate: until}
	for _, serial := range serials {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: serial, RevocationTime: from, ReasonCode: 1})
	}
	return must(x509.CreateRevocationList(rand.Reader, list, signer.certificate, deterministic{signer.key}))
}

// signed signs a document as the TCB signing certificate's holder does.
func (a *Authority) signed(o JSON) dcap.Signed {
	body := must(json.Marshal(o))
	return dcap.Signed{
		SigningCertificate: a.tcbSigning.certificate.Raw,
		Body:               body,
		Signature:          [64]byte(Sign(a.tcbSigning.key, body)),
	}
}

func (spec CollateralSpec) tcbInfo() JSON {
	var levels []any
	for _, l := range spec.Levels {
		var components []any
		for _, svn := range l.Components {
			components = append(components, JSON{"svn": svn})
		}
		levels = append(levels, level(JSON{"sgxtcbcomponents": components, "pcesvn": l.PCESVN}, l.Status, l.AdvisoryIDs))
	}
	o := spec.document("SGX", 3, levels)
	o["fmspc"] = spec.Platform.spec.FMSPC.String()
	o["pceId"] = fmt.Sprintf("%X", spec.Platform.spec.PCEID[:])
	o["tcbType"] = 0
	if spec.TCBInfo != nil {
		spec.TCBInfo(o)
	}
	return o
}

func (spec CollateralSpec) qeIdentity() JSON {
	var levels []any
	for _, l := range spec.QELevels {
		levels = append(levels, level(JSON{"isvsvn": l.ISVSVN}, l.Status, l.AdvisoryIDs))
	}
	o := spec.document("QE", 2, levels)
	o["miscselect"] = "00000000"
	o["miscselectMask"] = "FFFFFFFF"
	o["attributes"] = "11000000000000000000000000000000"
	o["attributesMask"] = "FBFFFFFFFFFFFFFF0000000000000000"
	o["mrsigner"] = fmt.Sprintf("%X", QEMRSIGNER[:])
	o["isvprodid"] = QEISVProdID
	if spec.QEIdentity != nil {
		spec.QEIdentity(o)
	}
	return o
}

func (spec CollateralSpec) document(id string, version int, levels []any) JSON {
	return JSON{
		"id": id, "version": version,
		"issueDate":               spec.IssuedAt.UTC().Format("2006-01-02T15:04:05Z"),
		"nextUpdate":              spec.NextUpdate.UTC().Format("2006-01-02T15:04:05Z"),
		"tcbEvaluationDataNumber": spec.EvaluationDataNumber,
		"tcbLevels":               levels,
	}
}

func level(tcb JSON, status dcap.TCBStatus, advisories []string) JSON {
	o := JSON{"tcb": tcb, "tcbDate": "2024-03-13T00:00:00Z", "tcbStatus": status.String()}
	if len(advisories) > 0 {
		o["advisoryIDs"] = advisories
	}
	return o
}

// WithOpenEnclaveHeader puts the header of an Open Enclave remote report before a quote.
func WithOpenEnclaveHeader(quote []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 1)
	b = binary.LittleEndian.AppendUint32(b, 2)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(quote)))
	return append(b, quote...)
}

// PEM encodes a chain of certificates.
func PEM(chain ...[]byte) []byte {
	var b []byte
	for _, der := range chain {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return b
}

// Key derives a P-256 key from a name.
func Key(name string) *ecdsa.PrivateKey {
	for i := 0; ; i++ {
		scalar := sha256.Sum256(fmt.Appendf(nil, "dcaptest key %d %s", i, name))
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:]); err == nil {
			return key
		}
	}
}

// Sign returns r || s over SHA-256 of message.
func Sign(key *ecdsa.PrivateKey, message []byte) []byte {
	digest := sha256.Sum256(message)
	der := must(deterministic{key}.Sign(nil, digest[:], crypto.SHA256))
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		panic(err)
	}
	return append(sig.R.FillBytes(make([]byte, 32)), sig.S.FillBytes(make([]byte, 32))...)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
