package interop_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/bbs"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/test/interop/vc/peer"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/status"
)

const (
	contextURL = "https://hospital.example/contexts/fhir"
	challenge  = "5e34826e-14da-11f0-98a5-8b1c0a196728"
	domain     = "https://clinic.example"
)

var now = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// fhir is the context of the credentials here, on both sides.
const fhir = `{"@context": {"@vocab": "http://hl7.org/fhir/"}}`

func processor() *vc.Processor {
	return vc.NewProcessor(vc.Options{
		Resolver: did.KeyResolver{},
		Contexts: func(_ context.Context, url string) ([]byte, error) {
			if url != contextURL {
				return nil, fmt.Errorf("unknown context %s", url)
			}
			return []byte(fhir), nil
		},
	})
}

// party is an issuer or holder with a did:key.
type party struct {
	key vc.SigningKey
	// theirs is the key pair as npm's libraries read it.
	theirs map[string]any
	did    string
}

func newParty(t *testing.T, p *peer.Peer, kind did.KeyType) party {
	private, err := did.GenerateKey(kind, nil)
	require.NoError(t, err)
	public := private.Public()
	key := vc.DIDKey(private)
	multikey := map[string]any{
		"@context": "https://w3id.org/security/multikey/v1", "id": key.VerificationMethod, "type": "Multikey",
		"controller": public.DIDKey(), "publicKeyMultibase": public.Multibase(),
	}
	// What a DID resolver of theirs would find: our document, in the edition of DID Core that their libraries know.
	resolution, err := did.KeyResolver{}.Resolve(t.Context(), public.DIDKey(), did.ResolveOptions{})
	require.NoError(t, err)
	text, err := json.Marshal(resolution.Document)
	require.NoError(t, err)
	var document map[string]any
	require.NoError(t, json.Unmarshal(text, &document))
	document["@context"] = "https://www.w3.org/ns/did/v1"
	p.Must("documents", map[string]any{"add": map[string]any{public.DIDKey(): document, key.VerificationMethod: multikey}}, nil)
	theirs := map[string]any{"secretKeyMultibase": private.Multibase()}
	for k, v := range multikey {
		theirs[k] = v
	}
	return party{key, theirs, public.DIDKey()}
}

// credential makes the credential that is issued, in one data model or the other.
func credential(issuer string, version vc.Version) map[string]any {
	subject := map[string]any{
		"id": "urn:uuid:4f2a3b0e-7a8c-4b1e-9a38-6f5d2f6f0d10", "resourceType": "Immunization", "status": "completed",
		"vaccineCode": map[string]any{
			"coding": []any{map[string]any{"system": "http://hl7.org/fhir/sid/cvx", "code": "140", "display": "Influenza, seasonal"}},
			"text":   "Influenza, seasonal, injectable, preservative free",
		},
		"primarySource": true, "doseQuantity": 0.5, "occurrenceDateTime": "2016-07-26T13:36:27-04:00",
		"location": map[string]any{"display": "BEVERLY HOSPITAL"},
	}
	m := map[string]any{
		"id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33", "type": []any{"VerifiableCredential"},
		"issuer": issuer, "credentialSubject": subject,
	}
	if version == vc.V1 {
		m["@context"] = []any{vc.ContextV1, vc.ContextDataIntegrity, contextURL}
		m["issuanceDate"] = "2025-01-01T00:00:00Z"
	} else {
		m["@context"] = []any{vc.ContextV2, contextURL}
		m["validFrom"] = "2025-01-01T00:00:00Z"
	}
	return m
}

type outcome struct {
	Verified bool
	Errors   []string
}

// parse reads a credential of theirs.
func parse(t *testing.T, raw json.RawMessage) *vc.Credential {
	c, err := vc.ParseCredential(raw)
	require.NoError(t, err)
	return c
}

// tampered changes a claim.
func tampered(t *testing.T, v json.Marshaler) json.RawMessage {
	b, err := v.MarshalJSON()
	require.NoError(t, err)
	changed := bytes.Replace(b, []byte("Influenza, seasonal, injectable"), []byte("Covid, injectable"), 1)
	require.NotEqual(t, b, changed)
	return changed
}

func TestCredentials(t *testing.T) {
	p := peer.Start(t, ".")
	var document any
	require.NoError(t, json.Unmarshal([]byte(fhir), &document))
	p.Must("documents", map[string]any{"add": map[string]any{contextURL: document}}, nil)
	ours := processor()

	for _, suite := range []struct {
		name      string
		kind      did.KeyType
		selective bool
	}{
		{vc.SuiteEdDSA, did.Ed25519, false},
		{vc.SuiteECDSA, did.P256, false},
		{vc.SuiteECDSA, did.P384, false},
		{vc.SuiteBBS, did.BLS12381G2, true},
		{vc.SuiteECDSASD, did.P256, true},
	} {
		for version, model := range map[vc.Version]string{vc.V1: "1.1", vc.V2: "2.0"} {
			t.Run(suite.name+" "+suite.kind.String()+" model "+model, func(t *testing.T) {
				issuer := newParty(t, p, suite.kind)
				unsigned, err := vc.NewCredential(credential(issuer.did, version))
				require.NoError(t, err)
				mandatory := []string{"/issuer"}
				if version == vc.V1 {
					mandatory = append(mandatory, "/issuanceDate")
				} else {
					mandatory = append(mandatory, "/validFrom")
				}
				options := vc.ProofOptions{Created: now, Cryptosuite: suite.name}
				if suite.selective {
					options.MandatoryPointers = mandatory
				}
				byUs, err := ours.Issue(t.Context(), unsigned, issuer.key, options)
				require.NoError(t, err)
				var raw json.RawMessage
				p.Must("issue", map[string]any{
					"cryptosuite": suite.name, "key": issuer.theirs, "credential": unsigned, "mandatoryPointers": mandatory,
					"date": now.Format(time.RFC3339),
				}, &raw)
				byThem := parse(t, raw)

				if !suite.selective {
					theyVerify(t, p, suite.name, byUs)
					weVerify(t, ours, byThem)
					return
				}
				// A base proof is for the holder.
				require.NoError(t, ours.VerifyIssued(t.Context(), byThem, vc.VerifyOptions{Now: now}).Err())
				pointers := []string{"/credentialSubject/vaccineCode", "/credentialSubject/status", "/credentialSubject/doseQuantity"}
				for who, base := range map[string]*vc.Credential{"us": byUs, "them": byThem} {
					derivedByUs, err := ours.Derive(t.Context(), base, pointers, vc.DeriveOptions{})
					require.NoError(t, err)
					t.Run("issued by "+who+", derived by us", func(t *testing.T) {
						theyVerify(t, p, suite.name, derivedByUs)
						weVerify(t, ours, derivedByUs)
						hidden(t, derivedByUs)
					})
					var raw json.RawMessage
					p.Must("derive", map[string]any{"cryptosuite": suite.name, "credential": base, "selectivePointers": pointers}, &raw)
					derivedByThem := parse(t, raw)
					t.Run("issued by "+who+", derived by them", func(t *testing.T) {
						theyVerify(t, p, suite.name, derivedByThem)
						weVerify(t, ours, derivedByThem)
						hidden(t, derivedByThem)
						require.Equal(t, derivedByUs.Subjects(), derivedByThem.Subjects())
					})
				}
			})
		}
	}
}

// theyVerify checks that theirs accepts a credential and refuses it changed.
func theyVerify(t *testing.T, p *peer.Peer, suite string, c *vc.Credential) {
	t.Helper()
	var got outcome
	p.Must("verify", map[string]any{"cryptosuite": suite, "credential": c, "now": now}, &got)
	require.True(t, got.Verified, got.Errors)
	p.Must("verify", map[string]any{"cryptosuite": suite, "credential": tampered(t, c), "now": now}, &got)
	require.False(t, got.Verified)
}

// weVerify checks that ours accepts a credential and refuses it changed.
func weVerify(t *testing.T, ours *vc.Processor, c *vc.Credential) {
	t.Helper()
	require.NoError(t, ours.VerifyCredential(t.Context(), c, vc.VerifyOptions{Now: now}).Err())
	changed := parse(t, tampered(t, c))
	require.ErrorIs(t, ours.VerifyCredential(t.Context(), changed, vc.VerifyOptions{Now: now}).Err(), vc.ErrSignature)
}

func hidden(t *testing.T, c *vc.Credential) {
	t.Helper()
	b, err := c.MarshalJSON()
	require.NoError(t, err)
	require.NotContains(t, string(b), "BEVERLY")
	require.NotContains(t, string(b), "13:36:27")
}

func TestPresentations(t *testing.T) {
	p := peer.Start(t, ".")
	var document any
	require.NoError(t, json.Unmarshal([]byte(fhir), &document))
	p.Must("documents", map[string]any{"add": map[string]any{contextURL: document}}, nil)
	ours := processor()
	for version, model := range map[vc.Version]string{vc.V1: "1.1", vc.V2: "2.0"} {
		t.Run("model "+model, func(t *testing.T) { presentations(t, p, ours, version) })
	}
}

func presentations(t *testing.T, p *peer.Peer, ours *vc.Processor, version vc.Version) {
	issuer, holder, other := newParty(t, p, did.BLS12381G2), newParty(t, p, did.Ed25519), newParty(t, p, did.P256)
	contexts := map[vc.Version][]any{vc.V1: {vc.ContextV1, vc.ContextDataIntegrity}, vc.V2: {vc.ContextV2}}[version]

	unsigned, err := vc.NewCredential(credential(issuer.did, version))
	require.NoError(t, err)
	base, err := ours.Issue(t.Context(), unsigned, issuer.key, vc.ProofOptions{Created: now})
	require.NoError(t, err)
	shown, err := ours.Derive(t.Context(), base, []string{"/credentialSubject/vaccineCode"}, vc.DeriveOptions{})
	require.NoError(t, err)
	suites := []string{vc.SuiteEdDSA, vc.SuiteECDSA, vc.SuiteBBS}

	for name, by := range map[string]party{vc.SuiteEdDSA: holder, vc.SuiteECDSA: other} {
		t.Run("ours, "+name, func(t *testing.T) {
			unsigned, err := vc.NewPresentation(map[string]any{
				"@context": contexts, "type": []any{"VerifiablePresentation"}, "holder": by.did, "verifiableCredential": []any{shown.Document()},
			})
			require.NoError(t, err)
			signed, err := ours.Sign(t.Context(), unsigned, by.key, vc.ProofOptions{Created: now, Challenge: challenge, Domain: domain})
			require.NoError(t, err)
			for _, c := range []struct {
				presentation      any
				challenge, domain string
				want              bool
			}{
				{signed, challenge, domain, true},
				{signed, "replayed", domain, false},
				{signed, challenge, "https://elsewhere.example", false},
				{tampered(t, signed), challenge, domain, false},
			} {
				var got outcome
				p.Must("verifyPresentation", map[string]any{
					"cryptosuites": suites, "presentation": c.presentation, "challenge": c.challenge, "domain": c.domain, "now": now,
				}, &got)
				require.Equal(t, c.want, got.Verified, got.Errors)
			}
		})
		t.Run("theirs, "+name, func(t *testing.T) {
			var raw json.RawMessage
			p.Must("present", map[string]any{
				"cryptosuite": name, "key": by.theirs, "credentials": []any{shown}, "holder": by.did, "challenge": challenge, "domain": domain, "version": int(version),
			}, &raw)
			signed, err := vc.ParsePresentation(raw)
			require.NoError(t, err)
			// Their proof says that it was made just now.
			o := vc.VerifyOptions{Now: signed.Proofs()[0].Created, Challenge: challenge, Domain: domain}
			result := ours.VerifyPresentation(t.Context(), signed, o)
			require.NoError(t, result.Err())
			require.Equal(t, by.did, result.Holder)
			replayed := o
			replayed.Challenge = "another"
			require.ErrorIs(t, ours.VerifyPresentation(t.Context(), signed, replayed).Err(), vc.ErrChallenge)
			elsewhere := o
			elsewhere.Domain = "https://elsewhere.example"
			require.ErrorIs(t, ours.VerifyPresentation(t.Context(), signed, elsewhere).Err(), vc.ErrDomain)
			changed, err := vc.ParsePresentation(tampered(t, signed))
			require.NoError(t, err)
			require.ErrorIs(t, ours.VerifyPresentation(t.Context(), changed, o).Err(), vc.ErrSignature)
		})
	}
}

func TestBBS(t *testing.T) {
	p := peer.Start(t, ".")
	for name, suite := range map[string]*bbs.Suite{"BLS12-381-SHA-256": bbs.SHA256(), "BLS12-381-SHAKE-256": bbs.SHAKE256()} {
		t.Run(name, func(t *testing.T) {
			secret, err := suite.DeriveKey(bytes.Repeat([]byte{7}, 32), nil, nil)
			require.NoError(t, err)
			public := secret.Public()
			header, presented := []byte("header"), []byte("for the clinic")
			messages := [][]byte{[]byte("a"), {}, []byte("c"), bytes.Repeat([]byte("d"), 1000), []byte("e")}
			texts := make([]string, len(messages))
			for i, m := range messages {
				texts[i] = hex.EncodeToString(m)
			}
			request := func(more map[string]any) map[string]any {
				r := map[string]any{
					"ciphersuite": name, "secretKey": hex.EncodeToString(secret.Bytes()), "publicKey": hex.EncodeToString(public.Bytes()),
					"header": hex.EncodeToString(header), "presentationHeader": hex.EncodeToString(presented), "messages": texts,
				}
				for k, v := range more {
					r[k] = v
				}
				return r
			}
			ours, err := secret.Sign(header, messages)
			require.NoError(t, err)
			var theirs string
			p.Must("bbsSign", request(nil), &theirs)
			require.Equal(t, theirs, hex.EncodeToString(ours), "signing is deterministic")
			var ok bool
			p.Must("bbsVerify", request(map[string]any{"signature": hex.EncodeToString(ours)}), &ok)
			require.True(t, ok)

			disclosed := []int{0, 3}
			shown := [][]byte{messages[0], messages[3]}
			proof, err := public.ProveDisclosure(ours, header, presented, messages, disclosed)
			require.NoError(t, err)
			p.Must("bbsVerifyProof", request(map[string]any{
				"proof": hex.EncodeToString(proof), "messages": []string{texts[0], texts[3]}, "disclosed": disclosed,
			}), &ok)
			require.True(t, ok)
			var text string
			p.Must("bbsProve", request(map[string]any{"signature": theirs, "disclosed": disclosed}), &text)
			proof, err = hex.DecodeString(text)
			require.NoError(t, err)
			require.NoError(t, public.VerifyProof(proof, header, presented, disclosed, shown))
			require.Error(t, public.VerifyProof(proof, header, []byte("for another"), disclosed, shown))
		})
	}
}

func TestStatusLists(t *testing.T) {
	p := peer.Start(t, ".")
	indexes := []int{0, 1, 94567, 131071}
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	for _, i := range []uint64{0, 94567} {
		require.NoError(t, list.Set(i, 1))
	}
	encoded, err := list.Encode()
	require.NoError(t, err)
	var read struct {
		Length int
		Set    []bool
	}
	p.Must("statusDecode", map[string]any{"encodedList": encoded, "indexes": indexes}, &read)
	require.Equal(t, status.MinimumLength, read.Length)
	require.Equal(t, []bool{true, false, true, false}, read.Set)

	var theirs string
	p.Must("statusEncode", map[string]any{"length": status.MinimumLength, "set": []int{0, 94567}}, &theirs)
	require.True(t, strings.HasPrefix(theirs, "u"))
	again, err := status.Decode(theirs, 1, 0, 0)
	require.NoError(t, err)
	for n, i := range indexes {
		v, err := again.Get(uint64(i))
		require.NoError(t, err)
		require.Equal(t, read.Set[n], v == 1)
	}
}
