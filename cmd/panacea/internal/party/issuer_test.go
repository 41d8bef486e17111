package party

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIssuersShareTheirMemory: what one process issues, another does not forget.
func TestIssuersShareTheirMemory(t *testing.T) {
	home := t.TempDir()
	done := make(chan error)
	const issuers = 20
	for n := range issuers {
		i, err := (&Party{Home: home}).Issuer()
		require.NoError(t, err)
		go func() {
			done <- i.alone(t.Context(), func() error {
				index, err := i.freeIndex()
				if err != nil {
					return err
				}
				i.state.Issued = append(i.state.Issued, IssuedCredential{ID: fmt.Sprint(n), Index: index})
				return i.save()
			})
		}()
	}
	for range issuers {
		require.NoError(t, <-done)
	}
	i, err := (&Party{Home: home}).Issuer()
	require.NoError(t, err)
	require.Len(t, i.Issued(), issuers)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, i.alone(t.Context(), func() error {
		cancel()
		return nil
	}))
	require.NoError(t, i.alone(t.Context(), func() error {
		other, err := (&Party{Home: home}).Issuer()
		require.NoError(t, err)
		require.ErrorIs(t, other.alone(ctx, func() error { return nil }), context.Canceled)
		return nil
	}))
}
