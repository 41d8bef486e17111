package dcap

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// MaxQuoteSize is the largest quote that is read, in bytes, header of Open Enclave included. Real ones have 4.5 to 5 KiB.
const MaxQuoteSize = 16 << 10

// Sizes in bytes of the parts of a quote (QL appendix A, "Quote Format").
const (
	headerSize    = 48
	reportSize    = 384
	signedSize    = headerSize + reportSize // what the attestation key signs
	signatureSize = 64                      // r || s, big-endian
	publicKeySize = 64                      // x || y, big-endian
)

const (
	quoteVersion            = 3
	attestationKeyECDSAP256 = 2
	teeTypeTDX              = 0x81
	certificationDataPCK    = 5
)

// intelQEVendorID is Intel's UUID in the header's QE vendor field (QL appendix A, "Quote Header").
var intelQEVendorID = [16]byte{0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07}

// Report is the body of an enclave report: what the CPU says of an enclave (QL appendix A, "Enclave Report Body").
type Report struct {
	CPUSVN     [16]byte
	MiscSelect uint32
	Attributes [16]byte // flags, then XFRM, both little-endian
	MRENCLAVE  [32]byte
	MRSIGNER   [32]byte
	ISVProdID  uint16
	ISVSVN     uint16
	ReportData [64]byte
}

// attributeDebug is ATTRIBUTES.DEBUG (Intel SDM volume 3D, "ATTRIBUTES Structure").
const attributeDebug = 0x02

// Debug reports whether the enclave runs in debug mode.
func (r Report) Debug() bool { return r.Attributes[0]&attributeDebug != 0 }

func parseReport(b []byte) Report {
	r := Report{
		CPUSVN:     [16]byte(b[0:16]),
		MiscSelect: binary.LittleEndian.Uint32(b[16:]),
		Attributes: [16]byte(b[48:64]),
		MRENCLAVE:  [32]byte(b[64:96]),
		MRSIGNER:   [32]byte(b[128:160]),
		ISVProdID:  binary.LittleEndian.Uint16(b[256:]),
		ISVSVN:     binary.LittleEndian.Uint16(b[258:]),
	}
	copy(r.ReportData[:], b[320:384])
	return r
}

// Quote is a parsed quote. Nothing in it is verified.
type Quote struct {
	// Report is what the quote says of the attested enclave.
	Report Report
	// UserData is the header's free field; Intel's quoting enclave puts the platform's QE identifier into its first 16 bytes.
	UserData [20]byte
	// PCK is what the platform's certificate inside the quote says.
	PCK PCK

	signed            []byte // header and report, as signed
	signature         []byte
	attestationKey    []byte
	qeReport          Report
	qeReportRaw       []byte
	qeReportSignature []byte
	qeAuthData        []byte
	chain             *pckChain
}

// ParseQuote reads a quote of version 3, bare or behind the report header that Open Enclave and EGo put in front. Every
// byte is accounted for: there is nothing after the quote, and nothing in it that is ignored.
//
// Errors: ErrSize, ErrOpenEnclaveHeader, ErrTDX, ErrQuoteVersion, ErrAttestationKeyType, ErrQEVendor, ErrCertificationData,
// ErrQuoteFormat, ErrCertificateFormat, ErrPCKExtension.
func ParseQuote(b []byte) (*Quote, error) {
	if len(b) > MaxQuoteSize {
		return nil, fmt.Errorf("%w: quote of %d bytes, at most %d are read", ErrSize, len(b), MaxQuoteSize)
	}
	b, err := stripOpenEnclaveHeader(bytes.Clone(b))
	if err != nil {
		return nil, err
	}
	if err := checkHeader(b); err != nil {
		return nil, err
	}
	if len(b) < signedSize+4 {
		return nil, fmt.Errorf("%w: %d bytes end before the signature", ErrQuoteFormat, len(b))
	}
	q := &Quote{
		Report:   parseReport(b[headerSize:signedSize]),
		UserData: [20]byte(b[28:48]),
		signed:   b[:signedSize],
	}
	r := reader{b: b[signedSize:]}
	if n := r.uint32(); uint64(n) != uint64(len(r.b)) {
		return nil, fmt.Errorf("%w: signature data of %d bytes announced, %d are there", ErrQuoteFormat, n, len(r.b))
	}
	// QL appendix A, "ECDSA 256-bit Quote Signature Data Structure".
	q.signature = r.take(signatureSize)
	q.attestationKey = r.take(publicKeySize)
	q.qeReportRaw = r.take(reportSize)
	q.qeReportSignature = r.take(signatureSize)
	q.qeAuthData = r.take(int(r.uint16()))
	kind := r.uint16()
	size := r.uint32()
	if r.short {
		return nil, fmt.Errorf("%w: signature data end early", ErrQuoteFormat)
	}
	if kind != certificationDataPCK {
		return nil, fmt.Errorf("%w: certification data of type %d", ErrCertificationData, kind)
	}
	if uint64(size) != uint64(len(r.b)) {
		return nil, fmt.Errorf("%w: certification data of %d bytes announced, %d are there", ErrQuoteFormat, size, len(r.b))
	}
	q.qeReport = parseReport(q.qeReportRaw)
	if q.chain, err = parsePCKChain(r.b); err != nil {
		return nil, err
	}
	q.PCK = q.chain.pck
	return q, nil
}

// checkHeader reads the 48-byte header (QL appendix A, "Quote Header"; QVL 4.1.2.4.3).
func checkHeader(b []byte) error {
	if len(b) < headerSize {
		return fmt.Errorf("%w: %d bytes are less than a header", ErrQuoteFormat, len(b))
	}
	version := binary.LittleEndian.Uint16(b)
	reserved := binary.LittleEndian.Uint32(b[4:]) // the TEE type from version 4 on
	switch {
	case version > quoteVersion && reserved == teeTypeTDX:
		return ErrTDX
	case version != quoteVersion:
		return fmt.Errorf("%w: version %d", ErrQuoteVersion, version)
	case reserved != 0:
		return fmt.Errorf("%w: reserved field of the header is %#x", ErrQuoteFormat, reserved)
	}
	if kind := binary.LittleEndian.Uint16(b[2:]); kind != attestationKeyECDSAP256 {
		return fmt.Errorf("%w: type %d", ErrAttestationKeyType, kind)
	}
	if [16]byte(b[12:28]) != intelQEVendorID {
		return ErrQEVendor
	}
	return nil
}

// reader takes little-endian fields off the front of b; short is set when b ends early.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if r.short || n > len(r.b) {
		r.short = true
		return nil
	}
	head := r.b[:n:n]
	r.b = r.b[n:]
	return head
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}
