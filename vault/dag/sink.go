package dag

import (
	"context"

	ipld "github.com/ipfs/go-ipld-format"
)

// Add implements ipld.NodeAdder.
func (s sink) Add(_ context.Context, n ipld.Node) error { return s.add(n.Cid(), n.RawData()) }

// AddMany implements ipld.NodeAdder.
func (s sink) AddMany(ctx context.Context, nodes []ipld.Node) error {
	for _, n := range nodes {
		if err := s.Add(ctx, n); err != nil {
			return err
		}
	}
	return nil
}
