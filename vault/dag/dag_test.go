package dag_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/vault/dag"
)

// file is deterministic content that does not repeat.
func file(size int) []byte {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func imported(t require.TestingT, content []byte) (cid.Cid, map[cid.Cid][]byte) {
	blocks := map[cid.Cid][]byte{}
	root, err := dag.Import(bytes.NewReader(content), func(c cid.Cid, data []byte) error {
		blocks[c] = bytes.Clone(data)
		return dag.Verify(c, data)
	})
	require.NoError(t, err)
	return root, blocks
}

// TestImportPublished compares with CIDs that everybody can compute: printf ” | ipfs add -n --cid-version=1 --raw-leaves, and with
// "hello world\n". Larger files are compared with an importer of npm in test/interop/vault.
func TestImportPublished(t *testing.T) {
	for content, want := range map[string]string{
		"":              "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
		"hello world\n": "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4",
	} {
		root, blocks := imported(t, []byte(content))
		require.Equal(t, want, root.String())
		require.Len(t, blocks, 1)
	}
}

func TestWalkGivesEveryRange(t *testing.T) {
	sizes := []int{0, 1, dag.ChunkSize - 1, dag.ChunkSize, dag.ChunkSize + 1, 176 * dag.ChunkSize}
	type made struct {
		content []byte
		root    cid.Cid
		blocks  map[cid.Cid][]byte
	}
	files := make([]made, len(sizes))
	for i, size := range sizes {
		content := file(size)
		root, blocks := imported(t, content)
		files[i] = made{content, root, blocks}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := files[rapid.IntRange(0, len(files)-1).Draw(t, "file")]
		size := int64(len(f.content))
		from := rapid.Int64Range(0, size+1).Draw(t, "from")
		to := rapid.Int64Range(from, size+2).Draw(t, "to")
		w := dag.NewWalker(f.root, from, to)
		var got []byte
		fed := 0
		for {
			c, ok := w.Next()
			if !ok {
				break
			}
			v, err := w.Feed(f.blocks[c], false)
			require.NoError(t, err)
			fed++
			if v.Content != nil {
				require.Equal(t, from+int64(len(got)), v.Offset)
				got = append(got, v.Content...)
			}
		}
		require.Equal(t, size, w.Size())
		from, to = min(from, size), min(to, size)
		require.True(t, bytes.Equal(f.content[from:to], got))
		require.LessOrEqual(t, int64(fed), (to-from)/dag.ChunkSize+2+4, "no block outside the range")
	})
}

func pbNode(t *testing.T, fs *unixfs.FSNode, links ...cid.Cid) (cid.Cid, []byte) {
	t.Helper()
	data, err := fs.GetBytes()
	require.NoError(t, err)
	n := merkledag.NodeWithData(data)
	n.SetCidBuilder(cid.V1Builder{Codec: cid.DagProtobuf, MhType: multihash.SHA2_256})
	for _, l := range links {
		require.NoError(t, n.AddRawLink("", &ipld.Link{Cid: l}))
	}
	return n.Cid(), n.RawData()
}

func TestWalkRefusesWhatDoesNotFit(t *testing.T) {
	leaf, leaves := imported(t, []byte("leaf"))
	lying := unixfs.NewFSNode(unixfs.TFile)
	lying.AddBlockSize(5)
	empty := unixfs.NewFSNode(unixfs.TFile)
	empty.AddBlockSize(0)
	unsized := unixfs.NewFSNode(unixfs.TFile)
	mixed := unixfs.NewFSNode(unixfs.TFile)
	mixed.AddBlockSize(4)
	mixed.SetData([]byte("x"))
	huge := unixfs.NewFSNode(unixfs.TFile)
	huge.AddBlockSize(1 << 62)
	huge.AddBlockSize(1 << 62)
	for name, c := range map[string]struct {
		fs    *unixfs.FSNode
		links []cid.Cid
	}{
		"a size that its child does not have": {lying, []cid.Cid{leaf}},
		"an empty child":                      {empty, []cid.Cid{leaf}},
		"a child without a size":              {unsized, []cid.Cid{leaf}},
		"content beside links":                {mixed, []cid.Cid{leaf}},
		"sizes beyond counting":               {huge, []cid.Cid{leaf, leaf}},
		"a directory":                         {unixfs.NewFSNode(unixfs.TDirectory), nil},
	} {
		t.Run(name, func(t *testing.T) {
			root, data := pbNode(t, c.fs, c.links...)
			w := dag.NewWalker(root, 0, dag.Whole)
			_, err := w.Feed(data, false)
			if err == nil {
				_, err = w.Feed(leaves[leaf], false)
			}
			require.ErrorIs(t, err, dag.ErrMalformed)
		})
	}
	w := dag.NewWalker(leaf, 0, dag.Whole)
	_, err := w.Feed([]byte("another"), false)
	require.ErrorIs(t, err, dag.ErrHash)
	_, err = w.Feed(make([]byte, dag.MaxBlockSize+1), false)
	require.ErrorIs(t, err, dag.ErrBlockSize)
	_, err = w.Feed([]byte("leaf"), false)
	require.NoError(t, err, "the right block is taken after wrong ones")
	_, err = w.Feed([]byte("leaf"), false)
	require.ErrorIs(t, err, dag.ErrMalformed)
}

func TestParseCID(t *testing.T) {
	for _, s := range []string{"", "x", "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", "bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae", "bafkqaaa"} {
		_, err := dag.ParseCID(s)
		require.ErrorIs(t, err, dag.ErrCID, s)
	}
}

// FuzzFeed gives a walker a node from a stranger: it may refuse, and nothing else.
func FuzzFeed(f *testing.F) {
	_, blocks := func() (cid.Cid, map[cid.Cid][]byte) {
		m := map[cid.Cid][]byte{}
		root, err := dag.Import(bytes.NewReader(file(3*dag.ChunkSize)), func(c cid.Cid, data []byte) error {
			if c.Prefix().Codec == cid.DagProtobuf {
				m[c] = bytes.Clone(data)
			}
			return nil
		})
		if err != nil {
			f.Fatal(err)
		}
		return root, m
	}()
	for _, b := range blocks {
		f.Add(b, int64(0), int64(dag.Whole))
		f.Add(b, int64(dag.ChunkSize), int64(dag.ChunkSize+1))
	}
	f.Fuzz(func(t *testing.T, data []byte, from, to int64) {
		c, err := cid.V1Builder{Codec: cid.DagProtobuf, MhType: multihash.SHA2_256}.Sum(data)
		if err != nil {
			t.Fatal(err)
		}
		w := dag.NewWalker(c, from, to)
		v, err := w.Feed(data, false)
		if err != nil {
			return
		}
		if w.Size() < 0 || int64(len(v.Content)) > w.Size() {
			t.Fatalf("size %d, content %d", w.Size(), len(v.Content))
		}
		if _, err := dag.Links(c, data); err != nil {
			t.Fatalf("fed, but has no links: %v", err)
		}
	})
}
