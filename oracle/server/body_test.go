package server

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/stats"
)

// endless is a body of a client that sends as fast as it can.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n += len(p)
	return len(p), nil
}

// What grpc-go holds of a request that nobody takes is bounded.
func TestABodyIsNotReadFasterThanItIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := &endless{}
		r := httptest.NewRequest(http.MethodPost, "/", sent)
		limits := DefaultLimits()
		b := newBody(r, httptest.NewRecorder(), &limits, true)
		ended := make(chan error, 1)
		go func() {
			_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, b, make([]byte, 16<<10))
			ended <- err
		}()
		synctest.Wait()
		require.Equal(t, ahead, sent.n)
		taken{}.HandleRPC(context.WithValue(t.Context(), bodyKey{}, b), &stats.InPayload{WireLength: 100 << 10})
		synctest.Wait()
		require.Equal(t, ahead+112<<10, sent.n)
		require.NoError(t, b.Close())
		require.ErrorIs(t, <-ended, http.ErrBodyReadAfterClose)
	})
}
