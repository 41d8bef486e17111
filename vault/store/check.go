package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/vault/dag"
)

// Report says what Check found. A store without fault has empty lists and no wrong counts.
type Report struct {
	Objects int64 `json:"objects"`
	Blocks  int64 `json:"blocks"`
	Bytes   int64 `json:"bytes"`
	// Damaged are blocks whose data are lost or are not what their CIDs name. Repair forgets them, so that they can be fetched again.
	Damaged []cid.Cid `json:"damaged,omitempty"`
	// Affected are the objects that miss blocks though they were complete. Repair marks them incomplete.
	Affected []cid.Cid `json:"affected,omitempty"`
	// Unreadable is the number of index records that do not open.
	Unreadable int64 `json:"unreadable,omitempty"`
	// WrongCounts is the number of blocks whose references were counted wrongly. Repair sets them right.
	WrongCounts int64 `json:"wrongCounts,omitempty"`
	Repaired    bool  `json:"repaired,omitempty"`
}

// OK says whether nothing is wrong.
func (r Report) OK() bool {
	return len(r.Damaged) == 0 && len(r.Affected) == 0 && r.Unreadable == 0 && r.WrongCounts == 0
}

// Check reads everything, verifies every block against its CID, and counts every reference anew; with repair it puts right what can be. Nothing
// can be changed while it runs. progress, if not nil, is told the number of blocks read so far. Memory grows with the number of blocks, by some
// 300 bytes each.
func (s *Store) Check(ctx context.Context, repair bool, progress func(blocks int64)) (Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var report Report
	found, err := s.readNodes(ctx, &report, progress)
	if err != nil {
		return report, fmt.Errorf("check the store: %w", err)
	}
	objects, err := s.readObjects(ctx, &report)
	if err != nil {
		return report, fmt.Errorf("check the store: %w", err)
	}
	refs := map[cid.Cid]uint64{}
	for _, n := range found {
		for _, link := range n.links {
			refs[link]++
		}
	}
	for _, info := range objects {
		refs[info.CID]++
		if !info.Partial && !whole(found, info.CID) {
			report.Affected = append(report.Affected, info.CID)
		}
	}
	wrong := map[cid.Cid]bool{}
	for c, n := range found {
		if n.refs != refs[c] {
			wrong[c] = true
		}
	}
	for c, count := range refs {
		if _, known := found[c]; !known && count > 0 {
			wrong[c] = true
		}
	}
	report.WrongCounts = int64(len(wrong))
	byText := func(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) }
	slices.SortFunc(report.Damaged, byText)
	slices.SortFunc(report.Affected, byText)
	wrongStats := s.stats != Stats{Objects: report.Objects, Blocks: report.Blocks, Bytes: report.Bytes}
	if !repair || report.OK() && !wrongStats {
		return report, nil
	}
	if err := s.repair(ctx, &report, found, refs, wrong); err != nil {
		return report, fmt.Errorf("repair the store: %w", err)
	}
	report.Repaired = true
	return report, s.sync(ctx)
}

type foundNode struct {
	node
	links []cid.Cid
	bad   bool // listed as present, but it is not there or not right
}

// readNodes reads every record of a block, and the block.
func (s *Store) readNodes(ctx context.Context, report *Report, progress func(int64)) (map[cid.Cid]foundNode, error) {
	found := map[cid.Cid]foundNode{}
	for raw, err := range s.scan(ctx, spaceNode) {
		if errors.Is(err, ErrCorrupt) {
			report.Unreadable++
			continue
		}
		if err != nil {
			return nil, err
		}
		n, err := parseNode(raw)
		if err != nil {
			report.Unreadable++
			continue
		}
		f := foundNode{node: n}
		if n.present {
			data, err := s.Block(ctx, n.cid)
			if err == nil {
				if err = dag.Verify(n.cid, data); err == nil {
					f.links, err = dag.Links(n.cid, data)
				}
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err != nil {
				f.bad = true
				report.Damaged = append(report.Damaged, n.cid)
			} else {
				report.Blocks++
				report.Bytes += int64(len(data))
			}
			if progress != nil {
				progress(report.Blocks)
			}
		}
		found[n.cid] = f
	}
	return found, nil
}

func (s *Store) readObjects(ctx context.Context, report *Report) ([]Info, error) {
	var objects []Info
	for info, err := range s.Objects(ctx) {
		if errors.Is(err, ErrCorrupt) {
			report.Unreadable++
			continue
		}
		if err != nil {
			return nil, err
		}
		objects = append(objects, info)
	}
	report.Objects = int64(len(objects))
	return objects, nil
}

// whole says whether every block below c is there.
func whole(found map[cid.Cid]foundNode, c cid.Cid) bool {
	seen := map[cid.Cid]bool{}
	for stack := []cid.Cid{c}; len(stack) > 0; {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[c] {
			continue
		}
		seen[c] = true
		n, ok := found[c]
		if !ok || !n.present || n.bad {
			return false
		}
		stack = append(stack, n.links...)
	}
	return true
}

// repair forgets damaged blocks, marks affected objects, and writes the counts. The caller holds mu.
func (s *Store) repair(ctx context.Context, report *Report, found map[cid.Cid]foundNode, refs map[cid.Cid]uint64, wrong map[cid.Cid]bool) error {
	t := s.begin(ctx, nil)
	t.stats = Stats{Objects: report.Objects, Blocks: report.Blocks, Bytes: report.Bytes}
	for _, c := range report.Damaged {
		wrong[c] = true
		if err := t.delete(spaceBlock, c.Bytes()); err != nil {
			t.discard()
			return err
		}
	}
	for c, f := range found {
		if f.present && !f.bad && refs[c] == 0 { // whether or not it is listed
			if err := t.put(spaceZero, c.Bytes(), c.Bytes()); err != nil {
				t.discard()
				return err
			}
		}
	}
	for c := range wrong {
		f := found[c]
		n := &node{cid: c, present: f.present && !f.bad, size: f.size, refs: refs[c]}
		t.was[c] = f.node
		t.now[c] = n
	}
	for _, c := range report.Affected {
		info, err := s.Stat(ctx, c)
		if err == nil {
			info.Partial = true
			err = t.putObject(info)
		}
		if err != nil {
			t.discard()
			return err
		}
	}
	if err := s.dropUnreadable(t); err != nil {
		t.discard()
		return err
	}
	return t.commit()
}

// dropUnreadable removes index records that do not open: nothing can be learned from them any more.
func (s *Store) dropUnreadable(t *tx) error {
	for _, space := range []string{spaceNode, spaceObject, spaceZero} {
		for key, err := range s.unreadable(t.ctx, space) {
			if err != nil {
				return err
			}
			if err := t.deleteKey(key); err != nil {
				return err
			}
		}
	}
	return nil
}
