package tee_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee"
)

func simulated(t *testing.T, dir, build string) *tee.SimulatedEnclave {
	t.Helper()
	e, err := tee.OpenSimulated(dir, build)
	require.NoError(t, err)
	return e
}

func TestASimulatedEnclaveAttestsUnderItsNameAndIsAcceptedOnlyWherePoliciesSaySo(t *testing.T) {
	e := simulated(t, t.TempDir(), "oracled/dev")
	require.Equal(t, tee.KindSimulated, e.Kind())
	require.Equal(t, tee.SimulatedMeasurement("oracled/dev"), e.Measurement())

	said, err := e.Attest([64]byte{1, 2, 3})
	require.NoError(t, err)
	parsed, err := tee.ParseEvidence(tee.MarshalEvidence(said))
	require.NoError(t, err)
	policy := tee.Policy{Enclaves: []tee.AllowedEnclave{{Kind: tee.KindSimulated, Measurement: e.Measurement()}}, AllowSimulated: true}
	report, err := tee.Verify(parsed, nil, now, policy)
	require.NoError(t, err)
	require.NoError(t, report.CheckReportData([64]byte{1, 2, 3}))

	_, err = tee.Verify(parsed, nil, now, hardwarePolicy())
	require.ErrorIs(t, err, tee.ErrSimulated)
}

func TestWhatASimulatedEnclaveSealedOnlyTheSameBuildOnTheSameMachineUnseals(t *testing.T) {
	machine := t.TempDir()
	plain, purpose := []byte("a node key"), []byte("node keys")
	sealed, err := simulated(t, machine, "oracled/dev").Seal(plain, purpose)
	require.NoError(t, err)
	require.NotContains(t, string(sealed), string(plain))

	again := simulated(t, machine, "oracled/dev")
	opened, err := again.Unseal(sealed, purpose)
	require.NoError(t, err)
	require.Equal(t, plain, opened)

	damaged := append([]byte{}, sealed...)
	damaged[len(damaged)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another build":   func() ([]byte, error) { return simulated(t, machine, "oracled/other").Unseal(sealed, purpose) },
		"another machine": func() ([]byte, error) { return simulated(t, t.TempDir(), "oracled/dev").Unseal(sealed, purpose) },
		"another purpose": func() ([]byte, error) { return again.Unseal(sealed, []byte("other")) },
		"damaged":         func() ([]byte, error) { return again.Unseal(damaged, purpose) },
		"cut short":       func() ([]byte, error) { return again.Unseal(sealed[:5], purpose) },
		"nothing":         func() ([]byte, error) { return again.Unseal(nil, purpose) },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := try()
			require.ErrorIs(t, err, tee.ErrUnseal)
		})
	}
}

func TestADamagedKeyFileOfASimulatedEnclaveIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, tee.SimulatedKeyFile)
	require.NoError(t, os.WriteFile(file, []byte("short"), 0o600))
	_, err := tee.OpenSimulated(dir, "oracled/dev")
	require.ErrorContains(t, err, "begin with a new home")
	left, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "short", string(left))
}
