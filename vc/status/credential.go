package status

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// ListCredential is what a verifier reads of a BitstringStatusListCredential (§2.2).
type ListCredential struct {
	ID         string // URL, may be empty
	Issuer     string
	ValidFrom  time.Time // zero if it is not said
	ValidUntil time.Time // zero if it is not said
	Purposes   []string
	Encoded    string        // encodedList
	TTL        time.Duration // until a refresh should be attempted; zero if it is not said
}

// ParseListCredential reads and checks a status list credential, data model 1.1 or 2.0, without its proof. Errors are
// ErrMalformed and name the property.
func ParseListCredential(doc map[string]any) (*ListCredential, error) {
	if !hasType(doc, TypeCredential) {
		return nil, malformed("type", "does not include "+TypeCredential)
	}
	c := &ListCredential{}
	var err error
	if v, ok := doc["id"]; ok {
		if c.ID, err = asURL("id", v); err != nil {
			return nil, err
		}
	}
	issuer := doc["issuer"]
	if m, ok := issuer.(map[string]any); ok {
		issuer = m["id"]
	}
	if c.Issuer, err = asURL("issuer", issuer); err != nil {
		return nil, err
	}
	for _, t := range []struct {
		name string
		to   *time.Time
	}{
		{"issuanceDate", &c.ValidFrom}, {"validFrom", &c.ValidFrom},
		{"expirationDate", &c.ValidUntil}, {"validUntil", &c.ValidUntil},
	} {
		if v, ok := doc[t.name]; ok {
			s, _ := v.(string)
			if *t.to, err = time.Parse(time.RFC3339Nano, s); err != nil || len(s) > 64 {
				return nil, malformed(t.name, "is not a date and time with a time zone")
			}
		}
	}
	subject := doc["credentialSubject"]
	if list, ok := subject.([]any); ok && len(list) == 1 {
		subject = list[0]
	}
	m, ok := subject.(map[string]any)
	if !ok || !hasType(m, TypeList) {
		return nil, malformed("credentialSubject", "is not one object of type "+TypeList)
	}
	c.Purposes = stringsOf(m["statusPurpose"])
	if len(c.Purposes) == 0 || len(c.Purposes) > 64 || slices.Contains(c.Purposes, "") {
		return nil, malformed("credentialSubject.statusPurpose", "is not one or more strings")
	}
	if c.Encoded, ok = m["encodedList"].(string); !ok {
		return nil, malformed("credentialSubject.encodedList", "is not a string")
	}
	if v, ok := m["ttl"]; ok {
		ms, ok := asInteger(v)
		if !ok || ms < 0 || ms > int64(100*365*24*time.Hour/time.Millisecond) {
			return nil, malformed("credentialSubject.ttl", "is not a number of milliseconds")
		}
		c.TTL = time.Duration(ms) * time.Millisecond
	}
	return c, nil
}

// ValidAt tells whether the list may be used at a time: ErrVerification with the reason if not.
func (c *ListCredential) ValidAt(now time.Time) error {
	if !c.ValidFrom.IsZero() && now.Before(c.ValidFrom) {
		return fmt.Errorf("%w: the list is valid from %s", ErrVerification, c.ValidFrom.Format(time.RFC3339))
	}
	if !c.ValidUntil.IsZero() && now.After(c.ValidUntil) {
		return fmt.Errorf("%w: the list was valid until %s", ErrVerification, c.ValidUntil.Format(time.RFC3339))
	}
	return nil
}

// SubjectOptions says how a list is published.
type SubjectOptions struct {
	ID       string        // of the list, which is not the credential's; may be empty
	Purposes []string      // at least one
	TTL      time.Duration // whole milliseconds; not written if zero
}

// Subject makes the credentialSubject of a status list credential (§3.1).
func (l *List) Subject(o SubjectOptions) (map[string]any, error) {
	if len(o.Purposes) == 0 || slices.Contains(o.Purposes, "") {
		return nil, malformed("statusPurpose", "is missing")
	}
	encoded, err := l.Encode()
	if err != nil {
		return nil, err
	}
	m := map[string]any{"type": TypeList, "encodedList": encoded}
	if o.ID != "" {
		m["id"] = o.ID
	}
	if len(o.Purposes) == 1 {
		m["statusPurpose"] = o.Purposes[0]
	} else {
		list := make([]any, len(o.Purposes))
		for i, p := range o.Purposes {
			list[i] = p
		}
		m["statusPurpose"] = list
	}
	if o.TTL > 0 {
		m["ttl"] = json.Number(strconv.FormatInt(o.TTL.Milliseconds(), 10))
	}
	return m, nil
}
