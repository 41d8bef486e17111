package vc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/medibloc/panacea/did/multibase"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/jsonld"
	"github.com/medibloc/panacea/vc/rdfc"
)

// This file is what the selective disclosure suites share: vc-di-ecdsa §3.4,
// Selective Disclosure Functions.
//
// The specification carries the identity of blank nodes from the whole document to
// its parts by giving them URNs and compacting the document again. Here the parts share
// the document's objects, and jsonld.Labels remembers the label of each object: the
// statements that come out are the same, without a round trip through compaction.

const (
	hmacKeySize   = 32
	maxPointers   = 1024
	maxProofBytes = 1 << 20 // of a decoded proof value
)

// labelFactory makes of the canonical blank node labels those that are signed.
type labelFactory func(canonical map[string]string) (map[string]string, error)

// statements is a document as lines of N-Quads with the labels that are signed.
type statements struct {
	document map[string]any
	lines    []string          // sorted
	index    map[string]int    // of a line
	labels   map[string]string // signed label by the label of the conversion
	nodes    *jsonld.Labels
}

// labelReplacementCanonicalize is vc-di-ecdsa §3.4.2.
func (p *operation) labelReplacementCanonicalize(ctx context.Context, document map[string]any, factory labelFactory) (*statements, error) {
	s := &statements{document: document, nodes: jsonld.NewLabels()}
	quads, err := p.jsonld.ToRDF(ctx, document, s.nodes)
	if err != nil {
		return nil, translate(err)
	}
	canon, err := rdfc.Canonicalize(quads, rdfc.Options{Budget: p.work})
	if err != nil {
		return nil, err
	}
	if s.labels, err = factory(canon.Labels); err != nil {
		return nil, err
	}
	s.lines = make([]string, len(canon.Quads))
	for i, q := range canon.Quads {
		s.lines[i] = q.Relabel(s.label)
	}
	sort.Strings(s.lines)
	s.index = make(map[string]int, len(s.lines))
	for i, l := range s.lines {
		if _, twice := s.index[l]; twice {
			return nil, ErrDuplicateStatement
		}
		s.index[l] = i
	}
	return s, nil
}

func (s *statements) label(l string) string { return s.labels[l] }

// group is the statements of one selection.
type group struct {
	indexes   []int // of the selected lines, ascending
	selection map[string]any
	quads     []rdfc.Quad // of the selection, labelled as in the conversion of the document
}

// group is selectCanonicalNQuads and the matching of canonicalizeAndGroup,
// vc-di-ecdsa §3.4.15, §3.4.16.
func (s *statements) group(ctx context.Context, p *operation, pointers []string) (*group, error) {
	g := &group{}
	if len(pointers) == 0 {
		return g, nil
	}
	var err error
	if g.selection, err = selectJSONLD(s.document, pointers, s.nodes); err != nil {
		return nil, err
	}
	if g.quads, err = p.jsonld.ToRDF(ctx, g.selection, s.nodes); err != nil {
		return nil, translate(err)
	}
	selected := map[int]struct{}{}
	for _, q := range g.quads {
		i, ok := s.index[q.Relabel(s.label)]
		if !ok {
			return nil, fmt.Errorf("%w: part of a list cannot be shown without the rest", ErrPointer)
		}
		selected[i] = struct{}{}
	}
	g.indexes = slices.Sorted(maps.Keys(selected))
	return g, nil
}

// positions returns where the elements of part stand in whole, both ascending, without
// those that do not.
func positions(part, whole []int) []int {
	out := []int{}
	for i, n := range whole {
		if _, ok := slices.BinarySearch(part, n); ok {
			out = append(out, i)
		}
	}
	return out
}

// complement returns the numbers below n that are not in indexes, which ascend.
func complement(indexes []int, n int) []int {
	out := make([]int, 0, n-len(indexes))
	next := 0
	for i := range n {
		if next < len(indexes) && indexes[next] == i {
			next++
			continue
		}
		out = append(out, i)
	}
	return out
}

// disclosure is what a derived proof discloses, whatever the cryptosuite: the common
// part of createDisclosureData, vc-di-ecdsa §3.5.4 and vc-di-bbs §3.3.3.
type disclosure struct {
	statements   *statements
	mandatory    []int             // statements that must be shown
	nonMandatory []int             // the others, which the proof signs one by one
	combined     []int             // statements that are shown
	mandatoryAt  []int             // of the mandatory among those shown
	selectiveAt  []int             // of the shown among the non-mandatory
	labelMap     map[string]string // signed label by the label that the verifier will find
	reveal       map[string]any
}

func (p *operation) disclose(ctx context.Context, document map[string]any, factory labelFactory, mandatory, selective []string) (*disclosure, error) {
	s, err := p.labelReplacementCanonicalize(ctx, document, factory)
	if err != nil {
		return nil, err
	}
	m, err := s.group(ctx, p, mandatory)
	if err != nil {
		return nil, fmt.Errorf("vc: mandatory pointers: %w", err)
	}
	combined, err := s.group(ctx, p, slices.Concat(mandatory, selective))
	if err != nil {
		return nil, err
	}
	if combined.selection == nil {
		return nil, fmt.Errorf("%w: nothing is selected", ErrPointer)
	}
	d := &disclosure{statements: s, mandatory: m.indexes, combined: combined.indexes, reveal: combined.selection}
	d.nonMandatory = complement(d.mandatory, len(s.lines))
	d.mandatoryAt = positions(d.mandatory, d.combined)
	// What is shown beyond the mandatory is what was selected: a statement that is only
	// in the mandatory group has no position among the others.
	d.selectiveAt = positions(d.combined, d.nonMandatory)
	canon, err := rdfc.Canonicalize(combined.quads, rdfc.Options{Budget: p.work})
	if err != nil {
		return nil, err
	}
	d.labelMap = make(map[string]string, len(canon.Labels))
	for input, verifier := range canon.Labels {
		d.labelMap[verifier] = s.labels[input]
	}
	return d, nil
}

// messages returns lines at indexes as bytes.
func (s *statements) messages(indexes []int) [][]byte {
	out := make([][]byte, len(indexes))
	for i, n := range indexes {
		out[i] = []byte(s.lines[n])
	}
	return out
}

func (s *statements) hashAt(indexes []int) []byte {
	h := sha256.New()
	for _, n := range indexes {
		h.Write([]byte(s.lines[n]))
	}
	return h.Sum(nil)
}

// shown is what a derived credential shows, told apart by its proof: the common part
// of createVerifyData, vc-di-ecdsa §3.5.9 and vc-di-bbs §3.3.8.
type shown struct {
	mandatoryHash []byte
	nonMandatory  [][]byte
}

// show checks the document against the proof's label map and mandatory indexes, and
// that exactly disclosed statements remain.
func (p *operation) show(ctx context.Context, document map[string]any, labelMap map[string]string, mandatory []int, disclosed int) (*shown, error) {
	s, err := p.labelReplacementCanonicalize(ctx, document, func(canonical map[string]string) (map[string]string, error) {
		return createLabelMap(canonical, labelMap)
	})
	if err != nil {
		return nil, err
	}
	switch want := len(mandatory) + disclosed; {
	case len(s.lines) < want, len(mandatory) > 0 && mandatory[len(mandatory)-1] >= len(s.lines):
		return nil, fmt.Errorf("%w: %d statements, %d are covered", ErrMissingStatement, len(s.lines), want)
	case len(s.lines) > want:
		return nil, fmt.Errorf("%w: %d statements, %d are covered", ErrExtraStatement, len(s.lines), want)
	}
	return &shown{
		mandatoryHash: s.hashAt(mandatory),
		nonMandatory:  s.messages(complement(mandatory, len(s.lines))),
	}, nil
}

// createLabelMap is vc-di-ecdsa §3.4.3. Unlike there, every node must have exactly one
// label of its own: with two nodes under one label, a statement about the one could be
// shown as one about the other.
func createLabelMap(canonical, labelMap map[string]string) (map[string]string, error) {
	if len(canonical) != len(labelMap) {
		return nil, fmt.Errorf("%w: %d nodes, %d labels", ErrBlankNode, len(canonical), len(labelMap))
	}
	seen := make(map[string]struct{}, len(labelMap))
	out := make(map[string]string, len(canonical))
	for input, c14n := range canonical {
		label, ok := labelMap[c14n]
		if !ok {
			return nil, fmt.Errorf("%w: no label for %s", ErrBlankNode, c14n)
		}
		if _, twice := seen[label]; twice {
			return nil, fmt.Errorf("%w: label %s stands for two nodes", ErrBlankNode, label)
		}
		seen[label] = struct{}{}
		out[input] = label
	}
	return out, nil
}

// hmacLabel is the label that createHmacIdLabelMapFunction gives, vc-di-ecdsa §3.4.4.
func hmacLabel(key []byte, canonical string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(canonical))
	return "u" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// pointerTree is a set of JSON pointers, by their tokens.
type pointerTree struct {
	whole    bool
	children map[string]*pointerTree
}

func parsePointers(pointers []string) (*pointerTree, error) {
	if len(pointers) > maxPointers {
		return nil, fmt.Errorf("%w: more than %d pointers", ErrPointer, maxPointers)
	}
	root := &pointerTree{}
	for _, pointer := range pointers {
		tokens, err := jsondoc.ParsePointer(pointer)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPointer, err)
		}
		node := root
		for _, t := range tokens {
			if node.children == nil {
				node.children = map[string]*pointerTree{}
			}
			if node.children[t] == nil {
				node.children[t] = &pointerTree{}
			}
			node = node.children[t]
		}
		node.whole = true
	}
	return root, nil
}

// selectJSONLD is vc-di-ecdsa §3.4.13, with nested @context kept on the way to what is
// selected: without it the terms there would mean something else.
func selectJSONLD(document map[string]any, pointers []string, nodes *jsonld.Labels) (map[string]any, error) {
	tree, err := parsePointers(pointers)
	if err != nil {
		return nil, err
	}
	selected, err := tree.apply(document, nodes, "")
	if err != nil {
		return nil, err
	}
	return selected.(map[string]any), nil
}

// alwaysSelected are the members of an object on the way to what is selected that are
// selected with it (createInitialSelection, vc-di-ecdsa §3.4.11).
var alwaysSelected = [...]string{"@context", "id", "@id", "type", "@type"}

// apply returns the selected part of v. Selected values are shared with v.
func (t *pointerTree) apply(v any, nodes *jsonld.Labels, pointer string) (any, error) {
	if t.whole {
		return v, nil
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, token := range slices.Sorted(maps.Keys(t.children)) {
			child, ok := v[token]
			if !ok {
				return nil, fmt.Errorf("%w: %s/%s", ErrPointer, pointer, jsondoc.EscapePointer(token))
			}
			selected, err := t.children[token].apply(child, nodes, pointer+"/"+jsondoc.EscapePointer(token))
			if err != nil {
				return nil, err
			}
			out[token] = selected
		}
		for _, k := range alwaysSelected {
			if value, ok := v[k]; ok {
				out[k] = value
			}
		}
		nodes.Alias(v, out)
		return out, nil
	case []any:
		at := make(map[int]*pointerTree, len(t.children))
		for token, child := range t.children {
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != token {
				return nil, fmt.Errorf("%w: %s/%s", ErrPointer, pointer, jsondoc.EscapePointer(token))
			}
			at[i] = child
		}
		out := make([]any, 0, len(at))
		for _, i := range slices.Sorted(maps.Keys(at)) {
			selected, err := at[i].apply(v[i], nodes, pointer+"/"+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			out = append(out, selected)
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: %s is not an object or array", ErrPointer, pointer)
}

// encodeProofValue writes a header and components as base64url multibase.
func encodeProofValue(header [3]byte, components []byte) string {
	return multibase.Encode(multibase.Base64URL, append(header[:], components...))
}

// decodeProofValue reads what encodeProofValue writes.
func decodeProofValue(value string) (header [3]byte, r *cborReader, err error) {
	if len(value) == 0 || value[0] != 'u' {
		return header, nil, fmt.Errorf("%w: not base64url multibase", ErrProofValue)
	}
	b, err := multibase.Decode(value, maxProofBytes)
	if err != nil {
		return header, nil, fmt.Errorf("%w: %w", ErrProofValue, err)
	}
	if len(b) < 3 {
		return header, nil, fmt.Errorf("%w: no header", ErrProofValue)
	}
	copy(header[:], b)
	return header, &cborReader{b: b[3:]}, nil
}

// readArray reads the head of the components, of which there must be n.
func (r *cborReader) readArray(n int) {
	if r.count(cborArray) != n {
		r.fail("wrong number of components")
	}
}

// labelNumber reads the number of a label such as c14n12.
func labelNumber(label, prefix string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(label, prefix))
	if err != nil {
		return 0, fmt.Errorf("%w: label %q", ErrBlankNode, label)
	}
	return n, nil
}
