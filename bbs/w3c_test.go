package bbs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The W3C cryptosuite bbs-2023 hands this package a header and the statements of a credential. Its published signature
// and proof must come out to the byte.
func TestW3CVectors(t *testing.T) {
	const folder = "../../shared/testdata/vc-di-bbs"
	read := func(name string, into any) {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if os.IsNotExist(err) {
			t.Skipf("the published vectors of vc-di-bbs are not at %s", folder)
		}
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, into))
	}
	var keys struct{ PublicKeyHex, PrivateKeyHex hexBytes }
	read("BBSKeyMaterial.json", &keys)
	var hashes struct{ ProofHash, MandatoryHash hexBytes }
	read("addHashData.json", &hashes)
	var transformed struct{ NonMandatory struct{ Value [][2]any } }
	read("addBaseTransform.json", &transformed)
	var base struct{ BBSSignature hexBytes }
	read("addRawBaseSignatureInfo.json", &base)

	var messages [][]byte
	for _, entry := range transformed.NonMandatory.Value {
		messages = append(messages, []byte(entry[1].(string)))
	}
	require.NotEmpty(t, messages)
	header := append(hashes.ProofHash, hashes.MandatoryHash...)

	key, err := SHA256().NewPrivateKey(keys.PrivateKeyHex)
	require.NoError(t, err)
	require.EqualValues(t, keys.PublicKeyHex, key.Public().Bytes())
	sig, err := key.Sign(header, messages)
	require.NoError(t, err)
	require.EqualValues(t, base.BBSSignature, sig)

	var disclosure struct {
		BBSProof            hexBytes
		AdjSelectiveIndexes []int
		PresentationHeader  map[string]byte
	}
	read("derivedDisclosureData.json", &disclosure)
	var disclosed [][]byte
	for _, i := range disclosure.AdjSelectiveIndexes {
		disclosed = append(disclosed, messages[i])
	}
	ph := []byte{disclosure.PresentationHeader["0"], disclosure.PresentationHeader["1"],
		disclosure.PresentationHeader["2"], disclosure.PresentationHeader["3"]}
	require.NoError(t, key.Public().VerifyProof(disclosure.BBSProof, header, ph, disclosure.AdjSelectiveIndexes, disclosed))

	// The vector's randomness is the draft's mocked stream, with the api_id alone as its tag.
	var derive struct{ PresentationHeaderHex, PseudoRandSeedHex hexBytes }
	read("BBSDeriveMaterial.json", &derive)
	require.EqualValues(t, derive.PresentationHeaderHex, ph)
	random := mockedRandom(SHA256(), derive.PseudoRandSeedHex, SHA256().apiID, 5+len(messages)-len(disclosed))
	proof, err := TestingOnlyProveDisclosure(random, key.Public(), sig, header, ph, messages, disclosure.AdjSelectiveIndexes)
	require.NoError(t, err)
	require.EqualValues(t, disclosure.BBSProof, proof)
}
