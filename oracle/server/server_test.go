package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/cosmos/gogoproto/proto"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/oracle/server"
	"github.com/medibloc/panacea/oracle/validate"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

// oracle is a server that listens.
type oracle struct {
	*fixture.World
	address  string
	registry *prometheus.Registry
	stop     func()
	done     chan error
	server   *server.Server
	rpc      api.OracleClient
}

func serve(t *testing.T, limits server.Limits, edit ...func(*validate.Config)) *oracle {
	t.Helper()
	o := &oracle{World: fixture.NewWorld(t, edit...), registry: prometheus.NewRegistry(), done: make(chan error, 1)}
	var err error
	o.server, err = server.New(server.Config{
		Validator: o.Validator, Registerer: o.registry, Limits: limits,
		Status: func(context.Context) (*api.StatusResponse, error) {
			return &api.StatusResponse{ChainId: fixture.ChainID, Oracle: fixture.Oracle, State: "active", VerifiedTime: fixture.Now}, nil
		},
	})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	o.address = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	o.stop = cancel
	go func() { o.done <- o.server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-o.done:
		case <-time.After(time.Minute):
			t.Error("the server does not end")
		}
	})
	connection, err := grpc.NewClient(o.address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(api.Codec{})))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connection.Close()) })
	o.rpc = api.NewOracleClient(connection)
	return o
}

func (o *oracle) rest(t *testing.T, method, path, token string, body io.Reader, into proto.Message) (*http.Response, *api.Refusal) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+o.address+path, body)
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if response.StatusCode == http.StatusOK {
		if into != nil {
			require.NoError(t, jsonpb.UnmarshalString(string(text), into))
		}
		return response, nil
	}
	require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"), string(text))
	var p struct {
		Code, Requirement, Detail string
		Status                    int
	}
	require.NoError(t, json.Unmarshal(text, &p))
	require.Equal(t, response.StatusCode, p.Status)
	return response, &api.Refusal{Code: p.Code, Requirement: p.Requirement, Message: p.Detail}
}

// call sends a submission over gRPC in pieces.
func (o *oracle) call(t *testing.T, s *fixture.Submission, piece int) (*api.ValidateDataResponse, error) {
	t.Helper()
	stream, err := o.rpc.ValidateData(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+s.Token))
	require.NoError(t, err)
	send := func(m *api.ValidateDataRequest) {
		if err := stream.Send(m); err != nil {
			require.ErrorIs(t, err, io.EOF) // the server has answered already
		}
	}
	send(&api.ValidateDataRequest{Part: &api.ValidateDataRequest_Header{Header: &api.ValidateDataHeader{DealId: fixture.DealID, Size_: uint64(len(s.Sealed))}}})
	for rest := s.Sealed; len(rest) > 0; {
		n := min(piece, len(rest))
		send(&api.ValidateDataRequest{Part: &api.ValidateDataRequest_Chunk{Chunk: rest[:n]}})
		rest = rest[n:]
	}
	return stream.CloseAndRecv()
}

func TestASaleOverRESTAndOverGRPC(t *testing.T) {
	o := serve(t, server.Limits{})
	const schema = `{"$schema":"http://json-schema.org/draft-07/schema#","required":["name"]}`
	digest := o.RequireSchema([]byte(schema))
	content := []byte(`{"name":"x"}`)

	data := "/v1/deals/" + fixture.DealID + "/data"
	s := o.NewSubmission(t, content)
	response, refusal := o.rest(t, http.MethodPost, data, s.Token, bytes.NewReader(s.Sealed), nil)
	require.Equal(t, string(api.SchemaUnknown), refusal.GetCode())
	require.Equal(t, http.StatusConflict, response.StatusCode)
	_, refusal = o.rest(t, http.MethodPut, "/v1/deals/"+fixture.DealID+"/schemas/"+hex.EncodeToString(digest[:]), "", strings.NewReader(schema), nil)
	require.Nil(t, refusal)

	var first api.ValidateDataResponse
	_, refusal = o.rest(t, http.MethodPost, data, s.NewToken(), bytes.NewReader(s.Sealed), &first)
	require.Nil(t, refusal)
	require.NoError(t, first.Certificate.VerifySignature(o.Keys.Public(), first.Signature.Signature))

	s.Token = s.NewToken()
	second, err := o.call(t, s, 700)
	require.NoError(t, err)
	require.Equal(t, &first, second)

	_, refusal = o.rest(t, http.MethodPost, data, s.Token, bytes.NewReader(s.Sealed), nil)
	require.Equal(t, string(api.TokenReplayed), refusal.GetCode())
	_, err = o.call(t, s, 1<<20)
	require.Equal(t, string(api.TokenReplayed), api.RefusalOf(err).GetCode())

	key := "/v1/deals/" + fixture.DealID + "/content-keys/" + hex.EncodeToString(s.Commitment[:])
	response, refusal = o.rest(t, http.MethodGet, key, "", nil, nil)
	require.Equal(t, string(api.ConsentNotFound), refusal.GetCode())
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	o.Chain.Consents[fixture.DealID+hex.EncodeToString(s.Commitment[:])] = &datadeal.Consent{Certificate: first.Certificate}
	var sealed api.ContentKeyResponse
	_, refusal = o.rest(t, http.MethodGet, key, "", nil, &sealed)
	require.Nil(t, refusal)
	require.Equal(t, first.Certificate.ObjectCid, sealed.ObjectCid)
	again, err := o.rpc.ContentKey(t.Context(), &api.ContentKeyRequest{DealId: fixture.DealID, DataCommitment: hex.EncodeToString(s.Commitment[:])})
	require.NoError(t, err)
	require.NotEqual(t, sealed.SealedKey, again.SealedKey) // sealed anew each time

	var status api.StatusResponse
	_, refusal = o.rest(t, http.MethodGet, "/v1/status", "", nil, &status)
	require.Nil(t, refusal)
	require.Equal(t, "active", status.State)
	require.Equal(t, uint64(1<<30), status.MaxSubmissionSize)
}

// More than is read ahead, in pieces that are mostly frames, and in large ones.
func TestALargeDatumOverGRPC(t *testing.T) {
	o := serve(t, server.Limits{})
	s := o.NewSubmission(t, make([]byte, 9<<20))
	for _, piece := range []int{500, 1 << 20} {
		s.Token = s.NewToken()
		_, err := o.call(t, s, piece)
		require.NoError(t, err)
	}
}

func TestTheServerDrains(t *testing.T) {
	admitted := make(chan struct{})
	o := serve(t, server.Limits{}, func(c *validate.Config) {
		c.After = func(step string) {
			if step == "deal" {
				close(admitted)
			}
		}
	})
	s := o.NewSubmission(t, bytes.Repeat([]byte("x"), 3<<20))
	body, feed := io.Pipe()
	answered := make(chan error, 1)
	go func() {
		r, err := http.NewRequest(http.MethodPost, "http://"+o.address+"/v1/deals/"+fixture.DealID+"/data", body)
		if err != nil {
			answered <- err
			return
		}
		r.Header.Set("Authorization", "Bearer "+s.Token)
		response, err := http.DefaultClient.Do(r)
		if err == nil && response.StatusCode != http.StatusOK {
			err = errors.New(response.Status)
		}
		answered <- err
	}()
	_, err := feed.Write(s.Sealed[:1<<20])
	require.NoError(t, err)
	<-admitted
	o.stop()
	_, err = feed.Write(s.Sealed[1<<20:])
	require.NoError(t, err)
	require.NoError(t, feed.Close())
	require.NoError(t, <-answered)
	require.NoError(t, <-o.done)
	o.done <- nil
	_, err = net.Dial("tcp", o.address)
	require.Error(t, err)
}
