package exchange

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/cosmos/gogoproto/proto"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
)

// maxAnswer bounds what an oracle may answer, in bytes.
const maxAnswer = 256 << 10

// oracleAPI is one oracle's API, over REST: a URL is all that the chain says of it.
type oracleAPI struct {
	base   string
	client *http.Client
	wait   time.Duration // for an answer, beside what sending takes
}

// An oracle gets answerTime and a second for each slowest bytes: another is asked after that.
const (
	answerTime = time.Minute
	slowest    = 256 << 10
)

// ownClient goes where the chain says, and nowhere else. Each call has its own time.
var ownClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func clientOr(c *http.Client) *http.Client {
	if c != nil {
		return c
	}
	return ownClient
}

// newOracleAPI checks an endpoint as it stands on the chain: an operator wrote it.
func newOracleAPI(endpoint string, client *http.Client) (*oracleAPI, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%w: its endpoint %.200q is no URL of an API", ErrOracle, endpoint)
	}
	return &oracleAPI{base: strings.TrimSuffix(u.String(), "/"), client: client, wait: answerTime}, nil
}

// call makes a request and reads the answer into a message, which may be nil, in bounded time. An answer that is not yes is a *Refusal if it
// has a code.
func (a *oracleAPI) call(ctx context.Context, method, path string, body io.Reader, size int64, token string, into proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, a.wait+time.Duration(size/slowest)*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	if body != nil {
		request.ContentLength = size
		request.Header.Set("Content-Type", "application/octet-stream")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return fmt.Errorf("exchange: ask the oracle: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("exchange: the oracle's answer: %w", err)
	}
	if len(answer) > maxAnswer {
		return fmt.Errorf("%w: its answer has more than %d bytes", ErrOracle, maxAnswer)
	}
	if response.StatusCode/100 != 2 {
		return refusalOf(response.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	u := jsonpb.Unmarshaler{AllowUnknownFields: true}
	if err := u.Unmarshal(strings.NewReader(string(answer)), into); err != nil {
		return fmt.Errorf("%w: its answer cannot be read: %w", ErrOracle, err)
	}
	return nil
}

// refusalOf reads problem details (RFC 9457) with a code.
func refusalOf(status int, answer []byte) error {
	var problem struct {
		Code        string `json:"code"`
		Requirement string `json:"requirement"`
		Detail      string `json:"detail"`
		Message     string `json:"message"`
	}
	if err := json.Unmarshal(answer, &problem); err != nil || problem.Code == "" {
		return fmt.Errorf("exchange: the oracle answered %d %s", status, http.StatusText(status))
	}
	message := problem.Detail
	if message == "" {
		message = problem.Message
	}
	return &Refusal{Code: printable(problem.Code), Requirement: printable(problem.Requirement), Message: printable(message)}
}

// printable is a stranger's text as a terminal may show it, cut at a length.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return s
}

// status asks who the oracle says it is.
func (a *oracleAPI) status(ctx context.Context) (*api.StatusResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	s := &api.StatusResponse{}
	return s, a.call(ctx, http.MethodGet, "/v1/status", nil, 0, "", s)
}

// validate sends a sealed submission and returns what the oracle vouches for.
func (a *oracleAPI) validate(ctx context.Context, dealID, token string, sealed io.Reader, size int64) (*api.ValidateDataResponse, error) {
	out := &api.ValidateDataResponse{}
	return out, a.call(ctx, http.MethodPost, "/v1/deals/"+dealID+"/data", sealed, size, token, out)
}

// provideSchema hands a schema over.
func (a *oracleAPI) provideSchema(ctx context.Context, dealID string, digest, schema []byte) error {
	path := "/v1/deals/" + dealID + "/schemas/" + hex.EncodeToString(digest)
	return a.call(ctx, http.MethodPut, path, strings.NewReader(string(schema)), int64(len(schema)), "", nil)
}

// contentKey asks for the content key of a datum, sealed to the deal's consumer key.
func (a *oracleAPI) contentKey(ctx context.Context, dealID string, c seal.Commitment) ([]byte, error) {
	out := &api.ContentKeyResponse{}
	if err := a.call(ctx, http.MethodGet, "/v1/deals/"+dealID+"/content-keys/"+hex.EncodeToString(c[:]), nil, 0, "", out); err != nil {
		return nil, err
	}
	if len(out.SealedKey) == 0 {
		return nil, errors.New("exchange: the oracle answered without a key")
	}
	return out.SealedKey, nil
}
