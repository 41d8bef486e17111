package did_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
)

// largestDocument has as many methods and references as the limits let through, and the longest id.
func largestDocument() []byte {
	id := "did:example:" + strings.Repeat("a", did.MaxDIDLength-len("did:example:"))
	var methods, references []string
	for i := range 256 {
		methods = append(methods, fmt.Sprintf(`{"id":"#%d","type":"M","controller":"did:x:1"}`, i))
		references = append(references, fmt.Sprintf(`"#%d"`, i))
	}
	refs := strings.Join(references, ",")
	return fmt.Appendf(nil, `{"id":%q,"verificationMethod":[%s],"authentication":[%s],"assertionMethod":[%s]}`, id, strings.Join(methods, ","), refs, refs)
}

// BenchmarkParseLargestDocument bounds what a stranger's document can cost.
func BenchmarkParseLargestDocument(b *testing.B) {
	doc := largestDocument()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		_, err := did.ParseDocument(doc)
		require.NoError(b, err)
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, kt := range signingTypes() {
		b.Run(kt.String(), func(b *testing.B) {
			k := testKey(b, kt, 1)
			sig, err := k.Sign([]byte("m"))
			require.NoError(b, err)
			for b.Loop() {
				require.NoError(b, k.Public().Verify([]byte("m"), sig))
			}
		})
	}
}

func BenchmarkParsePublicKeyMultibase(b *testing.B) {
	for _, kt := range did.KeyTypes() {
		b.Run(kt.String(), func(b *testing.B) {
			s := testKey(b, kt, 1).Public().Multibase()
			for b.Loop() {
				_, err := did.ParsePublicKeyMultibase(s)
				require.NoError(b, err)
			}
		})
	}
}
