package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/oracle/server"
	"github.com/medibloc/panacea/oracle/validate"
)

const dataPath = "/v1/deals/" + fixture.DealID + "/data"

func TestRequestsThatAreNoneAreRefused(t *testing.T) {
	o := serve(t, server.Limits{})
	for _, c := range []struct {
		method, path string
		code         api.Code
	}{
		{http.MethodPost, dataPath, api.TokenInvalid},
		{http.MethodPost, "/v1/deals/1/data", api.RequestMalformed},
		{http.MethodPut, "/v1/deals/" + fixture.DealID + "/schemas/00", api.RequestMalformed},
		{http.MethodPut, "/v1/deals/x/schemas/" + strings.Repeat("0", 64), api.RequestMalformed},
		{http.MethodGet, "/v1/deals/" + fixture.DealID + "/content-keys/" + strings.Repeat("A", 64), api.RequestMalformed},
		{http.MethodGet, "/v1/deals/x/content-keys/" + strings.Repeat("0", 64), api.RequestMalformed},
	} {
		_, refusal := o.rest(t, c.method, c.path, "", strings.NewReader("x"), nil)
		require.Equal(t, string(c.code), refusal.GetCode(), c.path)
	}
	for path, want := range map[string]int{"/": http.StatusNotFound, "/v1/deals": http.StatusNotFound, dataPath: http.StatusMethodNotAllowed} {
		response, err := http.Get("http://" + o.address + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode, path)
	}
}

func TestStreamsThatAreNoneAreRefused(t *testing.T) {
	o := serve(t, server.Limits{})
	for name, messages := range map[string][]*api.ValidateDataRequest{
		"no header":       {{Part: &api.ValidateDataRequest_Chunk{Chunk: []byte("x")}}},
		"nothing at all":  {{}},
		"no deal":         {{Part: &api.ValidateDataRequest_Header{Header: &api.ValidateDataHeader{DealId: "x"}}}},
		"too large by it": {{Part: &api.ValidateDataRequest_Header{Header: &api.ValidateDataHeader{DealId: fixture.DealID, Size_: 1 << 60}}}},
	} {
		stream, err := o.rpc.ValidateData(t.Context())
		require.NoError(t, err)
		for _, m := range messages {
			require.NoError(t, stream.Send(m))
		}
		_, err = stream.CloseAndRecv()
		require.NotNil(t, api.RefusalOf(err), "%s: %v", name, err)
		require.Equal(t, codes.InvalidArgument, status.Code(err), name)
	}
	s := o.NewSubmission(t, bytes.Repeat([]byte("x"), 3<<20))
	_, err := o.call(t, s, 1<<20+1) // a piece that is too large
	require.Equal(t, string(api.RequestMalformed), api.RefusalOf(err).GetCode(), "%v", err)
	s.Token = s.NewToken()
	_, err = o.call(t, s, 2<<20) // a message that gRPC does not take
	require.Equal(t, codes.ResourceExhausted, status.Code(err), "%v", err)
}

func TestOneAddressIsLimitedInRate(t *testing.T) {
	o := serve(t, server.Limits{PeerRate: 0.001, PeerBurst: 3})
	var codesSeen []string
	for range 5 {
		response, refusal := o.rest(t, http.MethodGet, "/v1/status", "", nil, nil)
		codesSeen = append(codesSeen, refusal.GetCode())
		if refusal != nil {
			require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
			require.NotEmpty(t, response.Header.Get("Retry-After"))
		}
	}
	require.Equal(t, []string{"", "", "", "rate_limited", "rate_limited"}, codesSeen)
	_, err := o.rpc.Status(t.Context(), &api.StatusRequest{})
	require.Equal(t, string(api.RateLimited), api.RefusalOf(err).GetCode(), "%v", err)
	response, err := http.Get("http://" + o.address + "/healthz")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode, "the operator's probes are not limited")
}

func TestOneAccountIsLimitedInRate(t *testing.T) {
	o := serve(t, server.Limits{ProviderRate: 0.001, ProviderBurst: 2})
	send := func() string {
		s := o.NewSubmission(t, []byte("x"))
		_, refusal := o.rest(t, http.MethodPost, dataPath, s.Token, bytes.NewReader(s.Sealed), nil)
		return refusal.GetCode()
	}
	require.Equal(t, []string{"", "", "rate_limited"}, []string{send(), send(), send()})
	o.Provider = fixture.NewProvider(2)
	require.Empty(t, send())
}

// trickle sends a request's head and then a byte at a time until the server has had enough.
func trickle(t *testing.T, o *oracle, s *fixture.Submission, stop <-chan struct{}) string {
	c, err := net.Dial("tcp", o.address)
	require.NoError(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", dataPath, s.Token, len(s.Sealed))
	require.NoError(t, err)
	answered := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(c)
		answered <- string(b)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case answer := <-answered:
			return answer
		case <-stop:
			return ""
		case <-tick.C:
			if _, err := c.Write([]byte{1}); err != nil {
				return <-answered
			}
		}
	}
}

func TestSlowRequestsEndAndOthersDoNotWait(t *testing.T) {
	o := serve(t, server.Limits{StartTime: 500 * time.Millisecond, Idle: 300 * time.Millisecond, MinimumRate: 1 << 20, Uploads: 64, PeerUploads: 64, ProviderBurst: 100})
	var wg sync.WaitGroup
	answers := make([]string, 24)
	for i := range answers {
		// A server reads on when it has refused a short body, to keep the connection.
		s := o.NewSubmission(t, make([]byte, []int{2 << 20, 100_000}[i%2]))
		if i%4 == 3 {
			s.Token = "none" // refused before its body is read
		}
		wg.Go(func() { answers[i] = trickle(t, o, s, nil) })
	}
	for range 5 {
		s := o.NewSubmission(t, []byte("x"))
		start := time.Now()
		_, refusal := o.rest(t, http.MethodPost, dataPath, s.Token, bytes.NewReader(s.Sealed), nil)
		require.Nil(t, refusal)
		require.Less(t, time.Since(start), 5*time.Second)
	}
	wg.Wait()
	for _, a := range answers {
		require.True(t, a == "" || strings.Contains(a, "too_slow") || strings.Contains(a, "token_invalid"), a)
	}
}

func TestUploadsOfOneAddressAreLimited(t *testing.T) {
	o := serve(t, server.Limits{PeerUploads: 1})
	stop := make(chan struct{})
	s := o.NewSubmission(t, make([]byte, 1<<20))
	begun := make(chan struct{})
	body := &announced{first: begun, stop: stop}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, err := http.NewRequest(http.MethodPost, "http://"+o.address+dataPath, body)
		if err != nil {
			return
		}
		r.Header.Set("Authorization", "Bearer "+s.Token)
		if response, err := http.DefaultClient.Do(r); err == nil {
			_ = response.Body.Close()
		}
	}()
	<-begun
	require.Eventually(t, func() bool {
		again := o.NewSubmission(t, []byte("x"))
		response, refusal := o.rest(t, http.MethodPost, dataPath, again.Token, bytes.NewReader(again.Sealed), nil)
		return refusal.GetCode() == string(api.Busy) && response.StatusCode == http.StatusServiceUnavailable
	}, 10*time.Second, 10*time.Millisecond)
	close(stop)
	<-done
	require.Eventually(t, func() bool {
		again := o.NewSubmission(t, []byte("x"))
		_, refusal := o.rest(t, http.MethodPost, dataPath, again.Token, bytes.NewReader(again.Sealed), nil)
		return refusal == nil
	}, 10*time.Second, 10*time.Millisecond)
}

// announced is a body that gives a little, says so, and waits.
type announced struct {
	first chan struct{}
	stop  chan struct{}
	n     int
}

func (a *announced) Read(p []byte) (int, error) {
	if a.n++; a.n == 1 {
		return copy(p, "xx"), nil
	}
	if a.n == 2 {
		close(a.first)
	}
	<-a.stop
	return 0, errors.New("given up")
}

// A fault of ours while one request is worked on is an answer to it, and no end of the others.
func TestAPanicIsAnAnswer(t *testing.T) {
	var boom sync.Once
	o := serve(t, server.Limits{}, func(c *validate.Config) {
		c.After = func(step string) {
			if step == "content" {
				boom.Do(func() { panic("secret content") })
			}
		}
	})
	s := o.NewSubmission(t, []byte("x"))
	response, refusal := o.rest(t, http.MethodPost, dataPath, s.Token, bytes.NewReader(s.Sealed), nil)
	require.Equal(t, string(api.Internal), refusal.GetCode())
	require.Equal(t, http.StatusInternalServerError, response.StatusCode)
	require.NotContains(t, refusal.Message, "secret")
	s.Token = s.NewToken()
	_, err := o.call(t, s, 1<<20)
	require.NoError(t, err)
}

func TestCodesAreDocumented(t *testing.T) {
	protocol, err := os.ReadFile("../../docs/protocol/exchange.md")
	require.NoError(t, err)
	text, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	var document struct {
		Paths      map[string]map[string]any
		Components struct {
			Schemas struct {
				Problem struct {
					Properties struct {
						Code struct{ Enum []string }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &document))
	var names []string
	for _, c := range api.Codes() {
		names = append(names, string(c))
		require.Contains(t, string(protocol), "`"+string(c)+"`")
		require.GreaterOrEqual(t, c.HTTPStatus(), 400)
		require.NotEqual(t, codes.Unknown, api.Refuse(c, "", "").GRPCStatus().Code())
		require.Equal(t, string(c), api.RefusalOf(api.Refuse(c, "r", "m").GRPCStatus().Err()).GetCode())
	}
	require.ElementsMatch(t, names, document.Components.Schemas.Problem.Properties.Code.Enum)

	o := serve(t, server.Limits{})
	response, err := http.Get("http://" + o.address + "/openapi.json")
	require.NoError(t, err)
	served, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	require.Equal(t, text, served)
	for path, methods := range document.Paths {
		for method := range methods {
			r, err := http.NewRequest(strings.ToUpper(method), "http://"+o.address+strings.NewReplacer("{deal_id}", fixture.DealID,
				"{digest}", strings.Repeat("0", 64), "{data_commitment}", strings.Repeat("0", 64)).Replace(path), nil)
			require.NoError(t, err)
			response, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.NotContains(t, []int{http.StatusMethodNotAllowed, http.StatusInternalServerError}, response.StatusCode, path)
			require.Equal(t, response.StatusCode == http.StatusNotFound, strings.Contains(path, "content-keys"), path) // where there is no consent
		}
	}
}

func TestBrowsersMayAsk(t *testing.T) {
	o := serve(t, server.Limits{})
	r, err := http.NewRequest(http.MethodOptions, "http://"+o.address+dataPath, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNoContent, response.StatusCode)
	require.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, response.Header.Get("Access-Control-Allow-Headers"), "Authorization")
}

// Metrics name routes and codes, and nobody.
func TestMetricsNameNobody(t *testing.T) {
	o := serve(t, server.Limits{})
	s := o.NewSubmission(t, []byte("x"))
	_, refusal := o.rest(t, http.MethodPost, dataPath, s.Token, bytes.NewReader(s.Sealed), nil)
	require.Nil(t, refusal)
	_, refusal = o.rest(t, http.MethodPost, dataPath, s.Token, bytes.NewReader(s.Sealed), nil)
	require.Equal(t, string(api.TokenReplayed), refusal.GetCode())
	families, err := o.registry.Gather()
	require.NoError(t, err)
	var all strings.Builder
	for _, f := range families {
		all.WriteString(f.String())
	}
	require.Contains(t, all.String(), `value:"token_replayed"`)
	require.Contains(t, all.String(), `value:"ok"`)
	for _, secret := range []string{o.Provider.Address, fixture.DealID, "127.0.0.1", s.Token} {
		require.NotContains(t, all.String(), secret)
	}
}
