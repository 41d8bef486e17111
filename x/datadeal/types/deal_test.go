package types_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// TestDealID: the encoding of docs/protocol/exchange.md, byte by byte.
func TestDealID(t *testing.T) {
	consumer := sdk.AccAddress("consumer____________")
	var b []byte
	b = append(b, 0, 0, 0, 15)
	b = append(b, "panacea/v1/deal"...)
	b = append(b, 0, 0, 0, 9)
	b = append(b, "panacea-3"...)
	b = append(b, 0, 0, 0, 20)
	b = append(b, consumer...)
	b = append(b, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2)
	sum := sha256.Sum256(b)
	require.Equal(t, hex.EncodeToString(sum[:16]), types.DealID("panacea-3", consumer, 258))
	require.Equal(t, "dac173acadb548ca29c0606da805cadc", types.DealID("panacea-3", consumer, 1), "a vector for other implementations")

	id, err := types.DealIDBytes(types.DealID("panacea-3", consumer, 1))
	require.NoError(t, err)
	require.Len(t, id, 16)
	require.Equal(t, types.DealID("panacea-3", consumer, 1), types.DealIDString(id))
	for _, wrong := range []string{"", "00", "00112233445566778899AABBCCDDEEFF", "0011223344556677889900112233445566", "0011223344556677889900112233445g"} {
		_, err := types.DealIDBytes(wrong)
		require.ErrorIs(t, err, types.ErrInvalidRequest)
		_, err = types.EscrowAddress(wrong)
		require.ErrorIs(t, err, types.ErrInvalidRequest)
	}
}

func TestADealSplitsAndJoins(t *testing.T) {
	whole := types.Deal{
		Id: "x", Requirements: types.Requirements{MediaType: "application/json", PresentationDefinition: []byte("{}"), TrustedIssuers: []string{"did:web:x"}},
		Terms: []types.AgreementTerm{{Id: 1, Required: true, Title: "t", Text: "x"}, {Id: 4, Title: "u", Text: "y"}},
	}
	summary, contents := whole.Split()
	require.Equal(t, types.Requirements{MediaType: "application/json"}, summary.Requirements)
	require.Equal(t, []types.AgreementTerm{{Id: 1, Required: true}, {Id: 4}}, summary.Terms)
	require.Equal(t, whole, contents.Join(summary))
	require.Equal(t, "t", whole.Terms[0].Title, "the whole one is as it was")
}
