// Package dag makes and walks the UnixFS DAGs that objects of a vault are. Importing a file gives the CID that
//
//	ipfs add --cid-version=1 --raw-leaves
//
// computes: chunks of 262144 bytes, balanced layout, at most 174 links a node, raw leaves, CIDv1, SHA-256.
//
// A Walker goes through a DAG block by block in the order of the content, whole or in part, and does no input or output itself: a sender
// asks it which block is next, a receiver gives it the blocks as they arrive, and both see the same sequence. It trusts nothing that it
// is given: a block must have the hash that its parent names, and the sizes that nodes claim must add up.
package dag

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/ipfs/boxo/chunker"
	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/boxo/ipld/unixfs/importer/balanced"
	"github.com/ipfs/boxo/ipld/unixfs/importer/helpers"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/multiformats/go-multihash"
)

const (
	// ChunkSize is the size of a leaf in bytes, the last excepted.
	ChunkSize = 256 << 10
	// MaxLinks is the number of children of a node.
	MaxLinks = 174
	// MaxBlockSize bounds the blocks that are accepted, in bytes; other tools make larger leaves than we do.
	MaxBlockSize = 1 << 20
	// maxDepth bounds the DAGs that are accepted. Ours reach 2^60 bytes with 8 levels.
	maxDepth = 16
	// maxNodeLinks bounds the links of a node that is accepted.
	maxNodeLinks = 8192
)

var (
	// ErrCID says that a CID is not of a kind that vaults use: version 1, raw or dag-pb, SHA-256.
	ErrCID = errors.New("dag: CID of a kind that vaults do not use")
	// ErrHash says that a block is not the one that its CID names.
	ErrHash = errors.New("dag: block does not match its CID")
	// ErrMalformed says that a block is no part of a UnixFS file, or contradicts the node above it.
	ErrMalformed = errors.New("dag: not a UnixFS file")
	// ErrBlockSize says that a block is larger than MaxBlockSize.
	ErrBlockSize = errors.New("dag: block too large")
)

// ParseCID reads a CID and checks it with CheckCID. Text longer than 128 bytes is not read.
func ParseCID(s string) (cid.Cid, error) {
	if len(s) > 128 {
		return cid.Undef, ErrCID
	}
	c, err := cid.Decode(s)
	if err != nil {
		return cid.Undef, fmt.Errorf("%w: %w", ErrCID, err)
	}
	return c, CheckCID(c)
}

// CheckCID returns ErrCID unless c is a CIDv1 over SHA-256, raw or dag-pb.
func CheckCID(c cid.Cid) error {
	if !c.Defined() {
		return ErrCID
	}
	p := c.Prefix()
	if p.Version != 1 || p.MhType != multihash.SHA2_256 || p.MhLength != sha256.Size || p.Codec != cid.Raw && p.Codec != cid.DagProtobuf {
		return ErrCID
	}
	return nil
}

// Verify returns nil if data is the block that c names.
func Verify(c cid.Cid, data []byte) error {
	if err := CheckCID(c); err != nil {
		return err
	}
	if len(data) > MaxBlockSize {
		return ErrBlockSize
	}
	sum := sha256.Sum256(data)
	if hash := c.Hash(); string(hash[len(hash)-sha256.Size:]) != string(sum[:]) {
		return ErrHash
	}
	return nil
}

// Import cuts a file into blocks and hands each to add, children before their parents, and returns the root. add must not keep or change
// what it gets after it returns.
func Import(r io.Reader, add func(c cid.Cid, data []byte) error) (cid.Cid, error) {
	params := helpers.DagBuilderParams{
		Maxlinks:   MaxLinks,
		RawLeaves:  true,
		CidBuilder: cid.V1Builder{Codec: cid.DagProtobuf, MhType: multihash.SHA2_256},
		Dagserv:    sink{add: add},
	}
	builder, err := params.New(chunk.NewSizeSplitter(r, ChunkSize))
	if err != nil {
		return cid.Undef, err
	}
	root, err := balanced.Layout(builder)
	if err != nil {
		return cid.Undef, err
	}
	return root.Cid(), nil
}

// Links returns the children that a block names, in order.
func Links(c cid.Cid, data []byte) ([]cid.Cid, error) {
	n, err := parse(c, data)
	if err != nil {
		return nil, err
	}
	links := make([]cid.Cid, len(n.children))
	for i, child := range n.children {
		links[i] = child.cid
	}
	return links, nil
}

// node is a parsed block.
type node struct {
	children []child
	content  []byte // of a leaf
	size     int64  // of the content below, in bytes
}

type child struct {
	cid  cid.Cid
	size int64
}

// parse reads a block whose hash has been checked.
func parse(c cid.Cid, data []byte) (node, error) {
	if err := CheckCID(c); err != nil {
		return node{}, err
	}
	if len(data) > MaxBlockSize {
		return node{}, ErrBlockSize
	}
	if c.Prefix().Codec == cid.Raw {
		return node{content: data, size: int64(len(data))}, nil
	}
	pb, err := merkledag.DecodeProtobuf(data)
	if err != nil {
		return node{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	fs, err := unixfs.FSNodeFromBytes(pb.Data())
	if err != nil {
		return node{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if fs.Type() != unixfs.TFile && fs.Type() != unixfs.TRaw {
		return node{}, fmt.Errorf("%w: type %s", ErrMalformed, fs.Type())
	}
	links := pb.Links()
	if len(links) > maxNodeLinks || len(links) != fs.NumChildren() {
		return node{}, fmt.Errorf("%w: %d links with %d sizes", ErrMalformed, len(links), fs.NumChildren())
	}
	if len(links) == 0 {
		if fs.FileSize() != uint64(len(fs.Data())) {
			return node{}, fmt.Errorf("%w: size of a leaf", ErrMalformed)
		}
		return node{content: fs.Data(), size: int64(len(fs.Data()))}, nil
	}
	if len(fs.Data()) != 0 {
		return node{}, fmt.Errorf("%w: content beside links", ErrMalformed)
	}
	n := node{children: make([]child, len(links))}
	for i, link := range links {
		size := fs.BlockSize(i)
		// An empty child would let a small DAG cost unbounded work.
		if size == 0 || size > math.MaxInt64/2 || n.size+int64(size) < n.size || n.size+int64(size) > math.MaxInt64/2 {
			return node{}, fmt.Errorf("%w: size of a child", ErrMalformed)
		}
		if err := CheckCID(link.Cid); err != nil {
			return node{}, err
		}
		n.children[i] = child{link.Cid, int64(size)}
		n.size += int64(size)
	}
	if uint64(n.size) != fs.FileSize() {
		return node{}, fmt.Errorf("%w: sizes do not add up", ErrMalformed)
	}
	return n, nil
}

// sink is the part of a DAG service that importing uses.
type sink struct {
	ipld.DAGService
	add func(c cid.Cid, data []byte) error
}
