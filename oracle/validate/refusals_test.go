package validate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vc/schema"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

func TestTokensAreRefused(t *testing.T) {
	w := fixture.NewWorld(t)
	other := fixture.NewProvider(2)
	claims := func(edit func(*fixture.Claims)) string {
		s := w.NewSubmission(t, []byte("x"), func(s *fixture.Submission) { s.Claims = edit })
		return s.Token
	}
	header := func(edit func(map[string]any)) string {
		return w.Provider.Token(fixture.Claims{}, edit)
	}
	good := claims(nil)
	parts := strings.Split(good, ".")
	for name, c := range map[string]struct {
		token string
		code  api.Code
	}{
		"empty":                        {"", api.TokenInvalid},
		"no JWS":                       {"a.b", api.TokenInvalid},
		"too long":                     {good + strings.Repeat("A", 5000), api.TokenInvalid},
		"not base64":                   {parts[0] + "!." + parts[1] + "." + parts[2], api.TokenInvalid},
		"claims changed":               {parts[0] + "." + strings.Split(claims(nil), ".")[1] + "." + parts[2], api.TokenInvalid},
		"signature cut":                {good[:len(good)-4], api.TokenInvalid},
		"unsigned":                     {header(func(h map[string]any) { h["alg"] = "none" }), api.TokenInvalid},
		"of another kind":              {header(func(h map[string]any) { h["typ"] = "JWT" }), api.TokenInvalid},
		"key of another curve":         {header(func(h map[string]any) { h["jwk"].(map[string]string)["crv"] = "P-256" }), api.TokenInvalid},
		"without key":                  {header(func(h map[string]any) { delete(h, "jwk") }), api.TokenInvalid},
		"unknown header":               {header(func(h map[string]any) { h["crit"] = []string{"x"} }), api.TokenInvalid},
		"of an account by another key": {claims(func(c *fixture.Claims) { c.Issuer = other.Address }), api.TokenInvalid},
		"for another oracle":           {claims(func(c *fixture.Claims) { c.Audience = fixture.Address(make([]byte, 20)) }), api.TokenInvalid},
		"for another deal":             {claims(func(c *fixture.Claims) { c.Deal = strings.Repeat("f", 32) }), api.TokenInvalid},
		"digest in capitals":           {claims(func(c *fixture.Claims) { c.Digest = strings.ToUpper(c.Digest) + "" }), api.TokenInvalid},
		"digest too short":             {claims(func(c *fixture.Claims) { c.Digest = "00" }), api.TokenInvalid},
		"id too short":                 {claims(func(c *fixture.Claims) { c.ID = "1" }), api.TokenInvalid},
		"id too long":                  {claims(func(c *fixture.Claims) { c.ID = strings.Repeat("1", 65) }), api.TokenInvalid},
		"for six minutes":              {claims(func(c *fixture.Claims) { c.Expires = c.IssuedAt + 361 }), api.TokenInvalid},
		"expires before it is issued":  {claims(func(c *fixture.Claims) { c.Expires = c.IssuedAt - 1 }), api.TokenInvalid},
		"expired":                      {claims(func(c *fixture.Claims) { c.IssuedAt -= 300; c.Expires = c.IssuedAt + 299 }), api.TokenExpired},
		"from the future":              {claims(func(c *fixture.Claims) { c.IssuedAt += 600; c.Expires += 600 }), api.TokenExpired},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Validator.Validate(t.Context(), validate.Request{DealID: fixture.DealID, Token: c.token, Body: unread{t}})
			require.Equal(t, string(c.code), api.RefusalOf(err).GetCode(), "%v", err)
		})
	}
}

// unread is a body of which nothing may be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read before the request is admitted")
	return 0, io.EOF
}

func TestATokenIsTakenOnce(t *testing.T) {
	w := fixture.NewWorld(t)
	s := w.NewSubmission(t, []byte("x"))
	ask := func() error {
		_, err := w.Validator.Validate(t.Context(), validate.Request{DealID: fixture.DealID, Token: s.Token, Body: bytes.NewReader(s.Sealed)})
		return err
	}
	require.NoError(t, ask())
	require.Equal(t, string(api.TokenReplayed), api.RefusalOf(ask()).GetCode())
	s.Token = s.NewToken()
	require.NoError(t, ask())
}

func TestARefusalToAdmitDoesNotUseTheTokenUp(t *testing.T) {
	w := fixture.NewWorld(t)
	s := w.NewSubmission(t, []byte("x"))
	r := validate.Request{DealID: fixture.DealID, Token: s.Token, Body: bytes.NewReader(s.Sealed), Admit: func(provider string) error {
		require.Equal(t, w.Provider.Address, provider)
		return api.Refuse(api.RateLimited, "", "")
	}}
	_, err := w.Validator.Validate(t.Context(), r)
	require.Equal(t, string(api.RateLimited), api.RefusalOf(err).GetCode())
	r.Admit = nil
	_, err = w.Validator.Validate(t.Context(), r)
	require.NoError(t, err)
}

func TestSubmissionsAreRefused(t *testing.T) {
	otherKey, err := seal.GenerateKey(seal.Hybrid)
	require.NoError(t, err)
	json := func(w *fixture.World) {
		text := []byte(`{"type":"object"}`)
		digest := w.RequireSchema(text)
		require.NoError(t, w.Validator.ProvideSchema(context.Background(), fixture.DealID, digest, bytes.NewReader(text)))
	}
	edit := func(f func(*fixture.Submission)) func(*fixture.Submission) { return f }
	for name, c := range map[string]struct {
		world   func(*fixture.World)
		content string
		edit    func(*fixture.Submission)
		code    api.Code
	}{
		"oracle is not active":      {world: func(w *fixture.World) { w.Chain.Inactive = fmt.Errorf("%w: jailed", validate.ErrNotActive) }, code: api.OracleNotActive},
		"chain cannot be read":      {world: func(w *fixture.World) { w.Chain.Err = errors.New("no node answers") }, code: api.ChainUnavailable},
		"no such deal":              {world: func(w *fixture.World) { delete(w.Chain.Deals, fixture.DealID) }, code: api.DealNotFound},
		"deal is completed":         {world: func(w *fixture.World) { w.Deal().Status = datadeal.DEAL_STATUS_COMPLETED }, code: api.DealNotActive},
		"deal has just expired":     {world: func(w *fixture.World) { w.Deal().ExpiresAt = fixture.Now }, code: api.DealNotActive},
		"not the digest":            {edit: edit(func(s *fixture.Submission) { s.Claims = func(c *fixture.Claims) { c.Digest = strings.Repeat("0", 64) } }), code: api.DigestMismatch},
		"sealed to another key":     {edit: edit(func(s *fixture.Submission) { s.Key = otherKey.Public() }), code: api.SubmissionUnreadable},
		"sealed for another deal":   {edit: edit(func(s *fixture.Submission) { s.Deal.ID = strings.Repeat("f", 32) }), code: api.SubmissionUnreadable},
		"sealed for another chain":  {edit: edit(func(s *fixture.Submission) { s.Deal.ChainID = "other" }), code: api.SubmissionUnreadable},
		"sealed by another account": {edit: sealedBy(t, fixture.NewProvider(2)), code: api.SubmissionUnreadable},
		"nothing":                   {edit: edit(func(s *fixture.Submission) { s.Damage = func([]byte) []byte { return nil } }), code: api.SubmissionUnreadable},
		"noise":                     {edit: edit(func(s *fixture.Submission) { s.Damage = func(b []byte) []byte { return bytes.Repeat([]byte{1}, 4000) } }), code: api.SubmissionUnreadable},
		"HPKE of another suite":     {edit: edit(func(s *fixture.Submission) { s.Damage = func(b []byte) []byte { b[2] ^= 1; return b } }), code: api.SubmissionUnreadable},
		"encapsulation changed":     {edit: edit(func(s *fixture.Submission) { s.Damage = func(b []byte) []byte { b[50] ^= 1; return b } }), code: api.SubmissionUnreadable},
		"a bit changed":             {edit: edit(func(s *fixture.Submission) { s.Damage = func(b []byte) []byte { b[len(b)-20] ^= 1; return b } }), code: api.SubmissionUnreadable},
		"truncated":                 {edit: edit(func(s *fixture.Submission) { s.Damage = func(b []byte) []byte { return b[:len(b)-1] } }), code: api.SubmissionUnreadable},
		"truncated after a chunk": {content: strings.Repeat("x", 3<<20), edit: edit(func(s *fixture.Submission) {
			s.Damage = func(b []byte) []byte { return b[:len(b)-(1<<20+16)] }
		}), code: api.SubmissionUnreadable},
		"extended": {edit: edit(func(s *fixture.Submission) {
			s.Damage = func(b []byte) []byte { return append(b, make([]byte, 32)...) }
		}), code: api.SubmissionUnreadable},
		"no header":          {edit: edit(func(s *fixture.Submission) { s.Plain = func(_, _ []byte) []byte { return nil } }), code: api.SubmissionMalformed},
		"header of 4 GiB":    {edit: edit(func(s *fixture.Submission) { s.Plain = func(_, _ []byte) []byte { return []byte{255, 255, 255, 255} } }), code: api.SubmissionMalformed},
		"ends in its header": {edit: edit(func(s *fixture.Submission) { s.Plain = func(h, _ []byte) []byte { return fixture.Plain(h, nil)[:20] } }), code: api.SubmissionMalformed},
		"header is no header": {edit: edit(func(s *fixture.Submission) {
			s.Plain = func(_, c []byte) []byte { return fixture.Plain([]byte{255}, c) }
		}), code: api.SubmissionMalformed},
		"salt too short":           {edit: edit(func(s *fixture.Submission) { s.Header.Salt = s.Header.Salt[1:] }), code: api.SubmissionMalformed},
		"size too small":           {edit: edit(func(s *fixture.Submission) { s.Header.ContentSize-- }), content: "xx", code: api.SubmissionMalformed},
		"size too large":           {edit: edit(func(s *fixture.Submission) { s.Header.ContentSize++ }), code: api.SubmissionMalformed},
		"size of an exabyte":       {edit: edit(func(s *fixture.Submission) { s.Header.ContentSize = 1 << 60 }), code: api.SubmissionMalformed},
		"another media type":       {edit: edit(func(s *fixture.Submission) { s.Header.MediaType = "text/plain" }), code: api.MediaTypeMismatch},
		"last height has been":     {edit: edit(func(s *fixture.Submission) { s.Header.LastHeight = 100 }), code: api.LastHeightOutOfRange},
		"last height is too far":   {edit: edit(func(s *fixture.Submission) { s.Header.LastHeight = 100 + fixture.Lifetime + 1 }), code: api.LastHeightOutOfRange},
		"last height is negative":  {edit: edit(func(s *fixture.Submission) { s.Header.LastHeight = -1 << 63 }), code: api.LastHeightOutOfRange},
		"last height is no height": {edit: edit(func(s *fixture.Submission) { s.Header.LastHeight = 1<<63 - 1 }), code: api.LastHeightOutOfRange},
		"no JSON":                  {world: json, content: `{"a":`, code: api.ContentNotJSON},
		"JSON and more":            {world: json, content: `{} x`, code: api.ContentNotJSON},
		"a member twice":           {world: json, content: `{"a":1,"a":2}`, code: api.ContentNotJSON},
		"no UTF-8":                 {world: json, content: "{\"a\":\"\xff\"}", code: api.ContentNotJSON},
		"JSON without bottom":      {world: json, content: strings.Repeat(`[`, 1<<20), code: api.ContentNotJSON},
		"deep JSON":                {world: json, content: strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat(`}`, 65), code: api.ContentNotJSON},
		"a million values":         {world: json, content: `[` + strings.Repeat(`1,`, 1_000_000) + `1]`, code: api.ContentNotJSON},
		"number of a gigabyte":     {world: json, content: `{"a":1e1000000000}`, code: api.ContentNotJSON},
		"number beyond a double":   {world: json, content: `{"a":1e399}`, code: api.ContentNotJSON},
		"JSON too large":           {world: json, content: `"` + strings.Repeat("x", 4<<20) + `"`, code: api.TooLarge},
		"JSON too large by far":    {world: json, content: `"` + strings.Repeat("x", 6<<20) + `"`, code: api.TooLarge},
		"size too small, JSON":     {world: json, content: `{} `, edit: edit(func(s *fixture.Submission) { s.Header.ContentSize-- }), code: api.SubmissionMalformed},
		"size too large, JSON":     {world: json, content: `{}`, edit: edit(func(s *fixture.Submission) { s.Header.ContentSize++ }), code: api.SubmissionMalformed},
		"a bit changed, JSON":      {world: json, content: `{}`, edit: edit(func(s *fixture.Submission) { s.Damage = func(b []byte) []byte { b[len(b)-20] ^= 1; return b } }), code: api.SubmissionUnreadable},
		"unknown uniqueness":       {world: func(w *fixture.World) { w.Deal().Uniqueness = 9 }, code: api.UniquenessUndisclosed},
		"credential of no presentation": {world: func(w *fixture.World) { w.Deal().Uniqueness = datadeal.UNIQUENESS_CREDENTIAL },
			code: api.UniquenessUndisclosed},
		"schema that cannot be": {world: func(w *fixture.World) {
			text := []byte(`{"$ref":"https://evil.example/schema"}`)
			digest := w.RequireSchema(text)
			err := w.Validator.ProvideSchema(context.Background(), fixture.DealID, digest, bytes.NewReader(text))
			require.Equal(t, string(api.SchemaUnusable), api.RefusalOf(err).GetCode())
		}, content: `{}`, code: api.SchemaUnusable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := fixture.NewWorld(t)
			if c.world != nil {
				c.world(w)
			}
			if c.content == "" {
				c.content = "x"
			}
			if c.edit == nil {
				c.edit = func(*fixture.Submission) {}
			}
			start := time.Now()
			_, err := w.Submit(t, []byte(c.content), c.edit)
			require.Equal(t, string(c.code), api.RefusalOf(err).GetCode(), "%v", err)
			require.Less(t, time.Since(start), 20*time.Second)
			nothingIsLeft(t, w)
			if c.world == nil { // the oracle goes on
				_, err = w.Submit(t, []byte("another"))
				require.NoError(t, err)
			}
		})
	}
}

func sealedBy(t *testing.T, thief *fixture.Provider) func(*fixture.Submission) {
	return func(s *fixture.Submission) {
		s.Damage = func(b []byte) []byte {
			// What s.Provider sealed, sent by somebody else with a token of its own.
			s.Provider = thief
			return b
		}
	}
}

// nothingIsLeft checks that no temporary file is.
func nothingIsLeft(t *testing.T, w *fixture.World) {
	t.Helper()
	entries, err := os.ReadDir(w.Dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.False(t, strings.HasPrefix(e.Name(), "submission-"), e.Name())
	}
}

func TestASecondSaleOfTheSameContentIsRefused(t *testing.T) {
	w := fixture.NewWorld(t)
	text := []byte(`{"type":"object"}`)
	require.NoError(t, w.Validator.ProvideSchema(t.Context(), fixture.DealID, w.RequireSchema(text), bytes.NewReader(text)))
	sold, err := w.Submit(t, []byte(`{"a":1,"b":[2.50]}`))
	require.NoError(t, err)
	w.Chain.Tags[fixture.DealID+fmt.Sprintf("%x", sold.Certificate.UniquenessTag)] = true
	w.Provider = fixture.NewProvider(2)
	_, err = w.Submit(t, []byte(" {\"b\": [2.5], \"a\": 1}\n")) // says the same
	require.Equal(t, string(api.Duplicate), api.RefusalOf(err).GetCode())
	_, err = w.Submit(t, []byte(`{"a":1,"b":[2.51]}`))
	require.NoError(t, err)
}

// The same datum, with the same salt, by another account, would be a certificate that contradicts the first.
func TestADatumIsVouchedForOnce(t *testing.T) {
	w := fixture.NewWorld(t)
	s := w.NewSubmission(t, []byte("x"))
	salt := func(again *fixture.Submission) { again.Header.Salt = bytes.Clone(s.Salt[:]) }
	ask := func(s *fixture.Submission) (*api.ValidateDataResponse, error) {
		return w.Validator.Validate(t.Context(), validate.Request{DealID: fixture.DealID, Token: s.Token, Body: bytes.NewReader(s.Sealed)})
	}
	first, err := ask(s)
	require.NoError(t, err)
	w.Chain.Height += 10
	second, err := ask(w.NewSubmission(t, []byte("x"), salt))
	require.NoError(t, err)
	require.Equal(t, first.Certificate.LastHeight+10, second.Certificate.LastHeight)
	second.Certificate.LastHeight = first.Certificate.LastHeight
	require.Equal(t, first.Certificate, second.Certificate)

	w.Provider = fixture.NewProvider(2)
	_, err = ask(w.NewSubmission(t, []byte("x"), salt))
	require.Equal(t, string(api.AlreadyVouched), api.RefusalOf(err).GetCode())
}

func TestSchemasAreHandedOverForActiveDealsOnly(t *testing.T) {
	w := fixture.NewWorld(t)
	text := []byte(`{"type":"object"}`)
	digest := w.RequireSchema(text)
	refused := func(code api.Code, dealID string, digest [32]byte, body io.Reader) {
		t.Helper()
		err := w.Validator.ProvideSchema(t.Context(), dealID, digest, body)
		require.Equal(t, string(code), api.RefusalOf(err).GetCode(), "%v", err)
	}
	refused(api.DealNotFound, strings.Repeat("f", 32), digest, unread{t})
	refused(api.SchemaUnknown, fixture.DealID, [32]byte{}, unread{t})
	refused(api.DigestMismatch, fixture.DealID, digest, strings.NewReader(`{}`))
	refused(api.TooLarge, fixture.DealID, digest, bytes.NewReader(make([]byte, 5<<20)))
	require.NoError(t, w.Validator.ProvideSchema(t.Context(), fixture.DealID, digest, bytes.NewReader(text)))
	w.Deal().Status = datadeal.DEAL_STATUS_DEACTIVATED
	refused(api.DealNotActive, fixture.DealID, digest, unread{t})
	nothingIsLeft(t, w)
}

// A schema is compiled within the memory that validations have together.
func TestASchemaWaitsForMemory(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	w := fixture.NewWorld(t, func(c *validate.Config) {
		c.Limits = validate.Limits{MemoryBytes: 1 << 20, Work: 4, Wait: 50 * time.Millisecond}
		c.After = func(step string) {
			if step == "content" {
				entered <- struct{}{}
				<-leave
			}
		}
	})
	text := []byte(`{"type":"object"}`)
	digest := w.RequireSchema(text)
	first := make(chan error, 1)
	go func() {
		_, err := w.Submit(t, []byte(`{}`))
		first <- err
	}()
	<-entered
	err := w.Validator.ProvideSchema(t.Context(), fixture.DealID, digest, bytes.NewReader(text))
	require.Equal(t, string(api.Busy), api.RefusalOf(err).GetCode(), "%v", err)
	close(leave)
	require.Equal(t, string(api.SchemaUnknown), api.RefusalOf(<-first).GetCode())
	require.NoError(t, w.Validator.ProvideSchema(t.Context(), fixture.DealID, digest, bytes.NewReader(text)))
}

func TestASchemaIsTakenFromTheChainAndKeptOverARestart(t *testing.T) {
	w := fixture.NewWorld(t)
	text := []byte(`{"required":["a"]}`)
	digest := w.RequireSchema(text)
	url := "did:panacea:x?resourceName=s"
	w.Deal().Requirements.Schemas[0].Url = url
	_, err := w.Submit(t, []byte(`{"a":1}`))
	require.Equal(t, string(api.SchemaUnknown), api.RefusalOf(err).GetCode())
	w.Chain.Resources[url] = []byte(`{}`) // another version, which has not the digest
	_, err = w.Submit(t, []byte(`{"a":1}`))
	require.Equal(t, string(api.SchemaUnknown), api.RefusalOf(err).GetCode())
	w.Chain.Resources[url] = text
	_, err = w.Submit(t, []byte(`{"a":1}`))
	require.NoError(t, err)

	w.Deal().Requirements.Schemas[0].Url = ""
	require.NoError(t, w.Validator.ProvideSchema(t.Context(), fixture.DealID, digest, bytes.NewReader(text)))
	restarted := fixture.NewWorld(t, func(c *validate.Config) { c.Schemas = w.Dir + "/schemas" })
	restarted.RequireSchema(text)
	require.NoError(t, restarted.Validator.ProvideSchema(t.Context(), fixture.DealID, digest, bytes.NewReader(text)))
	_, err = restarted.Submit(t, []byte(`{"a":1}`))
	require.NoError(t, err)
}

func TestContentKeysAreForProvenConsents(t *testing.T) {
	w := fixture.NewWorld(t)
	answer, err := w.Submit(t, []byte("x"))
	require.NoError(t, err)
	c := seal.Commitment(answer.Certificate.DataCommitment)
	refused := func(code api.Code, dealID string) {
		t.Helper()
		_, err := w.Validator.ContentKey(t.Context(), dealID, c)
		require.Equal(t, string(code), api.RefusalOf(err).GetCode(), "%v", err)
	}
	refused(api.ConsentNotFound, fixture.DealID)
	id := fixture.DealID + fmt.Sprintf("%x", c)
	forged := answer.Certificate
	forged.DealId = strings.Repeat("f", 32)
	w.Chain.Consents[id] = &datadeal.Consent{Certificate: forged} // of another deal
	refused(api.ConsentNotFound, fixture.DealID)
	w.Chain.Consents[id] = &datadeal.Consent{Certificate: answer.Certificate}
	refused(api.ConsentNotFound, strings.Repeat("f", 32))
	w.Chain.Err = errors.New("no header is proven")
	refused(api.ChainUnavailable, fixture.DealID)
	w.Chain.Err = nil
	w.Deal().Status = datadeal.DEAL_STATUS_COMPLETED // which changes nothing
	require.Equal(t, []byte("x"), buy(t, w, answer))
}

// full is a vault that takes nothing more.
type full struct{}

func (full) Put(_ context.Context, _ string, r io.Reader) (string, error) {
	_, err := io.CopyN(io.Discard, r, 10)
	return "", errors.Join(validate.ErrStorageFull, err)
}

// PutIfAbsent is that of a journal that takes nothing more.
func (full) PutIfAbsent(context.Context, string, []byte) ([]byte, error) {
	return nil, validate.ErrStorageFull
}

func TestAFullDiskIsSaid(t *testing.T) {
	for name, edit := range map[string]func(*validate.Config){
		"vault":   func(c *validate.Config) { c.Objects = full{} },
		"journal": func(c *validate.Config) { c.Journal = full{} },
	} {
		w := fixture.NewWorld(t, edit)
		_, err := w.Submit(t, bytes.Repeat([]byte("x"), 5<<20))
		require.Equal(t, string(api.StorageFull), api.RefusalOf(err).GetCode(), "%s: %v", name, err)
	}
}

// misnaming is a vault that forgets the object's name.
type misnaming struct{ full }

func (misnaming) Put(_ context.Context, _ string, r io.Reader) (string, error) {
	_, err := io.Copy(io.Discard, r)
	return "", err
}

// What is in the journal is vouched for once and for all, so nothing gets there that the chain would not take.
func TestACertificateThatNobodyCanUseIsNotKept(t *testing.T) {
	w := fixture.NewWorld(t, func(c *validate.Config) { c.Objects, c.Journal = misnaming{}, full{} })
	_, err := w.Submit(t, []byte("x"))
	require.ErrorContains(t, err, "validate: certificate: ")
}

func TestWhatDoesNotFitIntoMemoryWaitsAndIsRefusedAsBusy(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	w := fixture.NewWorld(t, func(c *validate.Config) {
		c.Limits = validate.Limits{MemoryBytes: validate.StreamMemory + validate.StreamMemory/2, Work: 4, Wait: 50 * time.Millisecond}
		c.After = func(step string) {
			if step == "content" {
				entered <- struct{}{}
				<-leave
			}
		}
	})
	first := make(chan error, 1)
	go func() {
		_, err := w.Submit(t, []byte("first"))
		first <- err
	}()
	<-entered
	_, err := w.Submit(t, []byte("second"))
	require.Equal(t, string(api.Busy), api.RefusalOf(err).GetCode(), "%v", err)
	close(leave)
	require.NoError(t, <-first)
	go func() { <-entered }()
	_, err = w.Submit(t, []byte("third"))
	require.NoError(t, err)
}

func TestALimitThatNoDocumentFitsInIsNoTrap(t *testing.T) {
	w := fixture.NewWorld(t, func(c *validate.Config) {
		c.Limits = validate.Limits{MemoryBytes: 80 << 20, JSON: schema.DefaultLimits()}
	})
	require.Equal(t, 1<<20, w.Validator.Limits().JSON.DocumentBytes)
}
