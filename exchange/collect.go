package exchange

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// schemaTexts are schemas by the SHA-256 of their bytes.
type schemaTexts map[[sha256.Size]byte][]byte

func schemasByDigest(texts [][]byte) schemaTexts {
	all := schemaTexts{}
	for _, text := range texts {
		all[sha256.Sum256(text)] = text
	}
	return all
}

// submissionHeader is what stands before the content (docs/protocol/exchange.md, "Submission").
func submissionHeader(salt seal.Salt, lastHeight int64, mediaType string, size int64) ([]byte, error) {
	header := api.SubmissionHeader{Salt: salt[:], LastHeight: lastHeight, MediaType: mediaType, ContentSize: uint64(size)}
	raw, err := header.Marshal()
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(raw))), raw...), nil
}

// passing are the codes of refusals that say nothing about the data and may be gone the next minute. An oracle that does not know the deal,
// which the chain has proven to us, is some blocks behind.
var passing = []string{"rate_limited", "busy", "chain_unavailable", "oracle_not_active", "internal", "deal_not_found", "token_expired",
	"storage_full", "status_unavailable"}

// passes says whether asking again may help.
func passes(err error) bool {
	if errors.Is(err, ErrOracle) || errors.Is(err, ErrSimulated) || errors.Is(err, context.Canceled) {
		return false
	}
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return slices.Contains(passing, r.Code)
	}
	return true
}

// vouched is one oracle's answer.
type vouched struct {
	oracle      OracleHint
	certificate oracletypes.Certificate
	signature   oracletypes.OracleSignature
	err         error
}

// collector gets certificates from as many oracles as a deal's quorum needs.
type collector struct {
	*saleWork
	commitment seal.Commitment
	payload    func() (io.Reader, error)
	size       int64

	seal   sync.Mutex
	sealed *sealedFile
}

// sealedFile is the sealed submission: ciphertext, on disk while oracles read it.
type sealedFile struct {
	path   string
	size   int64
	digest [sha256.Size]byte
}

// collect asks oracles, the cheapest first, all at once that the quorum needs, and another for each that fails, until those who gave the same
// certificate hold enough power. No single oracle can prevent that, whatever it answers.
func (w *saleWork) collect(ctx context.Context, c seal.Commitment, payload func() (io.Reader, error), size int64) (*oracletypes.Certificate, []oracletypes.OracleSignature, error) {
	report(w.Progress, Progress{Stage: StageChoose})
	k := &collector{saleWork: w, commitment: c, payload: payload, size: size}
	defer k.drop()
	var group *group
	err := patiently(ctx, w.patience(), allPass, func() (err error) {
		group, err = k.round(ctx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(group.signatures, func(a, b oracletypes.OracleSignature) int { return cmp.Compare(a.Oracle, b.Oracle) })
	return &group.certificate, group.signatures, nil
}

// allPass says whether a round failed for reasons that pass: one of them is enough, if it could have made the quorum.
func allPass(err error) bool {
	q := (*QuorumError)(nil)
	if !errors.As(err, &q) {
		return !errors.Is(err, ErrTerms) && passes(err)
	}
	for _, reason := range q.Reasons {
		if passes(reason) {
			return true
		}
	}
	return len(q.Reasons) == 0
}

// group are the oracles that gave one and the same certificate.
type group struct {
	certificate oracletypes.Certificate
	signatures  []oracletypes.OracleSignature
	power       math.LegacyDec
}

// round asks every oracle at most once.
func (k *collector) round(ctx context.Context) (*group, error) {
	oracles, err := k.Chain.ActiveOracles(ctx)
	if err != nil {
		return nil, err
	}
	total := math.LegacyZeroDec()
	for _, o := range oracles {
		total = total.Add(o.Power)
	}
	slices.SortFunc(oracles, func(a, b OracleHint) int {
		return cmp.Or(a.Commission.Sub(b.Commission).BigInt().Sign(), b.Power.Sub(a.Power).BigInt().Sign(), strings.Compare(a.Address, b.Address))
	})
	enough := func(power math.LegacyDec) bool {
		return k.deal.Quorum.ExceededBy(power.TruncateInt(), total.TruncateInt())
	}
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan vouched)
	running := 0
	defer func() {
		cancel()
		for ; running > 0; running-- {
			<-answers
		}
	}()
	asked := math.LegacyZeroDec() // power of those who answered well or have not answered yet
	groups, failed := map[string]*group{}, &QuorumError{}
	for next := 0; ; {
		for next < len(oracles) && !enough(asked) {
			o := oracles[next]
			next++
			running++
			asked = asked.Add(o.Power)
			go func() { answers <- k.ask(ctx, o) }()
		}
		if running == 0 {
			return nil, failed
		}
		a := <-answers
		running--
		if a.err != nil {
			report(k.Progress, Progress{Stage: StageSubmit, Oracle: a.oracle.Address, Err: a.err})
			failed.add(a.oracle.Address, a.err)
			asked = asked.Sub(a.oracle.Power)
			continue
		}
		g := groups[string(a.certificate.SignBytes())]
		if g == nil {
			g = &group{certificate: a.certificate, power: math.LegacyZeroDec()}
			groups[string(a.certificate.SignBytes())] = g
		}
		g.signatures, g.power = append(g.signatures, a.signature), g.power.Add(a.oracle.Power)
		if enough(g.power) {
			return g, nil
		}
		if running == 0 && next == len(oracles) && len(groups) > 1 {
			return nil, fmt.Errorf("%w: they gave %d different ones for the same submission", ErrCertificates, len(groups))
		}
		if len(groups) > 1 { // power in one group does not help another
			asked = asked.Sub(a.oracle.Power)
		}
	}
}

// ask verifies one oracle, sends it the submission, and checks what it vouches for.
func (k *collector) ask(ctx context.Context, hint OracleHint) vouched {
	out := vouched{oracle: hint}
	out.err = func() error {
		o, err := TrustOracle(ctx, k.Chain, hint.Address, k.client(), k.AllowSimulated)
		if err != nil {
			return err
		}
		sealed, err := k.sealFor(o.publicKey)
		if err != nil {
			return err
		}
		if err := k.provideSchemas(ctx, o, false); err != nil {
			return err
		}
		answer, err := k.submit(ctx, o, sealed)
		if RefusalCode(err) == "schema_unknown" {
			if err = k.provideSchemas(ctx, o, true); err == nil {
				answer, err = k.submit(ctx, o, sealed)
			}
		}
		if err != nil {
			return err
		}
		out.certificate, out.signature = answer.Certificate, answer.Signature
		return k.check(o, answer)
	}()
	return out
}

// provideSchemas hands over schemas that the deal pins and the provider has: those that are nowhere on the chain, or all.
func (k *collector) provideSchemas(ctx context.Context, o *TrustedOracle, all bool) error {
	for _, pinned := range k.deal.Requirements.Schemas {
		var digest [sha256.Size]byte
		copy(digest[:], pinned.Digest)
		text := k.schemas[digest]
		if text == nil || strings.HasPrefix(pinned.Url, "did:") && !all {
			continue
		}
		if err := o.api.provideSchema(ctx, k.deal.Id, pinned.Digest, text); err != nil {
			return fmt.Errorf("exchange: hand over a schema: %w", err)
		}
	}
	return nil
}

// submit sends the sealed submission with a fresh token.
func (k *collector) submit(ctx context.Context, o *TrustedOracle, sealed *sealedFile) (*api.ValidateDataResponse, error) {
	token, err := newToken(k.Account, o.Address, k.deal.Id, sealed.digest, k.now())
	if err != nil {
		return nil, err
	}
	f, err := os.Open(sealed.path)
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	counted := &counter{r: f, total: sealed.size, report: func(have, total int64) {
		report(k.Progress, Progress{Stage: StageSubmit, Oracle: o.Address, Have: have, Total: total})
	}}
	answer, err := o.api.validate(ctx, k.deal.Id, token, counted, sealed.size)
	return answer, errors.Join(err, f.Close())
}

// check: the certificate is of what was submitted, and the oracle's node key signed it.
func (k *collector) check(o *TrustedOracle, a *api.ValidateDataResponse) error {
	c := &a.Certificate
	if err := c.ValidateBasic(); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrOracle, ErrCertificates, err)
	}
	switch {
	case c.ChainId != k.Chain.ChainID() || c.DealId != k.deal.Id || c.Provider != k.sale.Provider:
		return fmt.Errorf("%w: %w: of another chain, deal or provider", ErrOracle, ErrCertificates)
	case !bytes.Equal(c.DataCommitment, k.commitment[:]):
		return fmt.Errorf("%w: %w: of other data", ErrOracle, ErrCertificates)
	case c.LastHeight != k.sale.LastHeight:
		return fmt.Errorf("%w: %w: until height %d", ErrOracle, ErrCertificates, c.LastHeight)
	case c.ObjectSize != uint64(seal.ObjectSize(k.sale.Size)):
		return fmt.Errorf("%w: %w: an object of %d bytes", ErrOracle, ErrCertificates, c.ObjectSize)
	case a.Signature.Oracle != o.Address:
		return fmt.Errorf("%w: %w: signed by another oracle", ErrOracle, ErrCertificates)
	}
	if err := c.VerifySignature(o.nodeKey, a.Signature.Signature); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrOracle, ErrCertificates, err)
	}
	return nil
}

// sealFor seals the submission once: all oracles share the key.
func (k *collector) sealFor(key seal.PublicKey) (*sealedFile, error) {
	k.seal.Lock()
	defer k.seal.Unlock()
	if k.sealed != nil {
		return k.sealed, nil
	}
	report(k.Progress, Progress{Stage: StageSeal, Total: k.size})
	submission, err := k.submission(k.deal.Id)
	if err != nil {
		return nil, err
	}
	r, err := k.payload()
	if err != nil {
		return nil, err
	}
	sealed := &sealedFile{path: filepath.Join(k.Dir, salesDir, k.sale.ID+".sealed")}
	h := sha256.New()
	err = WriteFile(sealed.path, func(f *os.File) error {
		w, err := seal.SealSubmission(key, submission, io.MultiWriter(f, h))
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, r); err != nil {
			return fmt.Errorf("exchange: seal the submission: %w", err)
		}
		if err := w.Close(); err != nil {
			return err
		}
		info, err := f.Stat()
		sealed.size = info.Size()
		return err
	})
	if err != nil {
		return nil, err
	}
	copy(sealed.digest[:], h.Sum(nil))
	k.sealed = sealed
	return sealed, nil
}

// drop removes the sealed submission. A crash leaves it: ciphertext, overwritten by the next try.
func (k *collector) drop() {
	if k.sealed != nil {
		_ = os.Remove(k.sealed.path)
	}
}

// counter reports what is read through it.
type counter struct {
	r      io.Reader
	n      int64
	total  int64
	report func(have, total int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.report(c.n, c.total)
	return n, err
}
