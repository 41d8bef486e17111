// Package fetch gets the documents that credentials refer to (status lists, schemas, credentials that hold schemas) over HTTPS,
// from addresses that strangers chose.
//
//	c := fetch.New(fetch.Options{Documents: map[string][]byte{"https://hospital.example/schema": text}})
//	b, err := c.Get(ctx, "https://hospital.example/status/3")
//
// What is got is bounded in size and time. Only https is asked, and never an address inside the caller's own network
// (loopback, private, link-local and the like), which a stranger must not reach through us; the address is judged when the
// connection is made, so that neither a redirect nor a name that resolves differently the second time gets around it.
// Requests carry no credentials and say nothing of which credential is being checked.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

var (
	// ErrRefused says that an address must not be asked.
	ErrRefused = errors.New("fetch: the address must not be asked")
	// ErrFailed says that the document could not be had.
	ErrFailed = errors.New("fetch: the document cannot be had")
	// ErrTooLarge says that the document is larger than is read.
	ErrTooLarge = errors.New("fetch: the document is too large")
)

const (
	// MaximumBytes bounds a document.
	MaximumBytes     = 8 << 20
	timeout          = 15 * time.Second
	maximumRedirects = 3
)

// Options say what may be asked.
type Options struct {
	// Documents are there without asking, by URL.
	Documents map[string][]byte
	// Offline refuses whatever is not in Documents.
	Offline bool
	// AllowPrivate permits http and addresses inside the own network: for tests, and for a service whose issuers are all
	// inside.
	AllowPrivate bool
	// Resolver is the endpoint of a DID resolver over HTTP that dereferences DID URLs, such as status lists on the chain;
	// empty if DID URLs are refused. The endpoint itself is trusted and may be inside the own network.
	Resolver string
}

// Client gets documents. It may be used by several goroutines.
type Client struct {
	o       Options
	strange *http.Client // for addresses of strangers
	trusted *http.Client // for the resolver
}

// New returns a client.
func New(o Options) *Client {
	if u, err := url.Parse(o.Resolver); err == nil && o.Resolver != "" && strings.Trim(u.Path, "/") == "" {
		u.Path = "/1.0/identifiers" // as package did/httpresolver does
		o.Resolver = u.String()
	}
	dialer := &net.Dialer{Timeout: timeout}
	if !o.AllowPrivate {
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return checkAddress(address) }
	}
	c := &Client{o: o}
	c.strange = &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
			MaxIdleConns: 16, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maximumRedirects {
				return errors.New("too many redirects")
			}
			return c.checkURL(r.URL)
		},
	}
	c.trusted = &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Get returns the document at a URL. Errors are ErrRefused, ErrFailed and ErrTooLarge.
func (c *Client) Get(ctx context.Context, address string) ([]byte, error) {
	if b, ok := c.o.Documents[address]; ok {
		return b, nil
	}
	if c.o.Offline {
		return nil, fmt.Errorf("%w: %.200s is not among the documents given, and nothing is to be fetched", ErrRefused, address)
	}
	if strings.HasPrefix(address, "did:") {
		if c.o.Resolver == "" {
			return nil, fmt.Errorf("%w: %.200s needs a DID resolver, and none is configured", ErrRefused, address)
		}
		// DID Resolution 1.0 §12.1: percent-encoded as a whole, with its ":".
		return get(ctx, c.trusted, strings.TrimSuffix(c.o.Resolver, "/")+"/"+url.QueryEscape(address))
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %.200q is not a URL", ErrRefused, address)
	}
	if err := c.checkURL(u); err != nil {
		return nil, err
	}
	return get(ctx, c.strange, address)
}

func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	r.Header.Set("Accept", "application/vc, application/schema+json, application/ld+json, application/json, */*;q=0.1")
	r.Header.Set("User-Agent", "panacea-vc")
	resp, err := client.Do(r)
	if errors.Is(err, ErrRefused) {
		return nil, err
	} else if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	defer func() { _ = resp.Body.Close() }() // everything needed has been read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %.200s answered %s", ErrFailed, address, resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, MaximumBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	if len(b) > MaximumBytes {
		return nil, fmt.Errorf("%w: %.200s has more than %d bytes", ErrTooLarge, address, MaximumBytes)
	}
	return b, nil
}

func (c *Client) checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "https" && !(u.Scheme == "http" && c.o.AllowPrivate):
		return fmt.Errorf("%w: %.200s: only https is asked", ErrRefused, u.Redacted())
	case u.User != nil || u.Hostname() == "":
		return fmt.Errorf("%w: %.200s has no host, or a user", ErrRefused, u.Redacted())
	}
	return nil
}

// checkAddress refuses what is not on the public Internet.
func checkAddress(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrRefused, address)
	}
	ip := a.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return fmt.Errorf("%w: %s is not on the public Internet", ErrRefused, ip)
	}
	for _, p := range special {
		if netip.MustParsePrefix(p).Contains(ip) {
			return fmt.Errorf("%w: %s is not on the public Internet", ErrRefused, ip)
		}
	}
	return nil
}

// special are networks of the IANA special-purpose registries that IsPrivate does not know. The last three hold IPv4
// addresses inside IPv6 ones.
var special = [...]string{
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"100::/64", "2001:db8::/32", "2001:2::/48", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
}
