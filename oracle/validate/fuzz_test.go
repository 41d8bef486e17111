package validate

import (
	"bytes"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vc/schema"
)

// The parsers of a stranger's bytes: no input makes them panic, and what they refuse has a code.

func FuzzToken(f *testing.F) {
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJFUzI1NksiLCJ0eXAiOiJwYW5hY2VhLXN1Ym1pc3Npb24rand0IiwiandrIjp7Imt0eSI6IkVDIiwiY3J2Ijoic2VjcDI1NmsxIiwieCI6IiIsInkiOiIifX0.e30.AA")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := ParseToken(text, "panacea"); err != nil && api.RefusalOf(err) == nil {
			t.Fatal(err)
		}
	})
}

// FuzzSubmission opens what a provider sealed: any plaintext.
func FuzzSubmission(f *testing.F) {
	key, err := seal.GenerateKey(seal.X25519)
	if err != nil {
		f.Fatal(err)
	}
	s := seal.Submission{Deal: seal.Deal{ChainID: "c", ID: "d"}, Provider: []byte{1}}
	header, err := (&api.SubmissionHeader{Salt: make([]byte, 32), LastHeight: 1, MediaType: "text/plain", ContentSize: 1}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(append([]byte{0, 0, 0, byte(len(header))}, header...), 'x'))
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, plain []byte) {
		var sealed bytes.Buffer
		w, err := seal.SealSubmission(key.Public(), s, &sealed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		arrived, err := receive(t.Context(), &sealed, t.TempDir(), 1<<20, semaphore.NewWeighted(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		defer arrived.close()
		opened, err := open(key, s, arrived)
		if err != nil {
			if api.RefusalOf(err) == nil {
				t.Fatal(err)
			}
			return
		}
		v := &Validator{limits: Limits{}.withDefaults()}
		j := &job{spool: arrived, opened: opened, header: opened.header}
		if j.header.ContentSize > 1<<20 {
			return
		}
		if err := v.readJSON(t.Context(), j); err != nil && api.RefusalOf(err) == nil {
			t.Fatal(err)
		}
	})
}

// FuzzSealed opens anything at all.
func FuzzSealed(f *testing.F) {
	key, err := seal.GenerateKey(seal.Hybrid)
	if err != nil {
		f.Fatal(err)
	}
	s := seal.Submission{Deal: seal.Deal{ChainID: "c", ID: "d"}, Provider: []byte{1}}
	f.Add(bytes.Repeat([]byte{1, 0x64, 0x7a}, 500))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		arrived, err := receive(t.Context(), bytes.NewReader(sealed), t.TempDir(), 1<<20, semaphore.NewWeighted(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		defer arrived.close()
		if _, err := open(key, s, arrived); api.RefusalOf(err) == nil {
			t.Fatal(err)
		}
	})
}

// FuzzJSON finds the content's digest and validity as a validation does.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.50,"x",null,true]}`))
	f.Add([]byte(`{"a":1e400}`))
	s, err := schema.Compile(f.Context(), "", []byte(`{"type":["object","array"],"maxProperties":3}`), schema.Options{Draft: schema.Draft2020})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := schema.Parse(content, schema.DefaultLimits())
		if err != nil {
			return
		}
		_ = s.ValidateDocument(d)
		if _, err := seal.DigestJSON(content); err != nil && !bytes.ContainsAny(content, "eE0123456789") {
			t.Fatalf("parsed, and has no canonical form though it has no number: %v", err)
		}
	})
}
