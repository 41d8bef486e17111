package vc

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/did"
)

// leaves lists the JSON pointers to the values in v that are neither objects nor
// arrays, without ids, which are shown with whatever they identify.
func leaves(v any, pointer string) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if k != "id" {
				out = append(out, leaves(v[k], pointer+"/"+k)...)
			}
		}
		return out
	case []any:
		for i, e := range v {
			out = append(out, leaves(e, pointer+"/"+strconv.Itoa(i))...)
		}
		return out
	}
	return []string{pointer}
}

// Whatever is selected is shown, verifies, and is all that is shown.
func TestAnySelectionIsExactlyWhatIsShown(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	for suite, kt := range map[string]did.KeyType{SuiteBBS: did.BLS12381G2, SuiteECDSASD: did.P256} {
		key := testKey(t, kt)
		issued, err := p.Issue(ctx, fhirCredential(t, V2, didOf(key), "Observation"), key, ProofOptions{Cryptosuite: suite})
		require.NoError(t, err)
		all := leaves(issued.Subjects()[0], "/credentialSubject")
		rapid.Check(t, func(t *rapid.T) {
			pointers := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, len(all), rapid.ID[string]).Draw(t, "pointers")
			derived, err := p.Derive(ctx, issued, pointers, DeriveOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.VerifyCredential(ctx, derived, VerifyOptions{Now: testNow}).Err(); err != nil {
				t.Fatal(err)
			}
			if shown := leaves(derived.Subjects()[0], ""); len(shown) != len(pointers) {
				t.Fatalf("%d selected, %d shown: %v", len(pointers), len(shown), shown)
			}
		})
	}
}
