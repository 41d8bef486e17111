package did

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/medibloc/panacea/did/internal/strictjson"
)

// objectWriter writes a JSON object in the order of its calls, without white space.
type objectWriter struct {
	out  []byte
	seen map[string]bool
	err  error
}

// member starts a member; a name that stood already is an error.
func (w *objectWriter) member(name string) {
	if w.seen == nil {
		w.seen = map[string]bool{}
		w.out = append(w.out, '{')
	} else {
		w.out = append(w.out, ',')
	}
	if w.seen[name] && w.err == nil {
		w.err = fmt.Errorf("did: JSON member %q stands twice", name)
	}
	w.seen[name] = true
	w.out = append(strictjson.AppendString(w.out, name), ':')
}

// raw writes JSON that the caller vouches for.
func (w *objectWriter) raw(name string, value []byte) {
	w.member(name)
	w.out = append(w.out, value...)
}

// checked writes JSON that comes from outside, compacted.
func (w *objectWriter) checked(name string, value json.RawMessage) {
	v, err := strictjson.Parse(value, rawLimits())
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("did: JSON member %q: %w", name, err)
	}
	w.raw(name, v.Raw)
}

// string writes a string, unless it is empty.
func (w *objectWriter) string(name, value string) {
	if value != "" {
		w.raw(name, strictjson.AppendString(nil, value))
	}
}

// strings writes a set of strings, one of them as a plain string if single says so; nothing if there are none.
func (w *objectWriter) strings(name string, values []string, single bool) {
	switch {
	case len(values) == 0:
	case len(values) == 1 && single:
		w.raw(name, strictjson.AppendString(nil, values[0]))
	default:
		w.raw(name, appendArray(nil, values, strictjson.AppendString))
	}
}

// time writes a time in the format of DID Resolution 1.0 §3.1: UTC, whole seconds; nothing for the zero time.
func (w *objectWriter) time(name string, t time.Time) {
	if !t.IsZero() {
		w.string(name, FormatTime(t))
	}
}

// extra writes the properties that this package does not know, in the order of their names. One that bears a name that it
// does know is an error.
func (w *objectWriter) extra(p Properties, known []string) {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if slices.Contains(known, name) && w.err == nil {
			w.err = fmt.Errorf("did: property %q stands among the unknown ones", name)
		}
		w.checked(name, p[name])
	}
}

func (w *objectWriter) close() ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	if w.seen == nil {
		return []byte("{}"), nil
	}
	return append(w.out, '}'), nil
}

func appendArray[T any](out []byte, items []T, appendItem func([]byte, T) []byte) []byte {
	out = append(out, '[')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendItem(out, item)
	}
	return append(out, ']')
}

// rawLimits bounds JSON that a caller of this package puts into its types.
func rawLimits() strictjson.Limits {
	return strictjson.Limits{Bytes: 1 << 20, Depth: 64, Values: 1 << 16}
}
