package did

import (
	"mime"
	"strconv"
	"strings"
)

// Media types of documents and results.
const (
	MediaTypeDID              = "application/did"            // a document (DID Core 1.1)
	MediaTypeDIDLD            = "application/did+ld+json"    // a document (DID Core 1.0, JSON-LD)
	MediaTypeDIDJSON          = "application/did+json"       // a document (DID Core 1.0, JSON)
	MediaTypeResolution       = "application/did-resolution" // a resolution result
	MediaTypeResolutionLegacy = `application/ld+json;profile="https://w3id.org/did-resolution"`
	MediaTypeDereferencing    = "application/did-url-dereferencing" // a dereferencing result
	MediaTypeURIList          = "text/uri-list"                     // service endpoint URLs
	MediaTypeProblem          = "application/problem+json"          // RFC 9457
)

// documentMediaTypes are the representations of documents, the preferred one first.
func documentMediaTypes() []string { return []string{MediaTypeDID, MediaTypeDIDLD, MediaTypeDIDJSON} }

// Bounds of an Accept value; what lies beyond is not acceptable.
const (
	maxAcceptLength = 4096
	maxAcceptRanges = 64
)

// Negotiate chooses among the media types offered, the server's favourite first, by an HTTP Accept value (RFC 9110 §12.5.1).
// An empty value accepts everything. Parameters of a range, such as profile, must be those of the offer. Between offers of
// equal quality the more specific range decides, then its place in the value, then the place of the offer. Negotiate returns
// false if nothing is acceptable, or if the value is longer than 4096 bytes or has more than 64 ranges.
func Negotiate(accept string, offers ...string) (string, bool) {
	if len(offers) == 0 {
		return "", false
	}
	if strings.TrimSpace(accept) == "" {
		return offers[0], true
	}
	if len(accept) > maxAcceptLength {
		return "", false
	}
	ranges := parseAccept(accept)
	best, bestScore := "", score{}
	for _, offer := range offers {
		if s := scoreOf(offer, ranges); s.quality > 0 && (best == "" || s.better(bestScore)) {
			best, bestScore = offer, s
		}
	}
	return best, best != ""
}

// mediaRange is one element of an Accept value. quality is in thousandths.
type mediaRange struct {
	mediaType string
	params    map[string]string
	quality   int
	place     int
}

func parseAccept(accept string) []mediaRange {
	var ranges []mediaRange
	for _, element := range splitQuoted(accept) {
		if len(ranges) == maxAcceptRanges {
			return nil
		}
		mediaType, params, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		quality, ok := parseQuality(params)
		if !ok {
			continue
		}
		delete(params, "q")
		ranges = append(ranges, mediaRange{mediaType, params, quality, len(ranges)})
	}
	return ranges
}

// splitQuoted splits at commas outside quoted strings.
func splitQuoted(s string) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// parseQuality reads a qvalue, 0 to 1 with at most three decimals (RFC 9110 §12.4.2), in thousandths.
func parseQuality(params map[string]string) (int, bool) {
	q, ok := params["q"]
	if !ok {
		return 1000, true
	}
	whole, decimals, _ := strings.Cut(q, ".")
	if len(decimals) > 3 || whole != "0" && whole != "1" {
		return 0, false
	}
	n, err := strconv.ParseUint((decimals + "000")[:3], 10, 16)
	if err != nil || whole == "1" && n > 0 {
		return 0, false
	}
	if whole == "1" {
		return 1000, true
	}
	return int(n), true
}

// score says how well an offer meets an Accept value.
type score struct{ quality, specificity, place int }

func (s score) better(o score) bool {
	if s.quality != o.quality {
		return s.quality > o.quality
	}
	if s.specificity != o.specificity {
		return s.specificity > o.specificity
	}
	return s.place < o.place
}

// scoreOf takes the quality of the most specific range that matches the offer.
func scoreOf(offer string, ranges []mediaRange) score {
	mediaType, params, err := mime.ParseMediaType(offer)
	if err != nil {
		return score{}
	}
	best := score{specificity: -1}
	for _, r := range ranges {
		specificity := r.matches(mediaType, params)
		if specificity > best.specificity {
			best = score{r.quality, specificity, r.place}
		}
	}
	if best.specificity < 0 {
		return score{}
	}
	return best
}

// matches returns how specific a match is: 0 for */*, 1 for type/*, 2 and more for the type itself, -1 for none. A profile
// that an offer has must be asked for: it makes another representation.
func (r mediaRange) matches(mediaType string, params map[string]string) int {
	for name, value := range r.params {
		if params[name] != value {
			return -1
		}
	}
	family, _, _ := strings.Cut(mediaType, "/")
	switch {
	case r.mediaType == mediaType:
		if params["profile"] != r.params["profile"] {
			return -1
		}
		return 2 + len(r.params)
	case r.mediaType == family+"/*":
		return 1
	case r.mediaType == "*/*":
		return 0
	}
	return -1
}
