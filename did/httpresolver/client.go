package httpresolver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/medibloc/panacea/did"
)

// Client is a did.Resolver that asks a server. It is safe for concurrent use.
type Client struct {
	endpoint *url.URL
	http     *http.Client
}

const (
	clientTimeout   = 30 * time.Second
	maxResponseSize = 256 << 10
)

// NewClient asks the server whose DID resolver endpoint is given, such as "https://node.example/1.0/identifiers/"; Path is
// added to a URL that has no path. hc is the HTTP client to use; nil means one with a timeout of 30 seconds that follows no
// redirect, because a redirect could lead into the caller's own network.
func NewClient(endpoint string, hc *http.Client) (*Client, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("httpresolver: %q is not an http or https URL without query and fragment", endpoint)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = Path
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	if hc == nil {
		hc = &http.Client{
			Timeout:       clientTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Client{endpoint: u, http: hc}, nil
}

// Resolve implements did.Resolver. The server's error comes back with its code; a server that cannot be reached, or whose
// answer is not a resolution result of that DID, is did.ErrInternal. At most 256 KiB are read.
func (c *Client) Resolve(ctx context.Context, identifier string, opts did.ResolveOptions) (*did.Resolution, error) {
	if _, err := did.ParseDID(identifier); err != nil {
		return nil, err
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.requestURL(identifier, opts), nil)
	if err != nil {
		return nil, internal(fmt.Errorf("make request: %w", err))
	}
	req.Header.Set("Accept", did.MediaTypeResolution+", "+did.MediaTypeResolutionLegacy+";q=0.9")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, internal(fmt.Errorf("ask the resolver: %w", err))
	}
	defer func() { _ = resp.Body.Close() }() // everything needed has been read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseSize+1))
	if err != nil {
		return nil, internal(fmt.Errorf("read the resolver's answer: %w", err))
	}
	if len(body) > maxResponseSize {
		return nil, internal(fmt.Errorf("the resolver's answer is longer than %d bytes", maxResponseSize))
	}
	return readAnswer(resp.StatusCode, body, identifier)
}

// requestURL follows DID Resolution 1.0 §12.1: with options, the DID is percent-encoded and they become the query.
func (c *Client) requestURL(identifier string, opts did.ResolveOptions) string {
	query := url.Values{}
	if opts.VersionID != "" {
		query.Set("versionId", opts.VersionID)
	}
	if !opts.VersionTime.IsZero() {
		query.Set("versionTime", did.FormatTime(opts.VersionTime))
	}
	if opts.ExpandRelativeURLs {
		query.Set("expandRelativeUrls", "true")
	}
	if len(query) == 0 {
		return c.endpoint.String() + identifier
	}
	return c.endpoint.String() + url.QueryEscape(identifier) + "?" + query.Encode()
}

func readAnswer(status int, body []byte, identifier string) (*did.Resolution, error) {
	res, err := did.ParseResolution(body, did.DefaultLimits())
	switch {
	case err != nil:
		return nil, internal(fmt.Errorf("the resolver answered with status %d and no resolution result: %w", status, err))
	case res.ResolutionMetadata.Error != nil:
		return nil, res.ResolutionMetadata.Error
	case status != http.StatusOK && status != http.StatusGone:
		return nil, internal(fmt.Errorf("the resolver answered with status %d", status))
	case status == http.StatusGone && !res.DocumentMetadata.Deactivated:
		return nil, internal(errors.New("the resolver answered with status 410 for a DID that it does not call deactivated"))
	case res.Document != nil && res.Document.ID != identifier:
		return nil, internal(fmt.Errorf("the resolver answered with the document of %.128q", res.Document.ID))
	case res.Document == nil && !res.DocumentMetadata.Deactivated:
		return nil, internal(errors.New("the resolver answered with neither document nor error"))
	}
	return res, nil
}

func internal(err error) error { return &did.Error{Code: did.CodeInternalError, Err: err} }
