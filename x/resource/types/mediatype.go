package types

import (
	"slices"
	"strings"
)

// ValidateMediaType checks a media type in the canonical form that is stored and served: type "/" subtype in lower case, of the
// characters and lengths of RFC 6838 §4.2, then parameters, each once, as `;name=value` or `;name="value"`, with at most one
// space after a semicolon. The error is ErrInvalidMediaType.
func ValidateMediaType(s string) error {
	if len(s) > MaxMediaTypeLength {
		return ErrInvalidMediaType.Wrapf("it has %d bytes; at most %d", len(s), MaxMediaTypeLength)
	}
	essence, rest, hasParams := strings.Cut(s, ";")
	top, sub, ok := strings.Cut(essence, "/")
	if !ok || !isRestrictedName(top) || !isRestrictedName(sub) {
		return ErrInvalidMediaType.Wrapf("%q is not of the form type/subtype in lower case", s)
	}
	var seen []string
	for hasParams {
		var name string
		var valid bool
		name, rest, hasParams, valid = readParam(rest)
		if !valid || slices.Contains(seen, name) {
			return ErrInvalidMediaType.Wrapf("%q has a parameter that is malformed, or stands twice", s)
		}
		seen = append(seen, name)
	}
	return nil
}

// readParam reads `[SP]name=value` from the start of s. more says that another parameter follows in rest.
func readParam(s string) (name, rest string, more, valid bool) {
	name, value, ok := strings.Cut(strings.TrimPrefix(s, " "), "=")
	if !ok || !isRestrictedName(name) {
		return "", "", false, false
	}
	if quoted, isQuoted := strings.CutPrefix(value, `"`); isQuoted {
		content, after, closed := strings.Cut(quoted, `"`)
		if !closed || strings.ContainsFunc(content, func(r rune) bool { return r < ' ' || r > '~' || r == '\\' }) {
			return "", "", false, false
		}
		if after == "" {
			return name, "", false, true
		}
		rest, more = strings.CutPrefix(after, ";")
		return name, rest, more, more
	}
	value, rest, more = strings.Cut(value, ";")
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return !isTokenChar(r) }) {
		return "", "", false, false
	}
	return name, rest, more, true
}

// isRestrictedName says whether s is a restricted-name of RFC 6838 §4.2 in lower case.
func isRestrictedName(s string) bool {
	if s == "" || len(s) > 127 || !isLowerAlphanumeric(rune(s[0])) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !isLowerAlphanumeric(r) && !strings.ContainsRune("!#$&-^_.+", r) })
}

func isLowerAlphanumeric(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

// isTokenChar says whether r may stand in an unquoted value (RFC 9110 §5.6.2).
func isTokenChar(r rune) bool {
	return isLowerAlphanumeric(r) || r >= 'A' && r <= 'Z' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
