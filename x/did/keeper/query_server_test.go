package keeper_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

func base64Of(id string) string { return base64.StdEncoding.EncodeToString([]byte(id)) }

func TestDIDAnswersAsMainnet(t *testing.T) {
	c, s := world(t)
	response, err := c.Queries.DID(c.Ctx, &types.QueryDIDRequest{DidBase64: base64Of(s.ID)})
	require.NoError(t, err)
	require.Equal(t, uint64(1), response.DidDocumentWithSeq.Sequence)
	require.True(t, fixture.WithService(s.Document(), "one").Equal(response.DidDocumentWithSeq.Document))

	_, err = c.Queries.DID(c.Ctx, &types.QueryDIDRequest{DidBase64: base64Of(fixture.NewSubject(t, "ended").ID)})
	require.ErrorIs(t, err, types.ErrDIDNotFound, "a deactivated DID")
	require.ErrorContains(t, err, "rpc error: code = NotFound", "what existing clients look for")
}

// chainOfVersions gives the subject n versions, one every 10 seconds from the genesis time on.
func chainOfVersions(t testing.TB, n int) (*fixture.Chain, fixture.Subject) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	c.Create(s)
	for i := 1; i < n; i++ {
		c.NextBlock(10 * time.Second)
		c.Update(s, fixture.WithService(s.Document(), fmt.Sprint("v", i)), uint64(i-1))
	}
	return c, s
}

func TestDocumentAtAVersionAndATime(t *testing.T) {
	const versions = 9
	c, s := chainOfVersions(t, versions)
	ask := func(id string, at *time.Time) (*types.QueryDocumentResponse, error) {
		return c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: s.ID, VersionId: id, VersionTime: at})
	}
	for i := range versions {
		byID, err := ask(fmt.Sprint(i), nil)
		require.NoError(t, err)
		require.Equal(t, uint64(i), byID.Metadata.VersionId)
		require.Equal(t, fixture.Genesis, *byID.Created)
		if i == versions-1 {
			require.Nil(t, byID.Next)
		} else {
			require.Equal(t, uint64(i+1), byID.Next.VersionId)
		}
		written := fixture.Genesis.Add(time.Duration(i) * 10 * time.Second)
		require.Equal(t, written, *byID.Metadata.Time)
		for _, after := range []time.Duration{0, 5 * time.Second, 9 * time.Second} {
			at := written.Add(after).Truncate(time.Second) // as metadata publishes it
			byTime, err := ask("", &at)
			require.NoError(t, err)
			require.Equal(t, byID, byTime, "%v after version %d", after, i)
		}
	}
	before := fixture.Genesis.Add(-time.Second)
	_, err := ask("", &before)
	require.ErrorIs(t, err, types.ErrVersionNotFound)
	future := fixture.Genesis.Add(1000 * time.Hour)
	last, err := ask("", &future)
	require.NoError(t, err)
	current, err := ask("", nil)
	require.NoError(t, err)
	require.Equal(t, current, last)
}

func TestDocumentOfADeactivatedDIDHasItsIDOnly(t *testing.T) {
	c, _ := world(t)
	ended := fixture.NewSubject(t, "ended")
	response, err := c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: ended.ID})
	require.NoError(t, err)
	require.True(t, types.DeactivationDocument(ended.ID).Equal(response.Document))
	require.True(t, response.Deactivated)
	require.True(t, response.Metadata.Deactivated)
	first, err := c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: ended.ID, VersionId: "0"})
	require.NoError(t, err)
	require.True(t, ended.Document().Equal(first.Document))
	require.True(t, first.Deactivated)
	require.False(t, first.Metadata.Deactivated)
	require.True(t, first.Next.Deactivated)
}

func TestVersionsArePaginated(t *testing.T) {
	c, s := chainOfVersions(t, 7)
	for _, reverse := range []bool{false, true} {
		for limit := uint64(1); limit <= 8; limit++ {
			var ids []uint64
			page := &query.PageRequest{Limit: limit, Reverse: reverse}
			for {
				response, err := c.Queries.Versions(c.Ctx, &types.QueryVersionsRequest{Did: s.ID, Pagination: page})
				require.NoError(t, err)
				require.LessOrEqual(t, len(response.Versions), int(limit))
				for _, v := range response.Versions {
					ids = append(ids, v.VersionId)
				}
				if response.Pagination.NextKey == nil {
					break
				}
				page = &query.PageRequest{Limit: limit, Reverse: reverse, Key: response.Pagination.NextKey}
			}
			want := []uint64{0, 1, 2, 3, 4, 5, 6}
			if reverse {
				want = []uint64{6, 5, 4, 3, 2, 1, 0}
			}
			require.Equal(t, want, ids, "limit %d", limit)
		}
	}
}

func TestDocumentsAndAccountDIDsArePaginated(t *testing.T) {
	c := fixture.New(t)
	created := map[string]bool{}
	for i := range 7 {
		s := fixture.NewSubject(t, fmt.Sprint("subject ", i))
		c.Create(s)
		created[s.ID] = true
	}
	other := fixture.NewSubject(t, "other")
	msg := other.CreateMsg(other.Document())
	msg.FromAddress = fixture.Address(t, "other payer")
	_, err := c.Msgs.CreateDID(c.Ctx, msg)
	require.NoError(t, err)

	var documents, accounts []string
	page := &query.PageRequest{Limit: 3}
	for page != nil {
		response, err := c.Queries.Documents(c.Ctx, &types.QueryDocumentsRequest{Pagination: page})
		require.NoError(t, err)
		require.LessOrEqual(t, len(response.Dids), 3)
		for _, d := range response.Dids {
			documents = append(documents, d.Did)
		}
		page = nextPage(response.Pagination, 3)
	}
	require.Len(t, documents, 8)
	require.IsIncreasing(t, documents)
	page = &query.PageRequest{Limit: 3}
	for page != nil {
		response, err := c.Queries.AccountDIDs(c.Ctx, &types.QueryAccountDIDsRequest{Address: fixture.Address(t, "payer"), Pagination: page})
		require.NoError(t, err)
		require.LessOrEqual(t, len(response.Dids), 3)
		accounts = append(accounts, response.Dids...)
		page = nextPage(response.Pagination, 3)
	}
	require.Len(t, accounts, len(created))
	for _, id := range accounts {
		require.True(t, created[id])
	}
}

func nextPage(p *query.PageResponse, limit uint64) *query.PageRequest {
	if p.NextKey == nil {
		return nil
	}
	return &query.PageRequest{Key: p.NextKey, Limit: limit}
}

func TestQueriesRefuse(t *testing.T) {
	absent, payer := fixture.NewSubject(t, "absent").ID, fixture.Address(t, "payer")
	now := fixture.Genesis.Add(time.Hour)
	document := func(r *types.QueryDocumentRequest) func(c *fixture.Chain, s fixture.Subject) error {
		return func(c *fixture.Chain, s fixture.Subject) error {
			if r.Did == "" {
				r.Did = s.ID
			}
			_, err := c.Queries.Document(c.Ctx, r)
			return err
		}
	}
	byBase64 := func(text string) func(c *fixture.Chain, s fixture.Subject) error {
		return func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Queries.DID(c.Ctx, &types.QueryDIDRequest{DidBase64: text})
			return err
		}
	}
	versions := func(page *query.PageRequest) func(c *fixture.Chain, s fixture.Subject) error {
		return func(c *fixture.Chain, s fixture.Subject) error {
			_, err := c.Queries.Versions(c.Ctx, &types.QueryVersionsRequest{Did: s.ID, Pagination: page})
			return err
		}
	}
	documents := func(page *query.PageRequest) func(c *fixture.Chain, s fixture.Subject) error {
		return func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Queries.Documents(c.Ctx, &types.QueryDocumentsRequest{Pagination: page})
			return err
		}
	}
	account := func(address string, page *query.PageRequest) func(c *fixture.Chain, s fixture.Subject) error {
		return func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Queries.AccountDIDs(c.Ctx, &types.QueryAccountDIDsRequest{Address: address, Pagination: page})
			return err
		}
	}
	for _, r := range []struct {
		refusal
		status codes.Code
	}{
		{refusal{"not base64", byBase64("***"), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"URL-safe base64", byBase64("-_-_"), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"base64 of something else", byBase64(base64Of("hello")), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"nothing", byBase64(""), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"oversized base64", byBase64(base64Of(string(make([]byte, 200)))), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"an absent DID in base64", byBase64(base64Of(absent)), types.ErrDIDNotFound}, codes.NotFound},
		{refusal{"an absent DID", document(&types.QueryDocumentRequest{Did: absent}), types.ErrDIDNotFound}, codes.NotFound},
		{refusal{"a malformed DID", document(&types.QueryDocumentRequest{Did: "did:panacea:0"}), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"a version that is no number", document(&types.QueryDocumentRequest{VersionId: "x"}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a version with a leading zero", document(&types.QueryDocumentRequest{VersionId: "01"}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a negative version", document(&types.QueryDocumentRequest{VersionId: "-1"}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a version beyond 64 bits", document(&types.QueryDocumentRequest{VersionId: "18446744073709551616"}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a version that is not there", document(&types.QueryDocumentRequest{VersionId: "2"}), types.ErrVersionNotFound}, codes.NotFound},
		{refusal{"the last possible version", document(&types.QueryDocumentRequest{VersionId: "18446744073709551615"}), types.ErrVersionNotFound}, codes.NotFound},
		{refusal{"a version and a time", document(&types.QueryDocumentRequest{VersionId: "0", VersionTime: &now}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"versions of an absent DID", func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Queries.Versions(c.Ctx, &types.QueryVersionsRequest{Did: absent})
			return err
		}, types.ErrDIDNotFound}, codes.NotFound},
		{refusal{"a key that is no version", versions(&query.PageRequest{Key: []byte("x")}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a key of a version that is not there", versions(&query.PageRequest{Key: make([]byte, 9)}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a key beyond the last version", versions(&query.PageRequest{Key: []byte{255, 0, 0, 0, 0, 0, 0, 0}}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"an offset", versions(&query.PageRequest{Offset: 1}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a total", documents(&query.PageRequest{CountTotal: true}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"an offset in documents", documents(&query.PageRequest{Offset: 1}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a malformed address", account("panacea1", nil), types.ErrInvalidAddress}, codes.InvalidArgument},
		{refusal{"no address", account("", nil), types.ErrInvalidAddress}, codes.InvalidArgument},
		{refusal{"an offset in an account's DIDs", account(payer, &query.PageRequest{Offset: 1}), types.ErrInvalidRequest}, codes.InvalidArgument},
	} {
		t.Run(r.name, func(t *testing.T) {
			c, s := world(t)
			err := r.send(c, s)
			require.ErrorIs(t, err, r.want)
			codespace, code, _ := errorsmod.ABCIInfo(err, false)
			require.Equal(t, types.ModuleName, codespace)
			require.Equal(t, r.want.ABCICode(), code)
			require.Equal(t, r.status, status.Code(err))
		})
	}
}

func TestPagesAreBounded(t *testing.T) {
	c := fixture.New(t)
	_, err := c.Queries.Documents(c.Ctx, &types.QueryDocumentsRequest{Pagination: &query.PageRequest{Limit: 1 << 60}})
	require.NoError(t, err, "the limit is taken down to the most that is served")
}

// TestNilRequestsAreAnswered: a server must survive what a client library would not send.
func TestNilRequestsAreAnswered(t *testing.T) {
	c := fixture.New(t)
	_, err := c.Queries.DID(c.Ctx, nil)
	require.ErrorIs(t, err, types.ErrInvalidDID)
	_, err = c.Queries.Document(c.Ctx, nil)
	require.ErrorIs(t, err, types.ErrInvalidDID)
	_, err = c.Queries.Versions(c.Ctx, nil)
	require.ErrorIs(t, err, types.ErrInvalidDID)
	_, err = c.Queries.AccountDIDs(c.Ctx, nil)
	require.ErrorIs(t, err, types.ErrInvalidAddress)
	_, err = c.Queries.Documents(c.Ctx, nil)
	require.NoError(t, err)
	params, err := c.Queries.Params(c.Ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.DefaultParams(), params.Params)
}
