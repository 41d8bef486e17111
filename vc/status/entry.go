package status

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Names of the data model (§2).
const (
	TypeEntry      = "BitstringStatusListEntry"
	TypeList       = "BitstringStatusList"
	TypeCredential = "BitstringStatusListCredential"

	Refresh    = "refresh"    // an updated credential can be had
	Revocation = "revocation" // the credential is cancelled for ever
	Suspension = "suspension" // the credential must not be accepted for now
	Message    = "message"    // the value is explained by statusMessage
)

// StatusMessage says what one value of an entry means. Text is for developers.
type StatusMessage struct {
	Status uint32
	Text   string
}

// Entry is a credentialStatus of type BitstringStatusListEntry (§2.1).
type Entry struct {
	ID         string // URL, may be empty
	Purpose    string
	Index      uint64 // math.MaxUint64 stands for all that do not fit
	List       string // URL of the status list credential
	Size       int    // in bits, 1 to MaximumSize
	Messages   []StatusMessage
	References []string // URLs
}

func malformed(property, reason string) error {
	return fmt.Errorf("%w: %s %s", ErrMalformed, property, reason)
}

// IsEntry says whether a credentialStatus object is of the type that this package knows.
func IsEntry(credentialStatus map[string]any) bool { return hasType(credentialStatus, TypeEntry) }

// ParseEntry reads and checks a credentialStatus object. Numbers may be json.Number, float64 or int. Errors are
// ErrMalformed and name the property.
func ParseEntry(m map[string]any) (*Entry, error) {
	if !IsEntry(m) {
		return nil, malformed("credentialStatus.type", "is not "+TypeEntry)
	}
	e := &Entry{Size: 1}
	var err error
	if v, ok := m["id"]; ok {
		if e.ID, err = asURL("credentialStatus.id", v); err != nil {
			return nil, err
		}
	}
	if e.List, err = asURL("statusListCredential", m["statusListCredential"]); err != nil {
		return nil, err
	}
	if e.ID == e.List {
		return nil, malformed("credentialStatus.id", "is the URL of the status list")
	}
	var ok bool
	if e.Purpose, ok = m["statusPurpose"].(string); !ok || e.Purpose == "" || len(e.Purpose) > maximumText {
		return nil, malformed("statusPurpose", "is not a string")
	}
	if e.Index, err = parseIndex(m["statusListIndex"]); err != nil {
		return nil, err
	}
	if v, ok := m["statusSize"]; ok {
		size, ok := asInteger(v)
		if !ok || size < 1 {
			return nil, malformed("statusSize", "is not an integer greater than zero")
		}
		if size > MaximumSize {
			return nil, malformed("statusSize", fmt.Sprintf("is %d, this implementation reads at most %d", size, MaximumSize))
		}
		e.Size = int(size)
	}
	if v, ok := m["statusMessage"]; ok {
		if e.Messages, err = parseMessages(v, e.Size); err != nil {
			return nil, err
		}
	} else if e.Size > 1 {
		return nil, malformed("statusMessage", "is missing, and statusSize is greater than 1")
	}
	if v, ok := m["statusReference"]; ok {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, r := range list {
			u, err := asURL("statusReference", r)
			if err != nil {
				return nil, err
			}
			e.References = append(e.References, u)
		}
	}
	return e, nil
}

// Map writes the entry as a credentialStatus object.
func (e *Entry) Map() map[string]any {
	m := map[string]any{
		"type":                 TypeEntry,
		"statusPurpose":        e.Purpose,
		"statusListIndex":      strconv.FormatUint(e.Index, 10),
		"statusListCredential": e.List,
	}
	if e.ID != "" {
		m["id"] = e.ID
	}
	if e.Size > 1 {
		m["statusSize"] = json.Number(strconv.Itoa(e.Size))
	}
	if len(e.Messages) > 0 {
		list := make([]any, len(e.Messages))
		for i, s := range e.Messages {
			list[i] = map[string]any{"status": "0x" + strconv.FormatUint(uint64(s.Status), 16), "message": s.Text}
		}
		m["statusMessage"] = list
	}
	if len(e.References) == 1 {
		m["statusReference"] = e.References[0]
	} else if len(e.References) > 1 {
		list := make([]any, len(e.References))
		for i, r := range e.References {
			list[i] = r
		}
		m["statusReference"] = list
	}
	return m
}

// message returns the text for a value: §2.1, "set" and "unset" where an entry of one bit has no messages.
func (e *Entry) message(value uint32) string {
	for _, m := range e.Messages {
		if m.Status == value {
			return m.Text
		}
	}
	if len(e.Messages) == 0 && value == 0 {
		return "unset"
	} else if len(e.Messages) == 0 && value == 1 {
		return "set"
	}
	return ""
}

// maximumText bounds strings of an entry, in bytes.
const maximumText = 4096

func parseIndex(v any) (uint64, error) {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > 78 || s != "0" && s[0] == '0' || strings.Trim(s, "0123456789") != "" {
		return 0, malformed("statusListIndex", "is not a string that holds an integer in base 10")
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return math.MaxUint64, nil // of arbitrary size by §2.1, and outside of every list
	}
	return n, nil
}

func parseMessages(v any, size int) ([]StatusMessage, error) {
	list, ok := v.([]any)
	if !ok || len(list) != 1<<size {
		return nil, malformed("statusMessage", fmt.Sprintf("is not an array of %d elements, one for each value", 1<<size))
	}
	out := make([]StatusMessage, len(list))
	seen := make(map[uint32]bool, len(list))
	for i, e := range list {
		m, _ := e.(map[string]any)
		hex, _ := m["status"].(string)
		text, ok := m["message"].(string)
		if !ok || len(text) > maximumText {
			return nil, malformed("statusMessage", "has an element without a message")
		}
		digits, prefixed := strings.CutPrefix(hex, "0x")
		n, err := strconv.ParseUint(digits, 16, 32)
		if !prefixed || err != nil || n>>size != 0 || seen[uint32(n)] {
			return nil, malformed("statusMessage", fmt.Sprintf("has status %q, want each value of %d bits once, as 0x…", hex, size))
		}
		seen[uint32(n)] = true
		out[i] = StatusMessage{uint32(n), text}
	}
	return out, nil
}

func asURL(property string, v any) (string, error) {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > maximumText {
		return "", malformed(property, "is not a URL")
	}
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() {
		return "", malformed(property, "is not a URL")
	}
	return s, nil
}

// asInteger reads a JSON number without a fraction, as it is after parsing.
func asInteger(v any) (int64, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		return n, err == nil
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case int:
		return int64(v), true
	}
	return 0, false
}

// stringsOf returns the strings of a value that is one string or an array of them, nothing if it is neither.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		out := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil
			}
			out[i] = s
		}
		return out
	}
	return nil
}

func hasType(m map[string]any, name string) bool { return slices.Contains(stringsOf(m["type"]), name) }
