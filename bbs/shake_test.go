package bbs

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// unhex reads hexadecimal typed into a test.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// draftMessages are m_1 to m_10 of the draft, §8.2.
func draftMessages() [][]byte {
	var messages [][]byte
	for _, m := range []string{
		"9872ad089e452c7b6e283dfac2a80d58e8d0ff71cc4d5e310a1debdda4a45f02",
		"c344136d9ab02da4dd5908bbba913ae6f58c2cc844b802a6f811f5fb075f9b80",
		"7372e9daa5ed31e6cd5c825eac1b855e84476a1d94932aa348e07b73",
		"77fe97eb97a1ebe2e81e4e3597a3ee740a66e9ef2412472c",
		"496694774c5604ab1b2544eababcf0f53278ff50",
		"515ae153e22aae04ad16f759e07237b4",
		"d183ddc6e2665aa4e2f088af",
		"ac55fb33a75909ed",
		"96012096",
		"",
	} {
		messages = append(messages, unhex(m))
	}
	return messages
}

// The figures below are those of the draft's §8.3 and appendix D.1, BLS12-381-SHAKE-256. Its text takes them from the
// files tooling/fixtures/fixture_data/bls12-381-shake-256 of DIF's repository bbs-signature, Apache-2.0.
const (
	shakePublicKey = "92d37d1d6cd38fea3a873953333eab23a4c0377e3e049974eb62bd45949cdeb18fb0490edcd4429adff56e65cbce42cf" +
		"188b31bddbd619e419b99c2c41b38179eb001963bc3decaae0d9f702c7a8c004f207f46c734a5eae2e8e82833f3e7ea5"
	shakeSignature = "956a3427b1b8e3642e60e6a7990b67626811adeec7a0a6cb4f770cdd7c20cf08faabb913ac94d18e1e92832e924cb6e2" +
		"02912b624261fc6c59b0fea801547f67fb7d3253e1e2acbcf90ef59a6911931e"
	shakeNoHeader = "88beeb970f803160d3058eacde505207c576a8c9e4e5dc7c5249cbcf2a046c15f8df047031eef3436e04b779d92a9cdb" +
		"1fe4c6cc035ba1634f1740f9dd49816d3ca745ecbe39f655ea61fb700137fded"
	shakeProof = "b1f8bf99a11c39f04e2a032183c1ead12956ad322dd06799c50f20fb8cf6b0ac279210ef5a2920a7be3ec2aa0911ace7" +
		"b96811a98f3c1cceba4a2147ae763b3ba036f47bc21c39179f2b395e0ab1ac49017ea5b27848547bedd27be481c1dfc0" +
		"b73372346feb94ab16189d4c525652b8d3361bab43463700720ecfb0ee75e595ea1b13330615011050a0dfcffdb21af3" +
		"56dd39bf8bcbfd41bf95d913f4c9b2979e1ed2ca10ac7e881bb6a271722549681e398d29e9ba4eac8848b168eddd5e4a" +
		"cec7df4103e2ed165e6e32edc80f0a3b28c36fb39ca19b4b8acee570deadba2da9ec20d1f236b571e0d4c2ea3b826fe9" +
		"24175ed4dfffbf18a9cfa98546c241efb9164c444d970e8c89849bc8601e96cf228fdefe38ab3b7e289cac859e68d9cb" +
		"b0e648faf692b27df5ff6539c30da17e5444a65143de02ca64cee7b0823be65865cdc310be038ec6b594b99280072ae0" +
		"67bad1117b0ff3201a5506a8533b925c7ffae9cdb64558857db0ac5f5e0f18e750ae77ec9cf35263474fef3f78138c7a" +
		"1ef5cfbc878975458239824fad3ce05326ba3969b1f5451bd82bd1f8075f3d32ece2d61d89a064ab4804c3c892d651d1" +
		"1bc325464a71cd7aacc2d956a811aaff13ea4c35cef7842b656e8ba4758e7558"
	shakeAllDisclosed = "91b0f598268c57b67bc9e55327c3c2b9b1654be89a0cf963ab392fa9e1637c565241d71fd6d7bbd7dfe243de85a9bac8" +
		"b7461575c1e13b5055fed0b51fd0ec1433096607755b2f2f9ba6dc614dfa456916ca0d7fc6482b39c679cfb747a50ea1" +
		"b3dd7ed57aaadc348361e2501a17317352e555a333e014e8e7d71eef808ae4f8fbdf45cd19fde45038bb310d5135f520" +
		"5fc550b077e381fb3a3543dca31a0d8bba97bc0b660a5aa239eb74921e184aa3035fa01eaba32f52029319ec3df4fa4a" +
		"4f716edb31a6ce19a19dbb971380099345070bd0fdeecf7c4774a33e0a116e069d5e215992fb637984802066dee69191" +
		"46ae50b70ea52332dfe57f6e05c66e99f1764d8b890d121d65bfcc2984886ee0"
	draftHeader             = "11223344556677889900aabbccddeeff"
	draftPresentationHeader = "bed231d880675ed101ead304512e043ade9958dd0241ea70b4b3957fba941501"
	draftSeed               = "332e313431353932363533353839373933323338343632363433333833323739"
)

func TestDraftSHAKE256(t *testing.T) {
	s := SHAKE256()

	t.Run("key pair", func(t *testing.T) {
		key, err := s.DeriveKey(
			unhex("746869732d49532d6a7573742d616e2d546573742d494b4d2d746f2d67656e65726174652d246528724074232d6b6579"),
			unhex("746869732d49532d736f6d652d6b65792d6d657461646174612d746f2d62652d757365642d696e2d746573742d6b65792d67656e"),
			[]byte("BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_H2G_HM2S_KEYGEN_DST_"))
		require.NoError(t, err)
		require.Equal(t, "2eee0f60a8a3a8bec0ee942bfd46cbdae9a0738ee68f5a64e7238311cf09a079", hex.EncodeToString(key.Bytes()))
		require.Equal(t, shakePublicKey, hex.EncodeToString(key.Public().Bytes()))

		sig, err := key.Sign(unhex(draftHeader), draftMessages())
		require.NoError(t, err)
		require.Equal(t, shakeSignature, hex.EncodeToString(sig))
		sig, err = key.Sign(nil, draftMessages())
		require.NoError(t, err)
		require.Equal(t, shakeNoHeader, hex.EncodeToString(sig))
	})
	t.Run("hash to scalar", func(t *testing.T) {
		require.Equal(t, "0500031f786fde5326aa9370dd7ffe9535ec7a52cf2b8f432cad5d9acfb73cd3",
			scalarHex(s.hashToScalar(s.tagScalar, draftMessages()[0])))
	})
	t.Run("messages to scalars", func(t *testing.T) {
		scalars := s.messagesToScalars(draftMessages())
		for i, want := range []string{
			"1e0dea6c9ea8543731d331a0ab5f64954c188542b33c5bbc8ae5b3a830f2d99f",
			"3918a40fb277b4c796805d1371931e08a314a8bf8200a92463c06054d2c56a9f",
			"6642b981edf862adf34214d933c5d042bfa8f7ef343165c325131e2ffa32fa94",
		} {
			require.Equal(t, want, scalarHex(scalars[i]))
		}
	})
	t.Run("generators", func(t *testing.T) {
		require.Equal(t, "8929dfbc7e6642c4ed9cba0856e493f8b9d7d5fcb0c31ef8fdcd34d50648a56c795e106e9eada6e0bda386b414150755",
			hex.EncodeToString(encodedG1(&s.p1.points[0])))
		g := s.cache.forPublic(3)
		for i, want := range []string{
			"a9d40131066399fd41af51d883f4473b0dcd7d028d3d34ef17f3241d204e28507d7ecae032afa1d5490849b7678ec1f8",
			"903c7ca0b7e78a2017d0baf74103bd00ca8ff9bf429f834f071c75ffe6bfdec6d6dca15417e4ac08ca4ae1e78b7adc0e",
			"84321f5855bfb6b001f0dfcb47ac9b5cc68f1a4edd20f0ec850e0563b27d2accee6edff1a26b357762fb24e8ddbb6fcb",
		} {
			require.Equal(t, want, hex.EncodeToString(encodedG1(&g.points[i])))
		}
	})
	t.Run("mocked random scalars", func(t *testing.T) {
		dst := append([]byte(nil), s.apiID...)
		got, err := randomScalars(mockedRandom(s, unhex(draftSeed), append(dst, "MOCK_RANDOM_SCALARS_DST_"...), 10), 10)
		require.NoError(t, err)
		require.Equal(t, "1004262112c3eaa95941b2b0d1311c09c845db0099a50e67eda628ad26b43083", scalarHex(got[0]))
		require.Equal(t, "6474fceba35e7e17365dde1a0284170180e446ae96c82943290d7baa3a6ed429", scalarHex(got[9]))
	})
	t.Run("proofs", func(t *testing.T) {
		public, err := s.NewPublicKey(unhex(shakePublicKey))
		require.NoError(t, err)
		require.NoError(t, public.Verify(unhex(draftHeader), draftMessages(), unhex(shakeSignature)))
		require.NoError(t, public.Verify(nil, draftMessages(), unhex(shakeNoHeader)))
		for _, c := range []struct {
			disclosed []int
			proof     string
		}{
			{[]int{0, 2, 4, 6}, shakeProof},
			{[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, shakeAllDisclosed},
		} {
			var messages [][]byte
			for _, i := range c.disclosed {
				messages = append(messages, draftMessages()[i])
			}
			require.NoError(t, public.VerifyProof(unhex(c.proof), unhex(draftHeader), unhex(draftPresentationHeader), c.disclosed, messages))

			dst := append([]byte(nil), s.apiID...)
			random := mockedRandom(s, unhex(draftSeed), append(dst, "MOCK_RANDOM_SCALARS_DST_"...), 15-len(messages))
			proof, err := TestingOnlyProveDisclosure(random, public, unhex(shakeSignature), unhex(draftHeader),
				unhex(draftPresentationHeader), draftMessages(), c.disclosed)
			require.NoError(t, err)
			require.Equal(t, c.proof, hex.EncodeToString(proof))
		}
	})
}
