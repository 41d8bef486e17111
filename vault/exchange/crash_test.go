package exchange_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vault/store"
)

// childVariable makes this test a receiver of its own process, which is killed.
const childVariable = "PANACEA_EXCHANGE_TEST_CHILD"

// child is what the receiver is told.
type child struct {
	Dir, Key, From, Root string
	Document             json.RawMessage // of From
	Peer                 peer.AddrInfo
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		var c child
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			panic(err)
		}
		if err := c.receive(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func (c child) receive() error {
	key, err := did.ParsePrivateKeyMultibase(c.Key)
	if err != nil {
		return err
	}
	doc, err := did.ParseDocument(c.Document)
	if err != nil {
		return err
	}
	reg := &registry{docs: map[string]*did.Document{c.From: doc}}
	backend, err := embedded.Open(c.Dir, embedded.Options{})
	if err != nil {
		return err
	}
	defer backend.Close()
	s, err := store.Open(ctx, backend, make([]byte, store.KeySize), store.Options{})
	if err != nil {
		return err
	}
	self := key.Public().DIDKey()
	grants, err := access.OpenRegistry(ctx, s, self, reg, time.Now)
	if err != nil {
		return err
	}
	hostKey, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return err
	}
	host, err := exchange.NewHost(ctx, exchange.HostOptions{Key: hostKey})
	if err != nil {
		return err
	}
	binding, err := exchange.SignBinding(self, self+"#"+strings.TrimPrefix(self, "did:key:"), key, host.ID(), time.Now(), time.Hour)
	if err != nil {
		return err
	}
	e, err := exchange.New(exchange.Config{
		Host: host, Store: s, Policy: &access.Policy{Owner: self, Store: s, Grants: grants}, Resolver: reg, DID: self, Binding: binding,
	})
	if err != nil {
		return err
	}
	root, err := dag.ParseCID(c.Root)
	if err != nil {
		return err
	}
	fmt.Println("receiving")
	_, err = e.Fetch(ctx, c.From, root, exchange.FetchOptions{Peers: []peer.AddrInfo{c.Peer}})
	return err
}

// TestKilledReceivers: processes that fetch are killed at random moments; after each, what is there is right and nothing else can be read;
// and the transfer goes on until it is done.
func TestKilledReceivers(t *testing.T) {
	reg := newRegistry()
	alice := newVault(t, reg)
	random := mrand.New(mrand.NewPCG(3, 4))
	kills := 0
	for i := range 2 {
		key, err := did.GenerateKey(did.Ed25519, nil)
		require.NoError(t, err)
		data := content(byte(i), 48<<20)
		root := alice.put(data)
		alice.grant(key.Public().DIDKey(), root)
		doc, err := json.Marshal(reg.docs[alice.did])
		require.NoError(t, err)
		dir := t.TempDir()
		told, err := json.Marshal(child{
			Dir: dir, Key: key.Multibase(), From: alice.did, Root: root.String(), Document: doc,
			Peer: peer.AddrInfo{ID: alice.host.ID(), Addrs: alice.host.Addrs()},
		})
		require.NoError(t, err)
		// Each gets a little longer to live, so that the story ends on a slow machine too.
		longer := time.Duration(0)
		for done := false; !done; longer += 50 * time.Millisecond {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childVariable+"="+string(told))
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			_, err = out.Read(make([]byte, 1))
			require.NoError(t, err)
			kill := time.AfterFunc(longer+time.Duration(20+random.IntN(200))*time.Millisecond, func() { cmd.Process.Kill() })
			ended := cmd.Wait() == nil
			kill.Stop()
			if !ended {
				kills++
			}
			backend, err := embedded.Open(dir, embedded.Options{})
			require.NoError(t, err)
			s, err := store.Open(ctx, backend, make([]byte, store.KeySize), store.Options{})
			require.NoError(t, err)
			report, err := s.Check(ctx, false, nil)
			require.NoError(t, err)
			require.True(t, report.OK(), "%+v", report)
			has, err := s.Has(ctx, root)
			require.NoError(t, err)
			if done = has; ended {
				require.True(t, has)
			}
			if has {
				(&vault{t: t, store: s}).has(root, data)
			}
			require.NoError(t, backend.Close())
		}
	}
	t.Logf("killed %d times", kills)
	require.Positive(t, kills)
}
