package validate_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/pex"
	"github.com/medibloc/panacea/vc/schema"
	"github.com/medibloc/panacea/vc/status"
)

// hashing is a vault without a disk: it computes the CID, which is cryptography that the work needs, and keeps nothing.
type hashing struct{ sync.Map }

func (*hashing) Put(_ context.Context, _ string, r io.Reader) (string, error) {
	id, err := dag.Import(r, func(cid.Cid, []byte) error { return nil })
	return id.String(), err
}

func (h *hashing) PutIfAbsent(_ context.Context, name string, record []byte) ([]byte, error) {
	kept, _ := h.LoadOrStore(name, record)
	return kept.([]byte), nil
}

func withoutDisk(c *validate.Config) {
	h := &hashing{}
	c.Objects, c.Journal = h, h
}

// bare is the cryptography and the parsing that a submission needs, one after the other, with nothing around them.
type bare struct {
	name string
	do   func() error
}

// cost runs a whole validation of a submission and its bare parts in turn, for as long as b says, and reports the processor time of each, garbage collection
// included, and the ratio of the whole to the sum. Processor time is the same whatever else the machine does.
func cost(b *testing.B, w *fixture.World, s *fixture.Submission, bytes int, parts []bare) {
	b.SetBytes(int64(bytes))
	var total, sum time.Duration
	times := make([]time.Duration, len(parts))
	n := 0
	measure := func(into *time.Duration, f func() error) {
		start := processorTime(b)
		if err := f(); err != nil {
			b.Fatal(err)
		}
		*into += processorTime(b) - start
	}
	for b.Loop() {
		n++
		s.Token = s.NewToken() // the provider's work: it hashes what it sends
		measure(&total, func() error { return submit(w, s) })
		for i, p := range parts {
			measure(&times[i], p.do)
		}
	}
	for i, p := range parts {
		sum += times[i]
		b.ReportMetric(float64(times[i].Microseconds())/float64(n), p.name+"-µs")
	}
	b.ReportMetric(float64(total.Microseconds())/float64(n), "whole-µs")
	b.ReportMetric(float64(total)/float64(sum), "ratio")
	b.ReportMetric(0, "ns/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// common are the parts that every submission has.
func common(b *testing.B, w *fixture.World, s *fixture.Submission, content []byte) []bare {
	key, err := w.Keys.SubmissionKey()
	require.NoError(b, err)
	d := seal.Deal{ChainID: fixture.ChainID, ID: fixture.DealID}
	submission := seal.Submission{Deal: d, Provider: w.Provider.Raw}
	secret, err := w.Keys.Secret()
	require.NoError(b, err)
	return []bare{
		{"token", func() error { _, err := validate.ParseToken(s.Token, "panacea"); return err }},
		{"digest", func() error { sha256.Sum256(s.Sealed); return nil }},
		{"open", func() error {
			r, err := seal.OpenSubmission(key, submission, bytes.NewReader(s.Sealed))
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			return err
		}},
		{"commit", func() error { seal.Commit(s.Salt, content); return nil }},
		{"object", func() error {
			k := secret.ContentKey(d, s.Commitment)
			r, object := io.Pipe()
			go func() {
				out, err := seal.SealObject(k, s.Salt, object)
				if err == nil {
					if _, err = out.Write(content); err == nil {
						err = out.Close()
					}
				}
				object.CloseWithError(err)
			}()
			_, err := dag.Import(r, func(cid.Cid, []byte) error { return nil })
			return err
		}},
		{"sign", func() error { w.Keys.Sign(content[:min(200, len(content))]); return nil }},
	}
}

func submit(w *fixture.World, s *fixture.Submission) error {
	_, err := w.Validator.Validate(context.Background(), validate.Request{DealID: fixture.DealID, Token: s.Token, Body: bytes.NewReader(s.Sealed)})
	return err
}

// fhirWorld is an oracle with a deal for FHIR bundles.
func fhirWorld(b testing.TB, edit ...func(*validate.Config)) (*fixture.World, map[string][]byte, []byte) {
	text, err := os.ReadFile("../../../shared/data/fhir.schema.json")
	if err != nil {
		b.Skip("HL7's schema is not here: ", err)
	}
	w := fixture.NewWorld(b, edit...)
	require.NoError(b, w.Validator.ProvideSchema(context.Background(), fixture.DealID, w.RequireSchema(text), bytes.NewReader(text)))
	files, err := filepath.Glob("../../../shared/data/fhir/*.json")
	require.NoError(b, err)
	out := map[string][]byte{}
	for _, f := range files {
		content, err := os.ReadFile(f)
		require.NoError(b, err)
		out[fmt.Sprintf("%03dkB", len(content)/1000)] = content
	}
	return w, out, text
}

func BenchmarkFHIRBundle(b *testing.B) {
	w, bundles, text := fhirWorld(b, withoutDisk)
	compiled, err := schema.Compile(b.Context(), "", text, schema.Options{})
	require.NoError(b, err)
	sizes := slices.Sorted(maps.Keys(bundles))
	for _, size := range []string{sizes[1], sizes[len(sizes)/2], sizes[len(sizes)-1]} {
		content := bundles[size]
		b.Run(size, func(b *testing.B) {
			s := w.NewSubmission(b, content)
			var document *schema.Document
			parts := append(common(b, w, s, content),
				bare{"parse", func() (err error) { document, err = schema.Parse(content, schema.DefaultLimits()); return err }},
				bare{"schema", func() error { return compiled.ValidateDocument(document) }},
				bare{"canonical", func() error { _, err := seal.DigestJSON(content); return err }},
			)
			cost(b, w, s, len(content), parts)
		})
	}
}

func BenchmarkPresentation(b *testing.B) {
	s := newSale(b, "")
	d := fixture.NewWorld(b, withoutDisk, func(c *validate.Config) { c.Chain = s.Chain })
	s.World.Validator = d.Validator
	// A presentation of about 10 kB.
	content := s.present(b, s.credential(b, func(m map[string]any) {
		var codes []any
		for i := range 60 {
			codes = append(codes, map[string]any{"code": fmt.Sprint(140 + i), "system": "http://hl7.org/fhir/sid/cvx"})
		}
		m["credentialSubject"].(map[string]any)["vaccineCode"].(map[string]any)["coding"] = codes
	}))
	submission := s.NewSubmission(b, content)
	definition, err := pex.Parse(s.Deal().Requirements.PresentationDefinition)
	require.NoError(b, err)
	lists := status.NewCache(entry.StatusLists(s.processor, s.Chain.Resource), 1, time.Hour)
	o := vc.VerifyOptions{
		Now: fixture.Now, Domain: fixture.ChainID, Status: entry.Status(&status.Checker{Source: lists}),
		Challenge: seal.Submission{Deal: seal.Deal{ChainID: fixture.ChainID, ID: fixture.DealID}, Provider: s.Provider.Raw}.PresentationChallenge(),
	}
	var presentation *vc.Presentation
	parts := append(common(b, s.World, submission, content),
		bare{"parse", func() (err error) { presentation, err = vc.ParsePresentation(content); return err }},
		bare{"proofs", func() error { return s.processor.VerifyPresentation(context.Background(), presentation, o).Err() }},
		bare{"definition", func() error { _, err := definition.Check(presentation.View(), nil, pex.CheckOptions{}); return err }},
		bare{"canonical", func() error { _, err := seal.DigestJSON(content); return err }},
	)
	b.Run(fmt.Sprintf("%dkB", len(content)/1000), func(b *testing.B) { cost(b, s.World, submission, len(content), parts) })
}

func BenchmarkLargeDatum(b *testing.B) {
	w := fixture.NewWorld(b, withoutDisk)
	content := make([]byte, 64<<20)
	for i := 0; i < len(content); i += 8 {
		binary.LittleEndian.PutUint64(content[i:], uint64(i)*0x9e3779b97f4a7c15)
	}
	s := w.NewSubmission(b, content)
	parts := append(common(b, w, s, content), bare{"content-digest", func() error { _, err := seal.DigestBytes(bytes.NewReader(content)); return err }})
	b.Run("64MiB", func(b *testing.B) { cost(b, w, s, len(content), parts) })
}

// BenchmarkLatency measures how long FHIR bundles take, to the disk and back, at the most that two workers can do and at half of that.
func BenchmarkLatency(b *testing.B) {
	w, bundles, _ := fhirWorld(b)
	var all []*fixture.Submission
	for _, size := range slices.Sorted(maps.Keys(bundles)) {
		for range 4 {
			all = append(all, w.NewSubmission(b, bundles[size]))
		}
	}
	const requests = 120
	tokens := func() (out []*fixture.Submission) {
		for i := range requests {
			s := *all[i%len(all)]
			s.Token = s.NewToken()
			out = append(out, &s)
		}
		return out
	}
	submissions := tokens()
	var wg sync.WaitGroup
	start := time.Now()
	for worker := range 2 {
		wg.Go(func() {
			for i := worker; i < requests; i += 2 {
				if err := submit(w, submissions[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	most := requests / time.Since(start).Seconds()
	submissions = tokens()
	times := make([]time.Duration, requests)
	interval := time.Duration(float64(time.Second) / (most / 2))
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for i := range requests {
		due := <-tick.C
		wg.Go(func() {
			if err := submit(w, submissions[i]); err != nil {
				b.Error(err)
			}
			times[i] = time.Since(due)
		})
	}
	wg.Wait()
	slices.Sort(times)
	b.ReportMetric(most, "bundles/s")
	for _, p := range []int{50, 90, 99} {
		b.ReportMetric(float64(times[requests*p/100].Milliseconds()), fmt.Sprintf("p%d-ms", p))
	}
	b.ReportMetric(0, "ns/op")
}
