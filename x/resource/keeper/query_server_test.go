package keeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

// series publishes n versions of one resource, one every 10 seconds from the genesis time on.
func series(t testing.TB, n int) (*fixture.Chain, fixture.Publisher) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	previous := ""
	for i := range n {
		if i > 0 {
			c.NextBlock(10 * time.Second)
		}
		r := schema(fmt.Sprint("v", i), fmt.Sprint(i, ".0"), previous)
		c.Publish(p, r)
		previous = r.ID
	}
	return c, p
}

func TestAVersionByLabelAndByTime(t *testing.T) {
	const versions = 9
	c, p := series(t, versions)
	ask := func(label string, at *time.Time) (*types.QueryNamedResourceResponse, error) {
		request := &types.QueryNamedResourceRequest{Did: p.ID, Name: "patient", ResourceType: "JsonSchema", Version: label, VersionTime: at}
		answer, err := c.Queries.NamedResource(c.Ctx, request)
		metadata, metadataErr := c.Queries.NamedMetadata(c.Ctx, &types.QueryNamedMetadataRequest{
			Did: p.ID, Name: "patient", ResourceType: "JsonSchema", Version: label, VersionTime: at,
		})
		if err == nil {
			require.NoError(t, metadataErr)
			require.Equal(t, answer.Metadata, metadata.Metadata)
			require.Equal(t, types.Checksum(answer.Data), answer.Metadata.Checksum)
		} else {
			require.Equal(t, status.Code(err), status.Code(metadataErr))
		}
		return answer, err
	}
	for i := range versions {
		byLabel, err := ask(fmt.Sprint(i, ".0"), nil)
		require.NoError(t, err)
		require.Equal(t, uint64(i+1), byLabel.Metadata.Number)
		written := fixture.Genesis.Add(time.Duration(i) * 10 * time.Second)
		require.Equal(t, written, byLabel.Metadata.Created)
		for _, after := range []time.Duration{0, 5 * time.Second, 9 * time.Second} {
			at := written.Add(after).Truncate(time.Second) // as metadata publishes it
			byTime, err := ask("", &at)
			require.NoError(t, err)
			require.Equal(t, byLabel, byTime, "%v after version %d", after, i)
		}
	}
	before := fixture.Genesis.Add(-time.Second)
	_, err := ask("", &before)
	require.ErrorIs(t, err, types.ErrResourceNotFound)
	future := fixture.Genesis.Add(1000 * time.Hour)
	last, err := ask("", &future)
	require.NoError(t, err)
	latest, err := ask("", nil)
	require.NoError(t, err)
	require.Equal(t, latest, last)
	require.Equal(t, uint64(versions), latest.Metadata.Number)
}

func TestVersionsOfOneBlock(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	c.Publish(p, schema("first", "", ""))
	c.Publish(p, schema("second", "", fixture.UUID("first")))
	answer, err := c.Queries.NamedMetadata(c.Ctx, &types.QueryNamedMetadataRequest{
		Did: p.ID, Name: "patient", ResourceType: "JsonSchema", VersionTime: &fixture.Genesis,
	})
	require.NoError(t, err)
	require.Equal(t, fixture.UUID("second"), answer.Metadata.Id, "the last of the block is in force")
}

// pages reads all pages of a list.
func pages(t testing.TB, limit uint64, reverse bool, ask func(*query.PageRequest) ([]types.Metadata, *query.PageResponse, error)) (ids []string) {
	page := &query.PageRequest{Limit: limit, Reverse: reverse}
	for {
		list, next, err := ask(page)
		require.NoError(t, err)
		require.LessOrEqual(t, len(list), int(limit))
		for _, m := range list {
			ids = append(ids, m.Id)
		}
		if next.NextKey == nil {
			return ids
		}
		page = &query.PageRequest{Limit: limit, Reverse: reverse, Key: next.NextKey}
	}
}

func TestListsArePaginated(t *testing.T) {
	c, p := series(t, 7)
	for i := range 5 {
		c.Publish(p, fixture.Resource{ID: fixture.UUID(fmt.Sprint("other", i)), Name: fmt.Sprint("list", i%4), Type: fmt.Sprint("T", i/4), MediaType: "a/b", Data: []byte("x")})
	}
	stranger := fixture.NewPublisher(t, "stranger")
	c.CreateDID(stranger, stranger.Document())
	c.Publish(stranger, schema("strange", "", ""))

	all := func(page *query.PageRequest) ([]types.Metadata, *query.PageResponse, error) {
		r, err := c.Queries.Resources(c.Ctx, &types.QueryResourcesRequest{Did: p.ID, Pagination: page})
		return r.GetResources(), r.GetPagination(), err
	}
	versions := func(page *query.PageRequest) ([]types.Metadata, *query.PageResponse, error) {
		r, err := c.Queries.Versions(c.Ctx, &types.QueryVersionsRequest{Did: p.ID, Name: "patient", ResourceType: "JsonSchema", Pagination: page})
		return r.GetVersions(), r.GetPagination(), err
	}
	latest := func(name, resourceType string, at *time.Time) func(page *query.PageRequest) ([]types.Metadata, *query.PageResponse, error) {
		return func(page *query.PageRequest) ([]types.Metadata, *query.PageResponse, error) {
			r, err := c.Queries.Latest(c.Ctx, &types.QueryLatestRequest{Did: p.ID, Name: name, ResourceType: resourceType, VersionTime: at, Pagination: page})
			return r.GetResources(), r.GetPagination(), err
		}
	}
	other := func(numbers ...int) (ids []string) {
		for _, n := range numbers {
			ids = append(ids, fixture.UUID(fmt.Sprint("other", n)))
		}
		return ids
	}
	v := func(numbers ...int) (ids []string) {
		for _, n := range numbers {
			ids = append(ids, fixture.UUID(fmt.Sprint("v", n)))
		}
		return ids
	}
	then := fixture.Genesis.Add(25 * time.Second)
	for limit := uint64(1); limit <= 13; limit++ {
		everything := pages(t, limit, false, all)
		require.Len(t, everything, 12)
		require.IsIncreasing(t, everything)
		require.Equal(t, v(0, 1, 2, 3, 4, 5, 6), pages(t, limit, false, versions))
		require.Equal(t, v(6, 5, 4, 3, 2, 1, 0), pages(t, limit, true, versions))
		require.Equal(t, append(other(0, 4, 1, 2, 3), v(6)...), pages(t, limit, false, latest("", "", nil)), "by name, then type")
		require.Equal(t, other(0, 4), pages(t, limit, false, latest("list0", "", nil)))
		require.Equal(t, other(0, 1, 2, 3), pages(t, limit, false, latest("", "T0", nil)))
		require.Equal(t, other(3, 2, 1, 0), pages(t, limit, true, latest("", "T0", nil)))
		require.Equal(t, other(4), pages(t, limit, false, latest("list0", "T1", nil)))
		require.Empty(t, pages(t, limit, false, latest("list1", "T1", nil)))
		require.Empty(t, pages(t, limit, false, latest("list", "", nil)), "a name is matched whole")
		require.Equal(t, v(2), pages(t, limit, false, latest("", "", &then)), "what came later is left out")
	}
	_, err := c.Queries.Resources(c.Ctx, &types.QueryResourcesRequest{Did: p.ID, Pagination: &query.PageRequest{Limit: 1 << 60}})
	require.NoError(t, err, "the limit is taken down to the most that is served")
}

// TestAPageKeyDoesNotLeaveItsList: keys made up by a client show nothing of another DID.
func TestAPageKeyDoesNotLeaveItsList(t *testing.T) {
	c, p := world(t)
	stranger := fixture.NewPublisher(t, "stranger")
	c.CreateDID(stranger, stranger.Document())
	for _, key := range []string{"\x00", "zzzz", "\xff\xff", strings.Repeat("a", 1000)} {
		for _, reverse := range []bool{false, true} {
			page := &query.PageRequest{Key: []byte(key), Reverse: reverse}
			r, err := c.Queries.Resources(c.Ctx, &types.QueryResourcesRequest{Did: stranger.ID, Pagination: page})
			require.NoError(t, err)
			require.Empty(t, r.Resources)
			l, err := c.Queries.Latest(c.Ctx, &types.QueryLatestRequest{Did: p.ID, ResourceType: "JsonSchema", Pagination: page})
			require.NoError(t, err)
			for _, m := range l.Resources {
				require.Equal(t, "JsonSchema", m.ResourceType)
				require.Equal(t, p.ID, m.DID())
			}
		}
	}
}

func TestQueriesRefuse(t *testing.T) {
	absent, uuid := fixture.NewPublisher(t, "absent").ID, fixture.UUID("first")
	now := fixture.Genesis.Add(time.Hour)
	resource := func(id, uuid string) func(c *fixture.Chain, p fixture.Publisher) error {
		return func(c *fixture.Chain, p fixture.Publisher) error {
			if id == "" {
				id = p.ID
			}
			_, err := c.Queries.Resource(c.Ctx, &types.QueryResourceRequest{Did: id, Id: uuid})
			_, metadataErr := c.Queries.Metadata(c.Ctx, &types.QueryMetadataRequest{Did: id, Id: uuid})
			require.Equal(c, status.Code(err), status.Code(metadataErr))
			return err
		}
	}
	named := func(r *types.QueryNamedResourceRequest) func(c *fixture.Chain, p fixture.Publisher) error {
		return func(c *fixture.Chain, p fixture.Publisher) error {
			r.Did = p.ID
			_, err := c.Queries.NamedResource(c.Ctx, r)
			return err
		}
	}
	latest := func(r *types.QueryLatestRequest) func(c *fixture.Chain, p fixture.Publisher) error {
		return func(c *fixture.Chain, p fixture.Publisher) error {
			if r.Did == "" {
				r.Did = p.ID
			}
			_, err := c.Queries.Latest(c.Ctx, r)
			return err
		}
	}
	versions := func(r *types.QueryVersionsRequest) func(c *fixture.Chain, p fixture.Publisher) error {
		return func(c *fixture.Chain, p fixture.Publisher) error {
			r.Did = p.ID
			_, err := c.Queries.Versions(c.Ctx, r)
			return err
		}
	}
	for _, r := range []struct {
		refusal
		status codes.Code
	}{
		{refusal{"a malformed DID", resource("did:panacea:0", uuid), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"a malformed id", resource("", "x"), types.ErrInvalidID}, codes.InvalidArgument},
		{refusal{"an absent DID", resource(absent, uuid), types.ErrResourceNotFound}, codes.NotFound},
		{refusal{"an absent id", resource("", fixture.UUID("absent")), types.ErrResourceNotFound}, codes.NotFound},
		{refusal{"no name", named(&types.QueryNamedResourceRequest{ResourceType: "JsonSchema"}), types.ErrInvalidName}, codes.InvalidArgument},
		{refusal{"a name with a NUL", named(&types.QueryNamedResourceRequest{Name: "patient\x00", ResourceType: "JsonSchema"}), types.ErrInvalidName}, codes.InvalidArgument},
		{refusal{"no type", named(&types.QueryNamedResourceRequest{Name: "patient"}), types.ErrInvalidName}, codes.InvalidArgument},
		{refusal{"an absent name", named(&types.QueryNamedResourceRequest{Name: "x", ResourceType: "JsonSchema"}), types.ErrResourceNotFound}, codes.NotFound},
		{refusal{"an absent type", named(&types.QueryNamedResourceRequest{Name: "patient", ResourceType: "x"}), types.ErrResourceNotFound}, codes.NotFound},
		{refusal{"an absent version", named(&types.QueryNamedResourceRequest{Name: "patient", ResourceType: "JsonSchema", Version: "9"}), types.ErrResourceNotFound}, codes.NotFound},
		{refusal{"a version with a NUL", named(&types.QueryNamedResourceRequest{Name: "patient", ResourceType: "JsonSchema", Version: "\x00"}), types.ErrInvalidName}, codes.InvalidArgument},
		{refusal{"a version and a time", named(&types.QueryNamedResourceRequest{Name: "patient", ResourceType: "JsonSchema", Version: "1.0.0", VersionTime: &now}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"versions of nothing", versions(&types.QueryVersionsRequest{Name: "x", ResourceType: "JsonSchema"}), types.ErrResourceNotFound}, codes.NotFound},
		{refusal{"versions without a type", versions(&types.QueryVersionsRequest{Name: "x"}), types.ErrInvalidName}, codes.InvalidArgument},
		{refusal{"an offset in versions", versions(&types.QueryVersionsRequest{Name: "patient", ResourceType: "JsonSchema", Pagination: &query.PageRequest{Offset: 1}}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"the latest of a malformed DID", latest(&types.QueryLatestRequest{Did: "x"}), types.ErrInvalidDID}, codes.InvalidArgument},
		{refusal{"a list of a malformed name", latest(&types.QueryLatestRequest{Name: "\x00"}), types.ErrInvalidName}, codes.InvalidArgument},
		{refusal{"a list of a malformed type", latest(&types.QueryLatestRequest{ResourceType: "\x00"}), types.ErrInvalidName}, codes.InvalidArgument},
		{refusal{"an offset", latest(&types.QueryLatestRequest{Pagination: &query.PageRequest{Offset: 1}}), types.ErrInvalidRequest}, codes.InvalidArgument},
		{refusal{"a total", func(c *fixture.Chain, p fixture.Publisher) error {
			_, err := c.Queries.Resources(c.Ctx, &types.QueryResourcesRequest{Did: p.ID, Pagination: &query.PageRequest{CountTotal: true}})
			return err
		}, types.ErrInvalidRequest}, codes.InvalidArgument},
	} {
		t.Run(r.name, func(t *testing.T) {
			c, p := world(t)
			err := r.send(c, p)
			require.ErrorIs(t, err, r.want)
			codespace, code, _ := errorsmod.ABCIInfo(err, false)
			require.Equal(t, types.ModuleName, codespace)
			require.Equal(t, r.want.ABCICode(), code)
			require.Equal(t, r.status, status.Code(err))
		})
	}
}

// TestNilRequestsAreAnswered: a server must survive what a client library would not send.
func TestNilRequestsAreAnswered(t *testing.T) {
	c := fixture.New(t)
	for _, ask := range []func() error{
		func() error { _, err := c.Queries.Resource(c.Ctx, nil); return err },
		func() error { _, err := c.Queries.Metadata(c.Ctx, nil); return err },
		func() error { _, err := c.Queries.Resources(c.Ctx, nil); return err },
		func() error { _, err := c.Queries.NamedResource(c.Ctx, nil); return err },
		func() error { _, err := c.Queries.NamedMetadata(c.Ctx, nil); return err },
		func() error { _, err := c.Queries.Versions(c.Ctx, nil); return err },
		func() error { _, err := c.Queries.Latest(c.Ctx, nil); return err },
	} {
		require.ErrorIs(t, ask(), types.ErrInvalidDID)
	}
	params, err := c.Queries.Params(c.Ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.DefaultParams(), params.Params)
}
