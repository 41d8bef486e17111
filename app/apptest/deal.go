package apptest

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/seal"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// ConsumerKey returns the key that content keys are sealed to, of a consumer whom a name stands for.
func ConsumerKey(t testing.TB, name string) *seal.PrivateKey {
	t.Helper()
	seed := sha256.Sum256([]byte("consumer key of " + name))
	key, err := seal.ParsePrivateKey(append(binary.BigEndian.AppendUint16(nil, uint16(seal.X25519)), seed[:]...))
	require.NoError(t, err)
	return key
}

// NewDeal returns the message that asks for data of any kind, with one required term and an optional one, for which certificates
// need more than half of the oracles' power.
func NewDeal(t testing.TB, consumer sdk.AccAddress, did string, budget sdk.Coin, count uint64, expires time.Time) *datadealtypes.MsgCreateDeal {
	t.Helper()
	return &datadealtypes.MsgCreateDeal{
		Consumer: consumer.String(), ConsumerDid: did, ConsumerKey: ConsumerKey(t, consumer.String()).Public().Bytes(),
		Budget: budget, DataCount: count,
		Requirements: datadealtypes.Requirements{MediaType: "application/octet-stream"},
		Terms: []datadealtypes.AgreementTerm{
			{Id: 1, Required: true, Title: "Research", Text: "The data serve research only."},
			{Id: 2, Title: "Contact", Text: "The consumer may ask for more."},
		},
		Uniqueness: datadealtypes.UNIQUENESS_CONTENT,
		Quorum:     oracletypes.Fraction{Numerator: 1, Denominator: 2},
		ExpiresAt:  expires,
	}
}

// Consent returns the message by which the certificate's provider sells its datum to a deal of NewDeal, with the signatures of
// some oracles. It agrees to the required term, and not to the other one.
func Consent(certificate oracletypes.Certificate, oracles ...*Oracle) *datadealtypes.MsgSubmitConsent {
	message := &datadealtypes.MsgSubmitConsent{
		Provider: certificate.Provider, Certificate: certificate,
		Answers: []datadealtypes.TermAnswer{{TermId: 1, Agreed: true}, {TermId: 2}},
	}
	for _, oracle := range oracles {
		message.Signatures = append(message.Signatures, oracle.Vouch(certificate))
	}
	slices.SortFunc(message.Signatures, func(a, b oracletypes.OracleSignature) int { return cmp.Compare(a.Oracle, b.Oracle) })
	return message
}

// Response reads the response to the only message of a transaction that succeeded.
func Response(t testing.TB, result *abci.ExecTxResult, response proto.Message) {
	t.Helper()
	var data sdk.TxMsgData
	require.NoError(t, proto.Unmarshal(result.Data, &data))
	require.Len(t, data.MsgResponses, 1)
	require.Equal(t, "/"+proto.MessageName(response), data.MsgResponses[0].TypeUrl)
	require.NoError(t, proto.Unmarshal(data.MsgResponses[0].Value, response))
}
