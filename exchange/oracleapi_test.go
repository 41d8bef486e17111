package exchange

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/seal"
)

// TestAnOracleThatStallsEndsEveryCall: whatever it is asked, so that another is.
func TestAnOracleThatStallsEndsEveryCall(t *testing.T) {
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(over)
	a, err := newOracleAPI(server.URL, clientOr(nil))
	require.NoError(t, err)
	a.wait = 20 * time.Millisecond
	for name, call := range map[string]func(context.Context) error{
		"status": func(ctx context.Context) error { _, err := a.status(ctx); return err },
		"schema": func(ctx context.Context) error { return a.provideSchema(ctx, "d", []byte{1}, []byte("{}")) },
		"key":    func(ctx context.Context) error { _, err := a.contentKey(ctx, "d", seal.Commitment{}); return err },
		"data":   func(ctx context.Context) error { _, err := a.validate(ctx, "d", "", http.NoBody, 0); return err },
	} {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, call(t.Context()), context.DeadlineExceeded) })
	}
}

// TestAnOracleSendsNobodyElsewhere: it could send a provider's token to whom it likes.
func TestAnOracleSendsNobodyElsewhere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	a, err := newOracleAPI(server.URL, clientOr(nil))
	require.NoError(t, err)
	_, err = a.status(t.Context())
	require.Error(t, err)
}
