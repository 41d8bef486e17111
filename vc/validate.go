package vc

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/jsonld"
)

// validator checks one object of the data model. Its pointer leads from the
// document's root to the object.
type validator struct {
	doc     map[string]any
	pointer string
	version Version
}

func (v validator) fail(property, reason string) error {
	p := v.pointer
	if property != "" {
		p += "/" + jsondoc.EscapePointer(property)
	}
	return &PropertyError{Pointer: p, Reason: reason}
}

// first runs checks up to the first that fails.
func first(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// validateCredential checks a credential: VCDM 2.0 §4, VCDM 1.1 §4 and §5.
func validateCredential(doc map[string]any, pointer string) error {
	v := validator{doc, pointer, versionOf(doc)}
	return first(
		v.contexts,
		func() error { return v.compact(without(doc, "@context"), pointer) },
		func() error { return v.types("VerifiableCredential") },
		func() error { return v.optionalURL("id") },
		func() error { return v.text("name") },
		func() error { return v.text("description") },
		v.issuer,
		v.subjects,
		v.period,
		func() error { return v.each("credentialStatus", v.version == V1, true) },
		func() error { return v.each("credentialSchema", true, true) },
		func() error { return v.each("refreshService", v.version == V1, true) },
		func() error { return v.each("termsOfUse", false, true) },
		func() error { return v.each("evidence", false, true) },
		v.related,
		v.proofs,
	)
}

// validatePresentation checks a presentation and the credentials in it: VCDM 2.0
// §4.13, VCDM 1.1 §4.10.
func validatePresentation(doc map[string]any) error {
	v := validator{doc, "", versionOf(doc)}
	return first(
		v.contexts,
		func() error { return v.compact(without(doc, "@context", "verifiableCredential"), "") },
		func() error { return v.types("VerifiablePresentation") },
		func() error { return v.optionalURL("id") },
		v.holder,
		v.credentials,
		func() error { return v.each("termsOfUse", false, true) },
		v.proofs,
	)
}

// contexts: VCDM 2.0 §4.3.
func (v validator) contexts() error {
	list, isArray := v.doc["@context"].([]any)
	if !isArray {
		if s, ok := v.doc["@context"].(string); ok && (s == ContextV1 || s == ContextV2) {
			return nil
		}
		return v.fail("@context", "is not an array that starts with a base context")
	}
	if len(list) == 0 || list[0] != ContextV1 && list[0] != ContextV2 {
		return v.fail("@context", "does not start with "+ContextV2+" or "+ContextV1)
	}
	for i, c := range list[1:] {
		switch c := c.(type) {
		case map[string]any:
			continue
		case string:
			if jsonld.IsAbsoluteIRI(c) && c != ContextV1 && c != ContextV2 {
				continue
			}
		}
		return validator{pointer: v.pointer + "/@context"}.fail(strconv.Itoa(i+1), "is neither a URL nor an object, or a second base context")
	}
	return nil
}

// compact: VCDM 2.0 §6.1 demands the compacted form. Keywords that place the same
// statements elsewhere in the document would let anyone move a claim out of sight of
// who reads the JSON without touching the signature.
func (v validator) compact(value any, pointer string) error {
	switch value := value.(type) {
	case map[string]any:
		_, isValue := value["@value"]
		for name, e := range value {
			switch name {
			case "@context":
				continue
			case "@type":
				if isValue {
					continue
				}
				return validator{pointer: pointer}.fail(name, "is not in compact form")
			case "@id", "@graph", "@included", "@nest", "@reverse", "@index":
				return validator{pointer: pointer}.fail(name, "is not in compact form")
			}
			if err := v.compact(e, pointer+"/"+jsondoc.EscapePointer(name)); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range value {
			if err := v.compact(e, pointer+"/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// types: VCDM 2.0 §4.5.
func (v validator) types(required string) error {
	types := jsondoc.AsArray(v.doc["type"])
	for i, t := range types {
		s, ok := t.(string)
		if !ok || s == "" || strings.ContainsAny(s, " \t\r\n") {
			return v.fail("type", "has something at "+strconv.Itoa(i)+" that is not a type")
		}
		if slices.Contains(types[:i], t) {
			return v.fail("type", "names "+s+" twice")
		}
	}
	if !slices.Contains(types, any(required)) {
		return v.fail("type", "does not contain "+required)
	}
	return nil
}

func (v validator) optionalURL(property string) error {
	value, ok := v.doc[property]
	if !ok {
		return nil
	}
	if s, isString := value.(string); !isString || !jsonld.IsAbsoluteIRI(s) {
		return v.fail(property, "is not a URL")
	}
	return nil
}

// text: VCDM 2.0 §4.6, §11.1: a string, or language value objects.
func (v validator) text(property string) error {
	if v.version == V1 {
		return nil
	}
	value, ok := v.doc[property]
	if !ok {
		return nil
	}
	if _, isString := value.(string); isString {
		return nil
	}
	for _, e := range jsondoc.AsArray(value) {
		m, ok := e.(map[string]any)
		if !ok {
			return v.fail(property, "is neither a string nor a language value object")
		}
		if _, ok := m["@value"].(string); !ok {
			return v.fail(property, "has a language value object without @value")
		}
		for k, e := range m {
			if _, isString := e.(string); !isString || k != "@value" && k != "@language" && k != "@direction" {
				return v.fail(property, "has a language value object with "+k)
			}
		}
	}
	return nil
}

// party checks an issuer or holder: a URL, or an object with an id that is one.
func (v validator) party(property string) error {
	switch p := v.doc[property].(type) {
	case string:
		if jsonld.IsAbsoluteIRI(p) {
			return nil
		}
	case map[string]any:
		in := validator{p, v.pointer + "/" + property, v.version}
		if _, ok := p["id"]; !ok {
			return in.fail("id", "is missing")
		}
		return in.optionalURL("id")
	}
	return v.fail(property, "is neither a URL nor an object with an id")
}

// issuer: VCDM 2.0 §4.7.
func (v validator) issuer() error {
	if _, ok := v.doc["issuer"]; !ok {
		return v.fail("issuer", "is missing")
	}
	return v.party("issuer")
}

func (v validator) holder() error {
	if _, ok := v.doc["holder"]; !ok {
		return nil
	}
	return v.party("holder")
}

// subjects: VCDM 2.0 §4.8.
func (v validator) subjects() error {
	value, ok := v.doc["credentialSubject"]
	if !ok {
		return v.fail("credentialSubject", "is missing")
	}
	list, isArray := value.([]any)
	if !isArray {
		list = []any{value}
	}
	if len(list) == 0 {
		return v.fail("credentialSubject", "is empty")
	}
	for i, e := range list {
		in := validator{pointer: v.pointer + "/credentialSubject", version: v.version}
		if isArray {
			in.pointer += "/" + strconv.Itoa(i)
		}
		m, isObject := e.(map[string]any)
		if !isObject || len(m) == 0 {
			return in.fail("", "is not an object with claims")
		}
		in.doc = m
		if err := in.optionalURL("id"); err != nil {
			return err
		}
	}
	return nil
}

// period: VCDM 2.0 §4.9; VCDM 1.1 §4.6, §4.7.
func (v validator) period() error {
	from, until := "validFrom", "validUntil"
	if v.version == V1 {
		from, until = "issuanceDate", "expirationDate"
		if _, ok := v.doc[from]; !ok {
			return v.fail(from, "is missing")
		}
	}
	var times [2]time.Time
	for i, property := range []string{from, until} {
		value, ok := v.doc[property]
		if !ok {
			continue
		}
		s, _ := value.(string)
		t, ok := parseTime(s)
		if !ok {
			return v.fail(property, "is not a date and time with a time zone")
		}
		times[i] = t
	}
	if !times[0].IsZero() && !times[1].IsZero() && times[1].Before(times[0]) {
		return v.fail(until, "is before "+from)
	}
	return nil
}

// each checks one or more objects that need a type, and an id if needID is set.
func (v validator) each(property string, needID, needType bool) error {
	value, ok := v.doc[property]
	if !ok {
		return nil
	}
	list, isArray := value.([]any)
	if !isArray {
		list = []any{value}
	}
	for i, e := range list {
		in := validator{pointer: v.pointer + "/" + property, version: v.version}
		if isArray {
			in.pointer += "/" + strconv.Itoa(i)
		}
		m, isObject := e.(map[string]any)
		if !isObject {
			return in.fail("", "is not an object")
		}
		in.doc = m
		if _, ok := m["id"]; needID && !ok {
			return in.fail("id", "is missing")
		}
		if err := in.optionalURL("id"); err != nil {
			return err
		}
		if needType && len(stringsOf(m["type"])) == 0 {
			return in.fail("type", "is missing")
		}
	}
	return nil
}

// related: VCDM 2.0 §5.3.
func (v validator) related() error {
	if v.version == V1 {
		return nil
	}
	if err := v.each("relatedResource", true, false); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, m := range objectsOf(v.doc["relatedResource"]) {
		in := validator{m, v.pointer + "/relatedResource/" + strconv.Itoa(i), v.version}
		if id := idOf(m); seen[id] {
			return in.fail("id", "is given twice")
		} else {
			seen[id] = true
		}
		if len(stringsOf(m["digestSRI"]))+len(stringsOf(m["digestMultibase"])) == 0 {
			return in.fail("", "has neither digestSRI nor digestMultibase")
		}
	}
	return nil
}

// proofs checks that proofs are objects with a type; what is in them is the business
// of their verification.
func (v validator) proofs() error { return v.each("proof", false, true) }

func isEnveloped(m map[string]any) bool {
	return slices.Contains(stringsOf(m["type"]), "EnvelopedVerifiableCredential")
}

// credentials: VCDM 2.0 §4.13.
func (v validator) credentials() error {
	value, ok := v.doc["verifiableCredential"]
	if !ok {
		return nil
	}
	list, isArray := value.([]any)
	if !isArray {
		list = []any{value}
	}
	for i, e := range list {
		in := validator{pointer: v.pointer + "/verifiableCredential", version: v.version}
		if isArray {
			in.pointer += "/" + strconv.Itoa(i)
		}
		m, isObject := e.(map[string]any)
		if !isObject {
			return in.fail("", "is not an object")
		}
		if isEnveloped(m) {
			if !strings.HasPrefix(idOf(m), "data:") {
				return in.fail("id", "is not a data: URL")
			}
			continue
		}
		if err := validateCredential(m, in.pointer); err != nil {
			return err
		}
	}
	return nil
}

// parseTime reads an XML Schema dateTimeStamp, which always has a time zone.
func parseTime(s string) (time.Time, bool) {
	if len(s) > 64 {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

func formatTime(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }
