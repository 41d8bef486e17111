//go:build linux && amd64 && cgo

package sgx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/edgelesssys/ego/attestation"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap"
)

func TestOutsideOfAnEnclaveNothingOpens(t *testing.T) {
	_, err := Open()
	require.ErrorIs(t, err, tee.ErrNoEnclave)
	require.ErrorContains(t, err, "ego run")
}

func TestADebugEnclaveDoesNotOpen(t *testing.T) {
	_, err := open(runtime{selfReport: func() (attestation.Report, error) {
		return attestation.Report{Debug: true, UniqueID: make([]byte, 32)}, nil
	}})
	require.ErrorIs(t, err, tee.ErrNoEnclave)
	require.ErrorContains(t, err, "debug")
}

func TestAMeasurementOfAnotherSizeDoesNotOpen(t *testing.T) {
	for _, size := range []int{0, 31, 33} {
		_, err := open(runtime{selfReport: func() (attestation.Report, error) {
			return attestation.Report{UniqueID: make([]byte, size)}, nil
		}})
		require.ErrorIs(t, err, tee.ErrNoEnclave, "%d bytes", size)
	}
}

// What EGo returned on real hardware: a quote of an enclave behind Open Enclave's header. The enclave attests with it as it is.
func TestAttestationIsWhatTheRuntimeQuoted(t *testing.T) {
	quote, err := os.ReadFile("../../../shared/testdata/dcap/sgx_quote")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no real evidence here: ../shared/testdata/dcap/sgx_quote is absent")
	}
	require.NoError(t, err)
	want, err := dcap.ParseQuote(quote)
	require.NoError(t, err)
	header := binary.LittleEndian.AppendUint32(nil, 1)
	header = binary.LittleEndian.AppendUint32(header, 2)
	header = binary.LittleEndian.AppendUint64(header, uint64(len(quote)))
	for name, report := range map[string][]byte{"bare": quote, "behind Open Enclave's header": append(header, quote...)} {
		t.Run(name, func(t *testing.T) {
			var asked []byte
			e, err := open(runtime{
				selfReport:   func() (attestation.Report, error) { return attestation.Report{UniqueID: want.Report.MRENCLAVE[:]}, nil },
				remoteReport: func(data []byte) ([]byte, error) { asked = bytes.Clone(data); return report, nil },
			})
			require.NoError(t, err)
			require.Equal(t, want.Report.MRENCLAVE, e.Measurement())
			evidence, err := e.Attest([64]byte{1})
			require.NoError(t, err)
			require.Len(t, asked, 64)
			require.EqualValues(t, 1, asked[0])

			parsed, err := tee.ParseEvidence(tee.MarshalEvidence(evidence))
			require.NoError(t, err)
			policy := tee.Policy{
				Enclaves: []tee.AllowedEnclave{{Kind: tee.KindSGX, Measurement: e.Measurement()}},
				TCB:      dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.ConfigurationAndSWHardeningNeeded}},
			}
			result, err := tee.Verify(parsed, realCollateral(t), time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC), policy)
			require.NoError(t, err)
			require.Equal(t, e.Measurement(), result.Measurement)
		})
	}
}

func realCollateral(t *testing.T) *dcap.VerifiedCollateral {
	t.Helper()
	raw, err := os.ReadFile("../../../shared/testdata/dcap/sgx_quote_collateral.json")
	require.NoError(t, err)
	collateral, err := dcap.ParseCollateral(raw)
	require.NoError(t, err)
	verified, err := collateral.Verify(dcap.IntelRoot())
	require.NoError(t, err)
	return verified
}

// The frame of what EGo seals, with the keys of the CPU replaced: EGo's own calls give a key of zeros outside of an enclave, so
// that they show the frame, and also why Open must fail there.
func TestOnlySealedBytesInEGosFrameReachTheRuntime(t *testing.T) {
	r := ego
	r.selfReport = func() (attestation.Report, error) { return attestation.Report{UniqueID: make([]byte, 32)}, nil }
	e, err := open(r)
	require.NoError(t, err)
	sealed, err := e.Seal([]byte("state"), []byte("purpose"))
	require.NoError(t, err)
	plain, err := e.Unseal(sealed, []byte("purpose"))
	require.NoError(t, err)
	require.Equal(t, "state", string(plain))

	_, err = e.Unseal(sealed, []byte("another"))
	require.ErrorIs(t, err, tee.ErrUnseal)

	e.runtime.unseal = func([]byte, []byte) ([]byte, error) { panic("malformed bytes reached the runtime") }
	huge := append([]byte{0xff, 0xff, 0xff, 0xff}, sealed[4:]...)
	for _, malformed := range [][]byte{nil, {1}, sealed[:4], sealed[:4+keyInfoSize], huge, make([]byte, 2000)} {
		_, err := e.Unseal(malformed, []byte("purpose"))
		require.ErrorIs(t, err, tee.ErrUnseal)
	}
}
