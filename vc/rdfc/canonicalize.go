package rdfc

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"sort"
	"strconv"
)

// ErrWorkLimit is returned for a dataset whose canonicalisation needs more steps
// than the caller allows. Such a dataset is refused, not accepted uncanonicalised.
var ErrWorkLimit = errors.New("rdfc: dataset needs more work than is allowed")

// DefaultWorkLimit is far above what any credential of practice needs (usually
// nothing), and is used up in well under a second.
const DefaultWorkLimit = 20_000

// Hash is the hash algorithm of a canonicalisation.
type Hash int

const (
	SHA256 Hash = iota
	SHA384
)

func (h Hash) hex(b []byte) string {
	if h == SHA384 {
		sum := sha512.Sum384(b)
		return hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Options says how to canonicalise. The zero value is SHA-256 with a budget of its own.
type Options struct {
	Hash Hash
	// Budget is what the canonicalisation may spend; several may share one. By default
	// it is a new one of DefaultWorkLimit.
	Budget *Budget
}

// Budget is a number of steps of Hash N-Degree Quads: one a call and one a permutation
// tried, more for crowded nodes. It is for one goroutine.
type Budget struct{ left int }

// NewBudget returns a budget of so many steps.
func NewBudget(steps int) *Budget { return &Budget{steps} }

// Result is a canonicalised dataset (RDFC-1.0 §4.2, normalized dataset).
type Result struct {
	Quads  []Quad            // without repetition, in the order of Lines, with the input's labels
	Lines  []string          // canonical N-Quads, sorted by code point
	Labels map[string]string // canonical label, as c14n0, by the input's label
}

// Canonicalize runs RDFC-1.0 §4.4. The quads may repeat and be in any order.
func Canonicalize(quads []Quad, opts Options) (*Result, error) {
	if opts.Budget == nil {
		opts.Budget = NewBudget(DefaultWorkLimit)
	}
	c := canonicalizer{
		opts:      opts,
		quads:     distinct(quads),
		byNode:    map[string][]int{},
		firstHash: map[string]string{},
		canonical: newIssuer("c14n"),
	}
	if err := c.run(); err != nil {
		return nil, err
	}
	res := &Result{Labels: c.canonical.issued}
	type line struct {
		text string
		quad Quad
	}
	lines := make([]line, len(c.quads))
	for i, q := range c.quads {
		lines[i] = line{q.Relabel(func(l string) string { return c.canonical.issued[l] }), q}
	}
	slices.SortFunc(lines, func(a, b line) int { return compareText(a.text, b.text) })
	res.Lines = make([]string, len(lines))
	res.Quads = make([]Quad, len(lines))
	for i, l := range lines {
		res.Lines[i], res.Quads[i] = l.text, l.quad
	}
	return res, nil
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func distinct(quads []Quad) []Quad {
	seen := make(map[Quad]struct{}, len(quads))
	out := make([]Quad, 0, len(quads))
	for _, q := range quads {
		if _, again := seen[q]; again {
			continue
		}
		seen[q] = struct{}{}
		out = append(out, q)
	}
	return out
}

// canonicalizer is the canonicalization state of RDFC-1.0 §4.2.
type canonicalizer struct {
	opts      Options
	quads     []Quad
	byNode    map[string][]int  // blank node to quads map, as positions in quads
	firstHash map[string]string // results of Hash First Degree Quads
	canonical *issuer
}

// run is steps 2 to 5 of RDFC-1.0 §4.4.3.
func (c *canonicalizer) run() error {
	for i, q := range c.quads {
		for j, t := range [3]Term{q.S, q.O, q.G} {
			if t.Kind != Blank {
				continue
			}
			if j > 0 && q.S == t || j > 1 && q.O == t {
				continue // one quad counts once for a node
			}
			c.byNode[t.Value] = append(c.byNode[t.Value], i)
		}
	}

	// Step 3: nodes by the hash of their first degree.
	byHash := map[string][]string{}
	for _, node := range slices.Sorted(maps.Keys(c.byNode)) {
		h := c.hashFirstDegree(node)
		byHash[h] = append(byHash[h], node)
	}
	hashes := slices.Sorted(maps.Keys(byHash))

	// Step 4: nodes whose hash is their own.
	var shared []string
	for _, h := range hashes {
		if nodes := byHash[h]; len(nodes) == 1 {
			c.canonical.issue(nodes[0])
		} else {
			shared = append(shared, h)
		}
	}

	// Step 5: nodes that share a hash, told apart by what surrounds them.
	for _, h := range shared {
		var found []nDegreeResult
		for _, node := range byHash[h] {
			if c.canonical.has(node) {
				continue
			}
			tmp := newIssuer("b")
			tmp.issue(node)
			res, err := c.hashNDegree(node, tmp)
			if err != nil {
				return err
			}
			found = append(found, res)
		}
		sort.SliceStable(found, func(i, j int) bool { return found[i].hash < found[j].hash })
		for _, res := range found {
			for _, node := range res.issuer.order {
				c.canonical.issue(node)
			}
		}
	}
	return nil
}

// hashFirstDegree is RDFC-1.0 §4.6.3.
func (c *canonicalizer) hashFirstDegree(node string) string {
	if h, ok := c.firstHash[node]; ok {
		return h
	}
	label := func(l string) string {
		if l == node {
			return "a"
		}
		return "z"
	}
	lines := make([]string, 0, len(c.byNode[node]))
	for _, i := range c.byNode[node] {
		lines = append(lines, c.quads[i].Relabel(label))
	}
	sort.Strings(lines)
	var b []byte
	for _, l := range lines {
		b = append(b, l...)
	}
	h := c.opts.Hash.hex(b)
	c.firstHash[node] = h
	return h
}

// hashRelated is RDFC-1.0 §4.7.3, position being s, o or g.
func (c *canonicalizer) hashRelated(related string, q Quad, iss *issuer, position byte) string {
	b := []byte{position}
	if position != 'g' {
		b = append(b, '<')
		b = append(b, q.P.Value...)
		b = append(b, '>')
	}
	switch {
	case c.canonical.has(related):
		b = append(b, "_:"...)
		b = append(b, c.canonical.issued[related]...)
	case iss.has(related):
		b = append(b, "_:"...)
		b = append(b, iss.issued[related]...)
	default:
		b = append(b, c.hashFirstDegree(related)...)
	}
	return c.opts.Hash.hex(b)
}

type nDegreeResult struct {
	hash   string
	issuer *issuer
}

// step counts one step, and one more for each 16 things that the step goes through, so
// that the limit bounds time however large the dataset is.
func (c *canonicalizer) step(things int) error {
	if c.opts.Budget.left -= 1 + things/16; c.opts.Budget.left < 0 {
		return ErrWorkLimit
	}
	return nil
}

// hashNDegree is RDFC-1.0 §4.8.3. The recursion is at most as deep as the dataset has
// blank nodes, because every level issues a label; each level costs a step.
func (c *canonicalizer) hashNDegree(node string, iss *issuer) (nDegreeResult, error) {
	if err := c.step(len(c.byNode[node])); err != nil {
		return nDegreeResult{}, err
	}
	// Steps 1 to 3: related nodes by the hash of how they are related.
	related := map[string][]string{}
	for _, i := range c.byNode[node] {
		q := c.quads[i]
		for j, t := range [3]Term{q.S, q.O, q.G} {
			if t.Kind == Blank && t.Value != node {
				h := c.hashRelated(t.Value, q, iss, "sog"[j])
				related[h] = append(related[h], t.Value)
			}
		}
	}
	// Steps 4 and 5.
	var data []byte
	for _, h := range slices.Sorted(maps.Keys(related)) {
		data = append(data, h...)
		path, chosen, err := c.shortestPath(related[h], iss)
		if err != nil {
			return nDegreeResult{}, err
		}
		data = append(data, path...)
		iss = chosen
	}
	return nDegreeResult{c.opts.Hash.hex(data), iss}, nil
}

// shortestPath is step 5.4 to 5.6 of RDFC-1.0 §4.8.3: it tries every order of the
// nodes and keeps the least path.
func (c *canonicalizer) shortestPath(nodes []string, iss *issuer) (string, *issuer, error) {
	var chosen string
	var chosenIssuer *issuer
	err := permutations(nodes, func(perm []string) error {
		if err := c.step(len(iss.order) + len(nodes)); err != nil {
			return err
		}
		tmp := iss.clone()
		var path []byte
		var recursion []string
		longer := func() bool {
			return chosenIssuer != nil && len(path) >= len(chosen) && string(path) > chosen
		}
		for _, node := range perm {
			if label, ok := c.canonical.issued[node]; ok {
				path = append(path, "_:"...)
				path = append(path, label...)
			} else {
				if !tmp.has(node) {
					recursion = append(recursion, node)
				}
				path = append(path, "_:"...)
				path = append(path, tmp.issue(node)...)
			}
			if longer() {
				return nil
			}
		}
		for _, node := range recursion {
			res, err := c.hashNDegree(node, tmp)
			if err != nil {
				return err
			}
			path = append(path, "_:"...)
			path = append(path, tmp.issue(node)...)
			path = append(path, '<')
			path = append(path, res.hash...)
			path = append(path, '>')
			tmp = res.issuer
			if longer() {
				return nil
			}
		}
		if chosenIssuer == nil || string(path) < chosen {
			chosen, chosenIssuer = string(path), tmp
		}
		return nil
	})
	return chosen, chosenIssuer, err
}

// permutations calls f with every order of the nodes, in lexicographic order of
// position. It stops at the first error.
func permutations(nodes []string, f func([]string) error) error {
	idx := make([]int, len(nodes))
	perm := make([]string, len(nodes))
	for i := range idx {
		idx[i] = i
	}
	for {
		for i, j := range idx {
			perm[i] = nodes[j]
		}
		if err := f(perm); err != nil {
			return err
		}
		i := len(idx) - 2
		for i >= 0 && idx[i] >= idx[i+1] {
			i--
		}
		if i < 0 {
			return nil
		}
		j := len(idx) - 1
		for idx[j] <= idx[i] {
			j--
		}
		idx[i], idx[j] = idx[j], idx[i]
		slices.Reverse(idx[i+1:])
	}
}

// issuer is an identifier issuer, RDFC-1.0 §4.5.
type issuer struct {
	prefix string
	issued map[string]string
	order  []string
}

func newIssuer(prefix string) *issuer {
	return &issuer{prefix: prefix, issued: map[string]string{}}
}

func (s *issuer) has(node string) bool { _, ok := s.issued[node]; return ok }

func (s *issuer) issue(node string) string {
	if label, ok := s.issued[node]; ok {
		return label
	}
	label := s.prefix + strconv.Itoa(len(s.order))
	s.issued[node] = label
	s.order = append(s.order, node)
	return label
}

func (s *issuer) clone() *issuer {
	return &issuer{prefix: s.prefix, issued: maps.Clone(s.issued), order: slices.Clone(s.order)}
}
