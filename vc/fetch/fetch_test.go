package fetch

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesInsideAreRefused(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1:80", "10.0.0.1:443", "172.16.3.4:443", "192.168.1.1:443", "169.254.169.254:80", "0.0.0.0:80", "100.64.0.1:443", "224.0.0.1:1",
		"255.255.255.255:1", "[::1]:443", "[::]:443", "[fe80::1]:443", "[fc00::1]:443", "[::ffff:127.0.0.1]:443", "[64:ff9b::7f00:1]:443", "[2002:7f00:1::]:443",
		"localhost:80", "",
	} {
		require.ErrorIs(t, checkAddress(a), ErrRefused, a)
	}
	for _, a := range []string{"8.8.8.8:443", "[2606:4700::1111]:443"} {
		require.NoError(t, checkAddress(a), a)
	}
}

func TestGet(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/list", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"a":1}`)) })
	mux.HandleFunc("/missing", http.NotFound)
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, MaximumBytes+1)) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/1.0/identifiers/", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.EscapedPath())) })
	server := httptest.NewServer(mux)
	defer server.Close()

	inside := New(Options{AllowPrivate: true, Resolver: server.URL + "/1.0/identifiers/", Documents: map[string][]byte{"https://given.example/": []byte("given")}})
	outside := New(Options{})
	offline := New(Options{Offline: true})
	for name, c := range map[string]struct {
		client  *Client
		address string
		want    error
	}{
		"inside, allowed":        {inside, server.URL + "/list", nil},
		"given":                  {inside, "https://given.example/", nil},
		"not found":              {inside, server.URL + "/missing", ErrFailed},
		"too large":              {inside, server.URL + "/large", ErrTooLarge},
		"redirects for ever":     {inside, server.URL + "/loop", ErrFailed},
		"redirect to a file":     {inside, server.URL + "/file", ErrRefused},
		"inside":                 {outside, strings.Replace(server.URL, "http:", "https:", 1) + "/list", ErrRefused},
		"not https":              {outside, "http://example.com/", ErrRefused},
		"file":                   {outside, "file:///etc/passwd", ErrRefused},
		"with a user":            {outside, "https://a:b@example.com/", ErrRefused},
		"no host":                {outside, "https:///x", ErrRefused},
		"not a URL":              {outside, "https://[::1", ErrRefused},
		"DID without a resolver": {outside, "did:panacea:x/resources/1", ErrRefused},
		"offline":                {offline, "https://example.com/", ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.Get(t.Context(), c.address)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.False(t, errors.Is(err, ErrRefused) != errors.Is(c.want, ErrRefused))
		})
	}
	b, err := inside.Get(t.Context(), "did:panacea:7Prd74/resources/a?x=1")
	require.NoError(t, err)
	require.Equal(t, "/1.0/identifiers/did%3Apanacea%3A7Prd74%2Fresources%2Fa%3Fx%3D1", string(b))
}
