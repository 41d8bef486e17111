package seal

import "encoding/binary"

// Labels. Each names one purpose and a version, and is never reused for another.
const (
	labelSubmission   = "panacea/v1/seal/submission"
	labelContentKey   = "panacea/v1/seal/content-key"
	labelOracleSecret = "panacea/v1/seal/oracle-secret"

	labelPresentation = "panacea/v1/presentation"

	labelSubmissionStream = "panacea/v1/seal/submission/stream"

	labelDeriveHPKE        = "panacea/v1/oracle/hpke"
	labelDeriveContentRoot = "panacea/v1/oracle/content-root"
	labelDeriveDuplicates  = "panacea/v1/oracle/duplicates"
	labelDeriveContentKey  = "panacea/v1/oracle/content-key"

	labelCommitment = "panacea/v1/commitment"

	labelTagContent    = "panacea/v1/tag/content"
	labelTagCredential = "panacea/v1/tag/credential"
	labelTagSubject    = "panacea/v1/tag/subject"

	labelDigestJSON  = "panacea/v1/content-digest/json"
	labelDigestBytes = "panacea/v1/content-digest/bytes"
)

// Deal names a deal on a chain.
type Deal struct {
	ChainID string
	ID      string // 32 lower-case hexadecimal characters, as the chain writes it
}

// encode writes a label and fields, each behind its length in four bytes, big-endian: no field can lend bytes to its
// neighbour.
func encode(label string, fields ...[]byte) []byte {
	b := appendField(nil, []byte(label))
	for _, f := range fields {
		b = appendField(b, f)
	}
	return b
}

func appendField(b, field []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...)
}

// encode writes a label, the chain id, the deal id, and more fields.
func (d Deal) encode(label string, more ...[]byte) []byte {
	return encode(label, append([][]byte{[]byte(d.ChainID), []byte(d.ID)}, more...)...)
}
