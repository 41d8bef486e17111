package validate_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/seal"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

const schemaText = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["name"],"properties":{"name":{"type":"string"}}}`

// buy does what the consumer does: it has the consent on the chain, gets the key, fetches the object and opens it.
func buy(t *testing.T, w *fixture.World, answer *api.ValidateDataResponse) []byte {
	t.Helper()
	c := answer.Certificate
	commitment := seal.Commitment(c.DataCommitment)
	w.Chain.Consents[fixture.DealID+hex.EncodeToString(c.DataCommitment)] = &datadeal.Consent{Certificate: c}
	sealed, err := w.Validator.ContentKey(t.Context(), fixture.DealID, commitment)
	require.NoError(t, err)
	require.Equal(t, c.ObjectCid, sealed.ObjectCid)
	key, err := seal.OpenContentKey(w.Consumer, seal.Deal{ChainID: fixture.ChainID, ID: fixture.DealID}, commitment, sealed.SealedKey)
	require.NoError(t, err)
	id, err := cid.Decode(c.ObjectCid)
	require.NoError(t, err)
	object, err := w.Vault.Open(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, int64(c.ObjectSize), object.Info().Size)
	r, err := seal.OpenObject(key, commitment, object)
	require.NoError(t, err)
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	return content
}

func TestAnyBytesAreVouchedForStoredAndDelivered(t *testing.T) {
	w := fixture.NewWorld(t)
	for _, size := range []int{0, 1, 300 << 10, 5<<20 + 17} {
		content := bytes.Repeat([]byte{byte(size), 1, 2, 3, 5}, size/5+1)[:size]
		answer, err := w.Submit(t, content)
		require.NoError(t, err)
		require.NoError(t, answer.Certificate.VerifySignature(w.Keys.Public(), answer.Signature.Signature))
		require.Equal(t, w.Provider.Address, answer.Certificate.Provider)
		require.Equal(t, fixture.Oracle, answer.Signature.Oracle)
		require.Equal(t, int64(150), answer.Certificate.LastHeight)
		require.Equal(t, content, buy(t, w, answer))
	}
}

func TestJSONIsValidatedAgainstEverySchema(t *testing.T) {
	w := fixture.NewWorld(t)
	digest := w.RequireSchema([]byte(schemaText))
	content := []byte(` {"name": "x", "value": 1.10} `)

	_, err := w.Submit(t, content)
	require.Equal(t, string(api.SchemaUnknown), api.RefusalOf(err).GetCode())
	require.NoError(t, w.Validator.ProvideSchema(t.Context(), fixture.DealID, digest, bytes.NewReader([]byte(schemaText))))
	answer, err := w.Submit(t, content)
	require.NoError(t, err)
	require.Equal(t, content, buy(t, w, answer))

	_, err = w.Submit(t, []byte(`{"name": 7}`))
	refusal := api.RefusalOf(err)
	require.Equal(t, string(api.SchemaViolation), refusal.GetCode())
	require.Equal(t, "schemas[0]", refusal.Requirement)
	require.Contains(t, refusal.Message, "/name: type string")
}
