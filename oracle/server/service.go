package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/seal"
)

const (
	// MaxChunk is the largest piece of a stream, in bytes.
	MaxChunk   = 1 << 20
	maxMessage = MaxChunk + 1<<10
)

// service is the gRPC service. Its errors are refusals, or internal errors whose reason stays here.
type service struct{ *Server }

var _ api.OracleServer = service{}

// Status implements api.OracleServer.
func (s service) Status(ctx context.Context, _ *api.StatusRequest) (*api.StatusResponse, error) {
	answer, err := s.config.Status(ctx)
	if err != nil {
		return nil, s.conceal("status", err)
	}
	answer.MaxSubmissionSize = uint64(s.config.Validator.Limits().SubmissionBytes)
	return answer, nil
}

// ContentKey implements api.OracleServer.
func (s service) ContentKey(ctx context.Context, r *api.ContentKeyRequest) (*api.ContentKeyResponse, error) {
	commitment, ok := digestOf(r.DataCommitment)
	if !ok || !isDealID(r.DealId) {
		return nil, api.Refuse(api.RequestMalformed, "", "deal_id has 32, data_commitment 64 lower-case hexadecimal characters")
	}
	answer, err := s.config.Validator.ContentKey(ctx, r.DealId, seal.Commitment(commitment))
	return answer, s.conceal("content_key", err)
}

// ValidateData implements api.OracleServer.
func (s service) ValidateData(stream api.Oracle_ValidateDataServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	header := first.GetHeader()
	if header == nil {
		return api.Refuse(api.RequestMalformed, "", "the stream does not begin with a header")
	}
	var token string
	if values := metadata.ValueFromIncomingContext(stream.Context(), "authorization"); len(values) == 1 {
		token = values[0]
	}
	answer, err := s.validate(stream.Context(), header.DealId, token, header.Size_, &chunks[*api.ValidateDataRequest]{recv: stream.Recv})
	if err != nil {
		return err
	}
	return stream.SendAndClose(answer)
}

// ProvideSchema implements api.OracleServer.
func (s service) ProvideSchema(stream api.Oracle_ProvideSchemaServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	header := first.GetHeader()
	if header == nil || len(header.Digest) != sha256.Size {
		return api.Refuse(api.RequestMalformed, "", "the stream does not begin with a header that has a digest of 32 bytes")
	}
	if err := s.provide(stream.Context(), header.DealId, [32]byte(header.Digest), &chunks[*api.ProvideSchemaRequest]{recv: stream.Recv}); err != nil {
		return err
	}
	return stream.SendAndClose(&api.ProvideSchemaResponse{})
}

// validate is ValidateData of gRPC and of REST.
func (s *Server) validate(ctx context.Context, dealID, authorization string, size uint64, body io.Reader) (*api.ValidateDataResponse, error) {
	release, err := s.upload(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if !isDealID(dealID) {
		return nil, api.Refuse(api.RequestMalformed, "", "deal_id is not 32 lower-case hexadecimal characters")
	}
	if most := s.config.Validator.Limits().SubmissionBytes; size > uint64(most) {
		return nil, api.Refuse(api.TooLarge, "", "a sealed submission may have %d bytes here", most)
	}
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok {
		return nil, api.Refuse(api.TokenInvalid, "", "there is no token: authorization must be Bearer …")
	}
	answer, err := s.config.Validator.Validate(ctx, validate.Request{DealID: dealID, Token: token, Body: body, Admit: func(provider string) error {
		if !s.providers.allow(provider) {
			return api.Refuse(api.RateLimited, "", "too many submissions of this account; ask again later")
		}
		return nil
	}})
	return answer, s.conceal("data", err)
}

// provide is ProvideSchema of gRPC and of REST.
func (s *Server) provide(ctx context.Context, dealID string, digest [32]byte, body io.Reader) error {
	release, err := s.upload(ctx)
	if err != nil {
		return err
	}
	defer release()
	if !isDealID(dealID) {
		return api.Refuse(api.RequestMalformed, "", "deal_id is not 32 lower-case hexadecimal characters")
	}
	return s.conceal("schema", s.config.Validator.ProvideSchema(ctx, dealID, digest, body))
}

// conceal makes of an error what may go to a stranger: a refusal as it is, the end of a request by its peer, and of all else only that it
// happened.
func (s *Server) conceal(route string, err error) error {
	if err == nil {
		return nil
	}
	if refusal := api.RefusalOf(err); refusal != nil {
		if refusal.Code == string(api.ChainUnavailable) {
			s.config.Log.Warn("the chain's state cannot be proven", "route", route, "error", err)
		}
		return refusal
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, errSlow):
		return api.Refuse(api.TooSlow, "", "the request came too slowly")
	case errors.Is(err, context.Canceled), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded),
		status.Code(err) == codes.Canceled, status.Code(err) == codes.DeadlineExceeded:
		return api.Refuse(api.RequestMalformed, "", "the request ended before it was complete")
	}
	s.config.Log.Error("a request failed", "route", route, "error", err)
	return api.Refuse(api.Internal, "", "the oracle has a problem of its own; ask another oracle")
}

// chunks reads a stream's pieces.
type chunks[M interface{ GetChunk() []byte }] struct {
	recv func() (M, error)
	rest []byte
}

func (c *chunks[M]) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		m, err := c.recv()
		if err != nil {
			return 0, err
		}
		c.rest = m.GetChunk()
		if c.rest == nil || len(c.rest) > MaxChunk { // another header, or too much
			return 0, api.Refuse(api.RequestMalformed, "", "after the header come pieces of at most %d bytes", MaxChunk)
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func isDealID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

func digestOf(s string) (d [32]byte, ok bool) {
	if len(s) != 2*len(d) || strings.Trim(s, "0123456789abcdef") != "" {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(s))
	return d, err == nil
}
