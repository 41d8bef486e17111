package rdfc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const vocab = "<http://example.org/vocab#"

// The cases are figures of the RDFC-1.0 test suite (w3c/rdf-canon, tests/rdfc10, W3C
// Software and Document License), by their names there.
func TestPublishedCases(t *testing.T) {
	for name, c := range map[string]struct {
		hash     Hash
		in, want string
		labels   map[string]string
	}{
		"test024: double circle of 3": {
			in: `_:e0 V#next> _:e1 .
_:e0 V#prev> _:e2 .
_:e1 V#next> _:e2 .
_:e1 V#prev> _:e0 .
_:e2 V#next> _:e0 .
_:e2 V#prev> _:e1 .`,
			want: `_:c14n0 V#next> _:c14n2 .
_:c14n0 V#prev> _:c14n1 .
_:c14n1 V#next> _:c14n0 .
_:c14n1 V#prev> _:c14n2 .
_:c14n2 V#next> _:c14n1 .
_:c14n2 V#prev> _:c14n0 .
`,
		},
		"test057: unnamed graph": {
			in: `_:b1 <http://xmlns.com/foaf/0.1/homepage> <http://manu.sporny.org/> _:g .
_:b1 <http://xmlns.com/foaf/0.1/name> "Manu Sporny" _:g .`,
			want: `_:c14n1 <http://xmlns.com/foaf/0.1/homepage> <http://manu.sporny.org/> _:c14n0 .
_:c14n1 <http://xmlns.com/foaf/0.1/name> "Manu Sporny" _:c14n0 .
`,
			labels: map[string]string{"b1": "c14n1", "g": "c14n0"},
		},
		"test072: shared blank nodes": {
			in: `<http://example.org/test> V#A> _:e0 .
<http://example.org/test> V#B> _:e0 .
<http://example.org/test> V#A> _:e0 <http://example.org/g1> .`,
			want: `<http://example.org/test> V#A> _:c14n0 .
<http://example.org/test> V#A> _:c14n0 <http://example.org/g1> .
<http://example.org/test> V#B> _:c14n0 .
`,
		},
		"test073: referencing the graph's name": {
			in: `<http://example.org/test> V#A> _:e0 .
<http://example.org/test> V#B> _:e0 .
<http://example.org/test> V#embed> _:e0 .
<http://example.org/test> V#graph> _:g1 .
<http://example.org/test> V#A> _:e0 _:g1 .
<http://example.org/test> V#B> _:e0 _:g1 .
<http://example.org/test> V#embed> _:e0 _:g1 .`,
			want: `<http://example.org/test> V#A> _:c14n1 .
<http://example.org/test> V#A> _:c14n1 _:c14n0 .
<http://example.org/test> V#B> _:c14n1 .
<http://example.org/test> V#B> _:c14n1 _:c14n0 .
<http://example.org/test> V#embed> _:c14n1 .
<http://example.org/test> V#embed> _:c14n1 _:c14n0 .
<http://example.org/test> V#graph> _:c14n0 .
`,
		},
		"test075: diamond, SHA-384": {
			hash: SHA384,
			in: `V#test> V#A> _:e0 .
V#test> V#B> _:e1 .
_:e0 V#next> _:e2 .
_:e1 V#next> _:e2 .`,
			want: `V#test> V#A> _:c14n0 .
V#test> V#B> _:c14n2 .
_:c14n0 V#next> _:c14n1 .
_:c14n2 V#next> _:c14n1 .
`,
			labels: map[string]string{"e0": "c14n0", "e2": "c14n1", "e1": "c14n2"},
		},
		"test060: escaping": {
			in: `<urn:ex:s:004> <urn:ex:024> "\u0000\u0001\u0007\b\t\n\u000B\f\r\u000E\u001F" .
<urn:ex:s:004> <urn:ex:031> "pqrstuvwxyz{|}~\u007F" .
<urn:ex:s:004> <urn:ex:032> "\u221E" .
<urn:ex:s:003> <urn:ex:022> "d"^^<urn:ex:\u0064\u0074> .`,
			want: `<urn:ex:s:003> <urn:ex:022> "d"^^<urn:ex:dt> .
<urn:ex:s:004> <urn:ex:024> "\u0000\u0001\u0007\b\t\n\u000B\f\r\u000E\u001F" .
<urn:ex:s:004> <urn:ex:031> "pqrstuvwxyz{|}~\u007F" .
<urn:ex:s:004> <urn:ex:032> "∞" .
`,
		},
		"test044: poison, evil (1)": {
			in: edges("e", `0:1,2,3 1:0,3,4 2:0,4,5 3:0,1,5 4:1,2,5 5:3,2,4
				6:7,8,9 7:6,10,11 8:6,10,11 9:6,10,11 10:7,8,9 11:7,8,9`),
			want: edges("c14n", `0:1,2,3 1:0,4,5 10:7,8,9 11:7,8,9 2:0,3,5 3:0,2,4 4:1,3,5 5:1,2,4
				6:7,8,9 7:10,11,6 8:10,11,6 9:10,11,6`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			full := strings.NewReplacer("V#", vocab)
			quads, err := parseNQuads(full.Replace(c.in))
			require.NoError(t, err)
			res, err := Canonicalize(quads, Options{Hash: c.hash})
			require.NoError(t, err)
			require.Equal(t, full.Replace(c.want), strings.Join(res.Lines, ""))
			for label, want := range c.labels {
				require.Equal(t, want, res.Labels[label])
			}
		})
	}
}

// edges writes a graph of blank nodes from "node:to,to" items.
func edges(prefix, items string) string {
	var b strings.Builder
	for _, item := range strings.Fields(items) {
		from, tos, _ := strings.Cut(item, ":")
		for _, to := range strings.Split(tos, ",") {
			fmt.Fprintf(&b, "_:%s%s %sp> _:%s%s .\n", prefix, from, vocab, prefix, to)
		}
	}
	return b.String()
}

func clique(n int) []Quad {
	var quads []Quad
	for i := range n {
		for j := range n {
			quads = append(quads, Quad{
				S: Term{Kind: Blank, Value: fmt.Sprintf("e%d", i)},
				P: Term{Kind: IRI, Value: "http://example.com/p"},
				O: Term{Kind: Blank, Value: fmt.Sprintf("e%d", j)},
			})
		}
	}
	return quads
}

// test074 of the suite is the clique of ten; the others are larger.
func TestPoisonIsRefusedInBoundedTime(t *testing.T) {
	for _, n := range []int{10, 50, 200} {
		start := time.Now()
		_, err := Canonicalize(clique(n), Options{})
		require.ErrorIs(t, err, ErrWorkLimit)
		require.Less(t, time.Since(start), 20*time.Second)
	}
}
