package types_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/x/oracle/types"
)

// TestSignBytesOfANodeMessage: the encoding by hand, so that an oracle in any language can make it.
func TestSignBytesOfANodeMessage(t *testing.T) {
	msg := &types.MsgUpdateOracleInfo{Sender: "whoever", Oracle: "o", Endpoint: "e", VaultPeer: "v", Sequence: 3, Signature: []byte{9}}
	want := "panacea/oracle/message/v1\x00" +
		"\x00\x00\x00\x09panacea-3" +
		"\x00\x00\x00\x26/panacea.oracle.v1.MsgUpdateOracleInfo" +
		"\x00\x00\x00\x0b" + "\x12\x01o\x1a\x01e\x22\x01v\x28\x03"
	got, err := types.SignBytes("panacea-3", msg)
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString([]byte(want)), hex.EncodeToString(got))
	require.Equal(t, "whoever", msg.Sender, "the message stays as it is")

	other := *msg
	other.Sender, other.Signature = "another", nil
	same, err := types.SignBytes("panacea-3", &other)
	require.NoError(t, err)
	require.Equal(t, got, same, "whoever sends it")
	renewal, err := types.SignBytes("panacea-3", &types.MsgRenewAttestation{Oracle: "o", Sequence: 3})
	require.NoError(t, err)
	require.NotEqual(t, got, renewal)
}

func TestFractions(t *testing.T) {
	third := types.Fraction{Numerator: 1, Denominator: 3}
	for _, c := range []struct {
		part, whole int64
		want        bool
	}{{1, 3, false}, {2, 5, true}, {333_333, 1_000_000, false}, {333_334, 1_000_000, true}, {0, 0, false}} {
		require.Equal(t, c.want, third.ExceededBy(math.NewInt(c.part), math.NewInt(c.whole)), "%d of %d", c.part, c.whole)
	}
}
