package did

import (
	"fmt"
	"net/url"
	"strings"
)

// Bounds of identifiers, in bytes. DID Core sets none; these leave room for methods that put keys into the DID.
const (
	MaxDIDLength = 2048
	MaxURLLength = 8192
)

// DID is a decentralized identifier that conforms to DID Core §3.1. It is comparable; the zero DID is none.
type DID struct {
	method string
	id     string
}

// ParseDID reads a DID: "did:" method-name ":" method-specific-id, without path, query or fragment. The error is
// ErrInvalidDID.
func ParseDID(s string) (DID, error) {
	if len(s) > MaxDIDLength {
		return DID{}, fail(CodeInvalidDID, "%d bytes, at most %d", len(s), MaxDIDLength)
	}
	rest, ok := strings.CutPrefix(s, "did:")
	if !ok {
		return DID{}, fail(CodeInvalidDID, "%.64q does not start with \"did:\"", s)
	}
	method, id, ok := strings.Cut(rest, ":")
	if !ok || method == "" {
		return DID{}, fail(CodeInvalidDID, "%.64q has no method name or no method-specific id", s)
	}
	for i := 0; i < len(method); i++ {
		if c := method[i]; !isLower(c) && !isDigit(c) {
			return DID{}, fail(CodeInvalidDID, "character %q in the method name of %.64q; it has lower-case letters and digits only", c, s)
		}
	}
	// method-specific-id = *( *idchar ":" ) 1*idchar
	if id == "" || id[len(id)-1] == ':' {
		return DID{}, fail(CodeInvalidDID, "%.64q ends without an identifier", s)
	}
	if at := invalidAt(id, func(c byte) bool { return isAlphanumeric(c) || strings.IndexByte(".-_:", c) >= 0 }); at >= 0 {
		return DID{}, fail(CodeInvalidDID, "character %q in the method-specific id of %.64q", id[at], s)
	}
	return DID{method: method, id: id}, nil
}

// Method returns the method name, such as "panacea".
func (d DID) Method() string { return d.method }

// ID returns the method-specific id.
func (d DID) ID() string { return d.id }

// IsZero says whether d is the zero DID.
func (d DID) IsZero() bool { return d.method == "" }

// String returns the DID, or "" for the zero DID.
func (d DID) String() string {
	if d.IsZero() {
		return ""
	}
	return "did:" + d.method + ":" + d.id
}

// URL is a DID URL that conforms to DID Core §3.2: a DID with an optional path, query and fragment, each kept as it was
// written. It is comparable; two URLs are equal exactly if their texts are.
type URL struct {
	DID         DID
	Path        string // "" or starts with "/"
	Query       string // without "?"
	Fragment    string // without "#"
	HasQuery    bool   // tells an empty query from none
	HasFragment bool   // tells an empty fragment from none
}

// ParseURL reads a DID URL. A DID is a DID URL too. The error is ErrInvalidDIDURL.
func ParseURL(s string) (URL, error) {
	if len(s) > MaxURLLength {
		return URL{}, fail(CodeInvalidDIDURL, "%d bytes, at most %d", len(s), MaxURLLength)
	}
	var u URL
	rest := s
	rest, u.Fragment, u.HasFragment = strings.Cut(rest, "#")
	rest, u.Query, u.HasQuery = strings.Cut(rest, "?")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, u.Path = rest[:i], rest[i:]
	}
	d, err := ParseDID(rest)
	if err != nil {
		return URL{}, fail(CodeInvalidDIDURL, "%s", AsError(err).Detail)
	}
	u.DID = d
	// RFC 3986 §3.3 path-abempty, §3.4, §3.5.
	for _, part := range []struct{ name, text, extra string }{
		{"path", u.Path, "/"}, {"query", u.Query, "/?"}, {"fragment", u.Fragment, "/?"},
	} {
		if at := invalidAt(part.text, func(c byte) bool { return isPchar(c) || strings.IndexByte(part.extra, c) >= 0 }); at >= 0 {
			return URL{}, fail(CodeInvalidDIDURL, "character %q in the %s of %.64q", part.text[at], part.name, s)
		}
	}
	return u, nil
}

// String returns the DID URL.
func (u URL) String() string {
	s := u.DID.String() + u.Path
	if u.HasQuery {
		s += "?" + u.Query
	}
	if u.HasFragment {
		s += "#" + u.Fragment
	}
	return s
}

// IsDID says whether the URL is a bare DID.
func (u URL) IsDID() bool { return u.Path == "" && !u.HasQuery && !u.HasFragment }

// Param is a DID parameter of a query, percent-decoded.
type Param struct{ Name, Value string }

// maxParams bounds the parameters of a query.
const maxParams = 64

// Params reads the query as DID parameters (DID Resolution 1.0 §3): name=value, joined by "&", percent-decoded. A
// parameter that stands twice is ErrInvalidDIDURL, because it has no one meaning.
func (u URL) Params() ([]Param, error) {
	if u.Query == "" {
		return nil, nil
	}
	if strings.Count(u.Query, "&") >= maxParams {
		return nil, fail(CodeInvalidDIDURL, "more than %d parameters", maxParams)
	}
	var params []Param
	for _, pair := range strings.Split(u.Query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		p := Param{percentDecode(name), percentDecode(value)}
		if p.Name == "" {
			return nil, fail(CodeInvalidDIDURL, "parameter without a name")
		}
		for _, other := range params {
			if other.Name == p.Name {
				return nil, fail(CodeInvalidDIDURL, "parameter %.64q stands twice", p.Name)
			}
		}
		params = append(params, p)
	}
	return params, nil
}

// percentDecode decodes s, whose escapes a parser has checked. A plus sign stands for itself.
func percentDecode(s string) string {
	decoded, err := url.PathUnescape(s)
	if err != nil {
		return s
	}
	return decoded
}

// ResolveReference makes a URL reference of a DID document absolute, with the document's DID as base (DID Core §3.2.2, RFC 3986 §5.2).
// References with a scheme come back as they are. The error is ErrInvalidDIDURL.
func (d DID) ResolveReference(ref string) (string, error) {
	if len(ref) > MaxURLLength {
		return "", fail(CodeInvalidDIDURL, "%d bytes, at most %d", len(ref), MaxURLLength)
	}
	if hasScheme(ref) {
		return ref, nil
	}
	if fragment, ok := strings.CutPrefix(ref, "#"); ok {
		return d.resolveFragment(fragment)
	}
	if strings.HasPrefix(ref, "//") {
		return "", fail(CodeInvalidDIDURL, "reference %.64q names a host", ref)
	}
	path, tail := ref, ""
	if i := strings.IndexAny(ref, "?#"); i >= 0 {
		path, tail = ref[:i], ref[i:]
	}
	if path != "" {
		path = removeDotSegments("/" + strings.TrimPrefix(path, "/"))
	}
	u, err := ParseURL(d.String() + path + tail)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// resolveFragment is ResolveReference for the reference that documents are full of, without parsing the DID anew.
func (d DID) resolveFragment(fragment string) (string, error) {
	if d.IsZero() || invalidAt(fragment, isFragmentChar) >= 0 || len(d.method)+len(d.id)+len(fragment) > MaxURLLength-len("did::#") {
		return "", fail(CodeInvalidDIDURL, "fragment %.64q is malformed or too long", fragment)
	}
	return "did:" + d.method + ":" + d.id + "#" + fragment, nil
}

func isFragmentChar(c byte) bool { return isPchar(c) || c == '/' || c == '?' }

// removeDotSegments follows RFC 3986 §5.2.4 for a path that starts with "/".
func removeDotSegments(path string) string {
	var kept []string
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch {
		case s == "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		case s != ".":
			kept = append(kept, s)
			continue
		}
		if last {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}

// hasScheme says whether s starts with an RFC 3986 §3.1 scheme and a colon.
func hasScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ':':
			return i > 0
		case isAlpha(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return false
}

// checkURI says whether s is an absolute URI in the characters of RFC 3986, with or without a fragment.
func checkURI(s string) error {
	if len(s) > MaxURLLength {
		return fmt.Errorf("URI of %d bytes, at most %d", len(s), MaxURLLength)
	}
	if !hasScheme(s) {
		return fmt.Errorf("%.64q is not an absolute URI", s)
	}
	if strings.Count(s, "#") > 1 {
		return fmt.Errorf("%.64q has two fragments", s)
	}
	if at := invalidAt(s, func(c byte) bool { return isPchar(c) || strings.IndexByte("/?#[]", c) >= 0 }); at >= 0 {
		return fmt.Errorf("character %q in %.64q", s[at], s)
	}
	return nil
}

// invalidAt returns the index of the first byte that is neither allowed nor part of a percent-encoded octet, -1 if none.
func invalidAt(s string, allowed func(byte) bool) int {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if len(s)-i < 3 || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return i
			}
			i += 2
		} else if !allowed(s[i]) {
			return i
		}
	}
	return -1
}

func isLower(c byte) bool        { return c >= 'a' && c <= 'z' }
func isAlpha(c byte) bool        { return isLower(c) || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool        { return c >= '0' && c <= '9' }
func isAlphanumeric(c byte) bool { return isAlpha(c) || isDigit(c) }
func isHex(c byte) bool          { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// isPchar is RFC 3986's pchar without percent-encoded octets: unreserved, sub-delims, ":" and "@".
func isPchar(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0
}
