package status_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/vc/status"
)

// published is encodedList of the specification's examples (§2.2 and appendix A): 131,072 zero bits.
const published = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"

var now = time.Date(2024, 4, 5, 14, 27, 42, 0, time.UTC)

func object(t testing.TB, text string) map[string]any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	require.NoError(t, d.Decode(&m))
	return m
}

// listDocument is the specification's example of a status list credential.
const listDocument = `{
  "@context": ["https://www.w3.org/ns/credentials/v2"],
  "id": "https://example.com/credentials/status/3",
  "type": ["VerifiableCredential", "BitstringStatusListCredential"],
  "issuer": "did:example:12345",
  "validFrom": "2021-04-05T14:27:40Z",
  "credentialSubject": {
    "id": "https://example.com/status/3#list",
    "type": "BitstringStatusList",
    "statusPurpose": "revocation",
    "encodedList": "` + published + `"
  }
}`

const entryDocument = `{
  "id": "https://example.com/credentials/status/3#94567",
  "type": "BitstringStatusListEntry",
  "statusPurpose": "revocation",
  "statusListIndex": "94567",
  "statusListCredential": "https://example.com/credentials/status/3"
}`

func TestPublishedListIsAllUnset(t *testing.T) {
	list, err := status.Decode(published, 1, 0, 0)
	require.NoError(t, err)
	require.Equal(t, status.MinimumLength, list.Len())
	for _, i := range []uint64{0, 94567, 131071} {
		v, err := list.Get(i)
		require.NoError(t, err)
		require.Zero(t, v)
	}
	_, err = list.Get(131072)
	require.ErrorIs(t, err, status.ErrRange)
}

func TestFirstIndexIsLeftMostBit(t *testing.T) {
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	require.NoError(t, list.Set(0, 1))
	require.NoError(t, list.Set(131071, 1))
	encoded, err := list.Encode()
	require.NoError(t, err)
	raw, err := base64.RawURLEncoding.DecodeString(encoded[1:])
	require.NoError(t, err)
	r, err := gzip.NewReader(bytes.NewReader(raw))
	require.NoError(t, err)
	var buf bytes.Buffer
	_, err = buf.ReadFrom(r)
	require.NoError(t, err)
	require.Equal(t, byte(0x80), buf.Bytes()[0])
	require.Equal(t, byte(0x01), buf.Bytes()[16383])
	require.Len(t, buf.Bytes(), 16384)
}

func TestListKeepsWhatIsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, status.MaximumSize).Draw(t, "size")
		list, err := status.NewList(status.MinimumLength, size)
		require.NoError(t, err)
		want := map[uint64]uint32{}
		for range rapid.IntRange(0, 40).Draw(t, "sets") {
			i := rapid.Uint64Range(0, uint64(list.Len()-1)).Draw(t, "index")
			v := rapid.Uint32Range(0, 1<<size-1).Draw(t, "value")
			require.NoError(t, list.Set(i, v))
			want[i] = v
		}
		encoded, err := list.Encode()
		require.NoError(t, err)
		again, err := status.Decode(encoded, size, 0, 0)
		require.NoError(t, err)
		require.Equal(t, list.Len(), again.Len())
		for i, v := range want {
			got, err := again.Get(i)
			require.NoError(t, err)
			require.Equal(t, v, got)
			if _, set := want[i+1]; !set && i+1 < uint64(list.Len()) {
				got, err := again.Get(i + 1)
				require.NoError(t, err)
				require.Zero(t, got)
			}
		}
	})
}

func TestListsThatCannotBeMade(t *testing.T) {
	for name, c := range map[string]struct {
		length, size int
		want         error
	}{
		"too short":       {status.MinimumLength - 1, 1, status.ErrLength},
		"negative":        {-1, 1, status.ErrLength},
		"too long":        {status.MaximumBytes*8 + 1, 1, status.ErrTooLarge},
		"overflow":        {1 << 62, 16, status.ErrTooLarge},
		"no size":         {status.MinimumLength, 0, status.ErrMalformed},
		"size too great":  {status.MinimumLength, 17, status.ErrMalformed},
		"size is minus 1": {status.MinimumLength, -1, status.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := status.NewList(c.length, c.size)
			require.ErrorIs(t, err, c.want)
		})
	}
	list, err := status.NewList(status.MinimumLength, 2)
	require.NoError(t, err)
	require.ErrorIs(t, list.Set(131072, 1), status.ErrRange)
	require.ErrorIs(t, list.Set(1, 4), status.ErrMalformed)
}

func gzipped(t testing.TB, b []byte) []byte {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func multibase(b []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(b) }

func TestHostileLists(t *testing.T) {
	short := gzipped(t, make([]byte, 16383))
	good := gzipped(t, make([]byte, 16384))
	bomb := gzipped(t, make([]byte, status.MaximumBytes+1))
	damaged := bytes.Clone(good)
	damaged[len(damaged)-5] ^= 1 // its CRC
	for name, c := range map[string]struct {
		encoded string
		size    int
		want    error
	}{
		"empty":                {"", 1, status.ErrMalformed},
		"prefix only":          {"u", 1, status.ErrMalformed},
		"without prefix":       {published[1:], 1, status.ErrMalformed},
		"base58":               {"z" + published[1:], 1, status.ErrMalformed},
		"padded":               {multibase(good) + "=", 1, status.ErrMalformed},
		"not gzip":             {"uAAAA", 1, status.ErrMalformed},
		"truncated":            {multibase(good[:len(good)-9]), 1, status.ErrMalformed},
		"wrong checksum":       {multibase(damaged), 1, status.ErrMalformed},
		"trailing bytes":       {multibase(append(bytes.Clone(good), 0)), 1, status.ErrMalformed},
		"two members":          {multibase(append(bytes.Clone(good), good...)), 1, status.ErrMalformed},
		"too short":            {multibase(short), 1, status.ErrLength},
		"too short for 2 bits": {multibase(good), 2, status.ErrLength},
		"bomb":                 {multibase(bomb), 1, status.ErrTooLarge},
		"long text":            {"u" + strings.Repeat("A", 2*status.MaximumBytes), 1, status.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := status.Decode(c.encoded, c.size, 0, 0)
			require.ErrorIs(t, err, c.want)
			require.NotEmpty(t, status.ProblemType(err))
		})
	}
	_, err := status.Decode(published, 1, 0, 16383)
	require.ErrorIs(t, err, status.ErrTooLarge)
}

func TestPublishedEntries(t *testing.T) {
	e, err := status.ParseEntry(object(t, entryDocument))
	require.NoError(t, err)
	require.Equal(t, &status.Entry{
		ID: "https://example.com/credentials/status/3#94567", Purpose: status.Revocation, Index: 94567,
		List: "https://example.com/credentials/status/3", Size: 1,
	}, e)

	// §2.1's bill of lading, with the message that its ellipsis stands for.
	e, err = status.ParseEntry(object(t, `{
    "id": "https://example.com/credentials/status/8#492847",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "message",
    "statusListIndex": "492847",
    "statusSize": 2,
    "statusListCredential": "https://example.com/credentials/status/8",
    "statusMessage": [
        {"status":"0x0", "message":"pending_review"},
        {"status":"0x1", "message":"accepted"},
        {"status":"0x2", "message":"rejected"},
        {"status":"0x3", "message":"undefined"}
    ],
    "statusReference": "https://example.org/status-dictionary/"}`))
	require.NoError(t, err)
	require.Equal(t, 2, e.Size)
	require.Equal(t, "rejected", e.Messages[2].Text)
	again, err := status.ParseEntry(e.Map())
	require.NoError(t, err)
	require.Equal(t, e, again)
}

func TestMalformedEntries(t *testing.T) {
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	drop := func(name string) func(map[string]any) { return func(m map[string]any) { delete(m, name) } }
	message := func(s string) any { return map[string]any{"status": s, "message": "m"} }
	for name, c := range map[string]struct {
		change func(map[string]any)
		names  string
	}{
		"other type":            {set("type", "StatusList2021Entry"), "type"},
		"no type":               {drop("type"), "type"},
		"no purpose":            {drop("statusPurpose"), "statusPurpose"},
		"purpose is a list":     {set("statusPurpose", []any{"revocation"}), "statusPurpose"},
		"no list":               {drop("statusListCredential"), "statusListCredential"},
		"list is not a URL":     {set("statusListCredential", "status/3"), "statusListCredential"},
		"id is the list":        {set("id", "https://example.com/credentials/status/3"), "id"},
		"id is not a URL":       {set("id", json.Number("3")), "id"},
		"index is a number":     {set("statusListIndex", json.Number("3")), "statusListIndex"},
		"index is negative":     {set("statusListIndex", "-3"), "statusListIndex"},
		"index is hexadecimal":  {set("statusListIndex", "0x3"), "statusListIndex"},
		"index is empty":        {set("statusListIndex", ""), "statusListIndex"},
		"index starts with 0":   {set("statusListIndex", "03"), "statusListIndex"},
		"index is a long text":  {set("statusListIndex", strings.Repeat("9", 79)), "statusListIndex"},
		"size is zero":          {set("statusSize", json.Number("0")), "statusSize"},
		"size is a fraction":    {set("statusSize", json.Number("1.5")), "statusSize"},
		"size is a string":      {set("statusSize", "2"), "statusSize"},
		"size is great":         {set("statusSize", json.Number("64")), "statusSize"},
		"size without messages": {set("statusSize", json.Number("2")), "statusMessage"},
		"one message of two":    {set("statusMessage", []any{message("0x0")}), "statusMessage"},
		"messages not a list":   {set("statusMessage", message("0x0")), "statusMessage"},
		"message twice":         {set("statusMessage", []any{message("0x1"), message("0x1")}), "statusMessage"},
		"message out of range":  {set("statusMessage", []any{message("0x0"), message("0x2")}), "statusMessage"},
		"message without 0x":    {set("statusMessage", []any{message("0x0"), message("1")}), "statusMessage"},
		"message without text":  {set("statusMessage", []any{message("0x0"), map[string]any{"status": "0x1"}}), "statusMessage"},
		"reference not a URL":   {set("statusReference", []any{"x"}), "statusReference"},
	} {
		t.Run(name, func(t *testing.T) {
			m := object(t, entryDocument)
			c.change(m)
			_, err := status.ParseEntry(m)
			require.ErrorIs(t, err, status.ErrMalformed)
			require.ErrorContains(t, err, c.names)
			require.Equal(t, "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR", status.ProblemType(err))
		})
	}
}

func TestMalformedListCredentials(t *testing.T) {
	subject := func(m map[string]any) map[string]any { return m["credentialSubject"].(map[string]any) }
	for name, change := range map[string]func(map[string]any){
		"other type":         func(m map[string]any) { m["type"] = []any{"VerifiableCredential"} },
		"no issuer":          func(m map[string]any) { delete(m, "issuer") },
		"id is not a URL":    func(m map[string]any) { m["id"] = "3" },
		"validUntil":         func(m map[string]any) { m["validUntil"] = "tomorrow" },
		"no subject":         func(m map[string]any) { delete(m, "credentialSubject") },
		"two subjects":       func(m map[string]any) { m["credentialSubject"] = []any{subject(m), subject(m)} },
		"subject's type":     func(m map[string]any) { subject(m)["type"] = "List" },
		"no purpose":         func(m map[string]any) { delete(subject(m), "statusPurpose") },
		"purposes are mixed": func(m map[string]any) { subject(m)["statusPurpose"] = []any{"revocation", json.Number("1")} },
		"no list":            func(m map[string]any) { delete(subject(m), "encodedList") },
		"ttl is negative":    func(m map[string]any) { subject(m)["ttl"] = json.Number("-1") },
		"ttl overflows":      func(m map[string]any) { subject(m)["ttl"] = json.Number("9223372036854775807") },
		"ttl is text":        func(m map[string]any) { subject(m)["ttl"] = "300" },
	} {
		t.Run(name, func(t *testing.T) {
			m := object(t, listDocument)
			change(m)
			_, err := status.ParseListCredential(m)
			require.ErrorIs(t, err, status.ErrMalformed)
		})
	}
}

// publish makes a list credential out of a list, as package vc would return it once its proof is verified.
func publish(t testing.TB, list *status.List, o status.SubjectOptions, more map[string]any) *status.ListCredential {
	subject, err := list.Subject(o)
	require.NoError(t, err)
	m := object(t, listDocument)
	m["credentialSubject"] = subject
	for k, v := range more {
		m[k] = v
	}
	c, err := status.ParseListCredential(m)
	require.NoError(t, err)
	return c
}

func TestCheck(t *testing.T) {
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	require.NoError(t, list.Set(94567, 1))
	both := status.SubjectOptions{Purposes: []string{status.Revocation, status.Refresh}}
	entry := func(change func(*status.Entry)) *status.Entry {
		e, err := status.ParseEntry(object(t, entryDocument))
		require.NoError(t, err)
		if change != nil {
			change(e)
		}
		return e
	}
	const issuer = "did:example:12345"
	for name, c := range map[string]struct {
		entry  *status.Entry
		list   *status.ListCredential
		err    error // the source's
		issuer string
		want   error
		valid  bool
	}{
		"revoked":              {entry: entry(nil), list: publish(t, list, both, nil)},
		"not revoked":          {entry: entry(func(e *status.Entry) { e.Index = 94566 }), list: publish(t, list, both, nil), valid: true},
		"not in the list":      {entry: entry(func(e *status.Entry) { e.Index = 131072 }), list: publish(t, list, both, nil), want: status.ErrRange},
		"far out of the list":  {entry: entry(func(e *status.Entry) { e.Index = 1<<64 - 1 }), list: publish(t, list, both, nil), want: status.ErrRange},
		"wrong purpose":        {entry: entry(func(e *status.Entry) { e.Purpose = status.Suspension }), list: publish(t, list, both, nil), want: status.ErrVerification},
		"another list":         {entry: entry(nil), list: publish(t, list, both, map[string]any{"id": "https://example.com/4"}), want: status.ErrVerification},
		"by another issuer":    {entry: entry(nil), list: publish(t, list, both, map[string]any{"issuer": "did:example:evil"}), want: status.ErrVerification},
		"not valid yet":        {entry: entry(nil), list: publish(t, list, both, map[string]any{"validFrom": "2024-04-05T14:27:43Z"}), want: status.ErrVerification},
		"not valid any more":   {entry: entry(nil), list: publish(t, list, both, map[string]any{"validUntil": "2024-04-05T14:27:41Z"}), want: status.ErrVerification},
		"cannot be had":        {entry: entry(nil), err: context.DeadlineExceeded, want: status.ErrRetrieval},
		"wrong proof":          {entry: entry(nil), err: status.ErrVerification, want: status.ErrVerification},
		"entries of two bits":  {entry: entry(func(e *status.Entry) { e.Size = 2 }), list: publish(t, list, both, nil), want: status.ErrLength},
		"list is not for gzip": {entry: entry(nil), list: &status.ListCredential{Issuer: issuer, Purposes: both.Purposes, Encoded: "uAA"}, want: status.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			checker := status.Checker{Source: status.SourceFunc(func(context.Context, string, time.Time) (*status.ListCredential, error) {
				return c.list, c.err
			})}
			r, err := checker.Check(t.Context(), c.entry, issuer, now)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.True(t, strings.HasPrefix(status.ProblemType(err), "https://www.w3.org/"))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.valid, r.Valid())
			require.Equal(t, !c.valid, r.Invalidates())
			require.Equal(t, map[bool]string{true: "unset", false: "set"}[c.valid], r.Message)
		})
	}
	_, err = (&status.Checker{}).Check(t.Context(), entry(nil), issuer, now)
	require.ErrorIs(t, err, status.ErrRetrieval)
	checker := status.Checker{
		Source: status.SourceFunc(func(context.Context, string, time.Time) (*status.ListCredential, error) {
			return publish(t, list, both, map[string]any{"issuer": "did:example:registry"}), nil
		}),
		AcceptIssuer: func(issuer, list string) bool { return list == "did:example:registry" },
	}
	r, err := checker.Check(t.Context(), entry(nil), issuer, now)
	require.NoError(t, err)
	require.True(t, r.Invalidates())
	r, err = checker.Check(t.Context(), entry(func(e *status.Entry) { e.Purpose = status.Refresh }), issuer, now)
	require.NoError(t, err)
	require.False(t, r.Valid())
	require.False(t, r.Invalidates(), "refresh only informs")
}

func TestCacheFollowsTTLAndValidity(t *testing.T) {
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	had := 0
	until := map[string]any{"validUntil": "2024-04-05T14:28:00Z"}
	c := publish(t, list, status.SubjectOptions{Purposes: []string{status.Revocation}, TTL: 10 * time.Second}, until)
	require.Equal(t, 10*time.Second, c.TTL)
	cache := status.NewCache(status.SourceFunc(func(_ context.Context, url string, _ time.Time) (*status.ListCredential, error) {
		had++
		if url == "broken" {
			return nil, errors.New("broken")
		}
		return c, nil
	}), 2, time.Minute)
	get := func(url string, at time.Time, want int) {
		t.Helper()
		_, err := cache.StatusList(t.Context(), url, at)
		require.NoError(t, err)
		require.Equal(t, want, had)
	}
	get("a", now, 1)
	get("a", now.Add(9*time.Second), 1)
	get("a", now.Add(10*time.Second), 2)
	get("a", now.Add(19*time.Second), 3) // its validity has ended, and the source is asked though the ttl has not passed
	get("a", now.Add(-time.Second), 4)   // had later than now
	get("b", now, 5)
	get("c", now, 6) // "a" was had longest ago
	get("b", now, 6)
	get("a", now, 7)
	cache.Forget("a")
	get("a", now, 8)
	_, err = cache.StatusList(t.Context(), "broken", now)
	require.Error(t, err)
}

func FuzzStatusList(f *testing.F) {
	f.Add(published, 1)
	f.Add(multibase(gzipped(f, bytes.Repeat([]byte{0xA5}, 40000))), 2)
	f.Add("uAAAA", 16)
	f.Fuzz(func(t *testing.T, encoded string, size int) {
		list, err := status.Decode(encoded, size, 0, 1<<20)
		if err != nil {
			if status.ProblemType(err) == "" {
				t.Fatalf("an error without a problem type: %v", err)
			}
			return
		}
		i := rand.N(uint64(list.Len()))
		if _, err := list.Get(i); err != nil {
			t.Fatal(err)
		}
		text, err := list.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := status.Decode(text, size, 0, 1<<20)
		if err != nil || again.Len() != list.Len() {
			t.Fatalf("what was written is not read: %v", err)
		}
	})
}

func FuzzStatusDocuments(f *testing.F) {
	f.Add([]byte(listDocument))
	f.Add([]byte(entryDocument))
	f.Fuzz(func(t *testing.T, text []byte) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var m map[string]any
		if d.Decode(&m) != nil {
			return
		}
		if e, err := status.ParseEntry(m); err == nil {
			again, err := status.ParseEntry(e.Map())
			if e.Index != 1<<64-1 && (err != nil || again.Index != e.Index || again.List != e.List) {
				t.Fatalf("%v is not read again: %v", e, err)
			}
		} else if !errors.Is(err, status.ErrMalformed) {
			t.Fatal(err)
		}
		if _, err := status.ParseListCredential(m); err != nil && !errors.Is(err, status.ErrMalformed) {
			t.Fatal(err)
		}
	})
}
