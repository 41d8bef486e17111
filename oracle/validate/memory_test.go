package validate_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/seal"
)

// pattern is content without end that does not repeat for long.
type pattern struct{ n uint64 }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(p.n >> 3 * (p.n | 5))
		p.n++
	}
	return len(b), nil
}

// sealFile seals n bytes of the pattern into a file, and returns its digest.
func sealFile(t testing.TB, w *fixture.World, file string, n int64) string {
	t.Helper()
	f, err := os.Create(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	hash := sha256.New()
	key, err := w.Keys.SubmissionKey()
	require.NoError(t, err)
	s := seal.Submission{Deal: seal.Deal{ChainID: fixture.ChainID, ID: fixture.DealID}, Provider: w.Provider.Raw}
	out, err := seal.SealSubmission(key.Public(), s, io.MultiWriter(f, hash))
	require.NoError(t, err)
	salt := seal.NewSalt()
	header, err := (&api.SubmissionHeader{Salt: salt[:], LastHeight: 150, MediaType: w.Deal().Requirements.MediaType, ContentSize: uint64(n)}).Marshal()
	require.NoError(t, err)
	_, err = out.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(header))), header...))
	require.NoError(t, err)
	_, err = io.CopyN(out, &pattern{}, n)
	require.NoError(t, err)
	require.NoError(t, out.Close())
	return hex.EncodeToString(hash.Sum(nil))
}

func tokenFor(w *fixture.World, digest string) string {
	return w.Provider.Token(fixture.Claims{
		Issuer: w.Provider.Address, Audience: fixture.Oracle, Deal: fixture.DealID, Digest: digest,
		IssuedAt: fixture.Now.Unix(), Expires: fixture.Now.Add(time.Minute).Unix(), ID: fixture.NewID(),
	})
}

// peak samples the heap until stop, and returns the largest size that objects in use had, in bytes.
func peak() (stop func() uint64) {
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		var m runtime.MemStats
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			case <-done:
				result <- most
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-result }
}

// TestALargeDatumTakesBoundedMemory validates 64 MB within what the budget takes for it, garbage included.
func TestALargeDatumTakesBoundedMemory(t *testing.T) {
	w := fixture.NewWorld(t)
	file := filepath.Join(w.Dir, "sealed")
	digest := sealFile(t, w, file, 64<<20)
	body, err := os.Open(file)
	require.NoError(t, err)
	defer body.Close()

	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop := peak()
	_, err = w.Validator.Validate(t.Context(), validate.Request{DealID: fixture.DealID, Token: tokenFor(w, digest), Body: body})
	most := stop()
	require.NoError(t, err)
	t.Logf("heap: %d KiB before, %d KiB at most", before.HeapAlloc>>10, most>>10)
	require.Less(t, int64(most)-int64(before.HeapAlloc), int64(validate.StreamMemory))
}

// TestJSONTakesNoMoreThanItsBudget validates the document that takes the most memory for its size.
func TestJSONTakesNoMoreThanItsBudget(t *testing.T) {
	w := fixture.NewWorld(t)
	text := []byte(`{"type":"array"}`)
	require.NoError(t, w.Validator.ProvideSchema(t.Context(), fixture.DealID, w.RequireSchema(text), bytes.NewReader(text)))
	for name, content := range map[string]string{
		"many small objects": `[` + strings.Repeat(`{},`, 200_000) + `1]`,
		"many small arrays":  `[` + strings.Repeat(`[1],`, 120_000) + `1]`,
		"objects of one":     `[` + strings.Repeat(`{"a":1},`, 120_000) + `1]`,
		"one long text":      `["` + strings.Repeat(`\u00e9`, 600_000) + `"]`,
		"numbers":            `[` + strings.Repeat(`1234567.25,`, 240_000) + `1]`,
	} {
		t.Run(name, func(t *testing.T) {
			s := w.NewSubmission(t, []byte(content))
			func() {
				defer debug.SetGCPercent(debug.SetGCPercent(10))
				runtime.GC()
				var before runtime.MemStats
				runtime.ReadMemStats(&before)
				stop := peak()
				_, err := w.Validator.Validate(t.Context(), validate.Request{DealID: fixture.DealID, Token: s.Token, Body: bytes.NewReader(s.Sealed)})
				most := stop()
				require.NoError(t, err)
				factor := float64(int64(most)-int64(before.HeapAlloc)) / float64(len(content))
				t.Logf("%d bytes: %.1f bytes of heap a byte", len(content), factor)
				require.LessOrEqual(t, factor, float64(validate.MemoryFactor))
			}()
		})
	}
}
