package exchange

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/routing"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
)

// RoutingPrefix is that of the routing table's protocol id: vaults route among themselves, not through the public IPFS network.
const RoutingPrefix protocol.ID = "/panacea"

// HostOptions of a vault's libp2p host.
type HostOptions struct {
	Key       crypto.PrivKey
	Listen    []ma.Multiaddr  // TCP and QUIC addresses; none for a host that only dials
	Announce  []ma.Multiaddr  // addresses to tell others instead of those listened on; none for those
	Bootstrap []peer.AddrInfo // peers to join the routing table by; none for no routing at all
	Relays    []peer.AddrInfo // relays to be reached through when behind a NAT; hole punching then makes the connection direct
	// ServeRouting makes the host answer for the routing table and dial back for others: for hosts that can be reached.
	ServeRouting bool
	// ServeRelay makes the host a relay for others who can not reach each other directly: for hosts that can be reached. A relayed
	// connection carries up to RelayBytes in RelayTime; transfers go on over the next one.
	ServeRelay bool
	// MemoryLimit bounds what connections and streams may hold, in bytes; zero for 256 MiB.
	MemoryLimit int64
}

// Host is a libp2p host with peer routing.
type Host struct {
	host.Host
	routing *dht.IpfsDHT
	once    sync.Once
}

const defaultMemory = 256 << 20

// Limits of a relayed connection, each way. libp2p's own default would not carry a single leaf.
const (
	RelayBytes = 64 << 20
	RelayTime  = 10 * time.Minute
)

// NewHost starts a host: TCP and QUIC, TLS or Noise, bounded in memory, connections and streams, and, if it has peers to join by, with peer
// routing over a table that holds peers and nothing else.
func NewHost(ctx context.Context, o HostOptions) (*Host, error) {
	if o.MemoryLimit == 0 {
		o.MemoryLimit = defaultMemory
	}
	limits := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&limits)
	resources, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits.Scale(o.MemoryLimit, 1024)))
	if err != nil {
		return nil, fmt.Errorf("exchange: resource limits: %w", err)
	}
	h := &Host{}
	options := []libp2p.Option{
		libp2p.Identity(o.Key),
		libp2p.ListenAddrs(o.Listen...),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.Security(noise.ID, noise.New),
		libp2p.ResourceManager(resources),
		libp2p.UserAgent("panacea-vault"),
		libp2p.EnableRelay(),
		libp2p.EnableHolePunching(),
		libp2p.DisableMetrics(),
	}
	if len(o.Listen) == 0 {
		options = append(options, libp2p.NoListenAddrs)
	}
	if len(o.Announce) > 0 {
		options = append(options, libp2p.AddrsFactory(func([]ma.Multiaddr) []ma.Multiaddr { return o.Announce }))
	}
	if len(o.Relays) > 0 {
		options = append(options, libp2p.EnableAutoRelayWithStaticRelays(o.Relays))
	}
	if o.ServeRelay {
		limits := relay.WithLimit(&relay.RelayLimit{Duration: RelayTime, Data: RelayBytes})
		options = append(options, libp2p.EnableRelayService(limits), libp2p.ForceReachabilityPublic())
	}
	if o.ServeRouting {
		options = append(options, libp2p.EnableNATService())
	}
	if len(o.Bootstrap) > 0 || o.ServeRouting {
		options = append(options, libp2p.Routing(func(inner host.Host) (routing.PeerRouting, error) {
			var err error
			h.routing, err = newRouting(ctx, inner, o)
			return h.routing, err
		}))
	}
	if h.Host, err = libp2p.New(options...); err != nil {
		return nil, errors.Join(fmt.Errorf("exchange: start the host: %w", err), resources.Close())
	}
	if h.routing != nil {
		if err := h.routing.Bootstrap(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("exchange: join the routing table: %w", err), h.Close())
		}
	}
	return h, nil
}

// newRouting makes a Kademlia table for peers. Content records are off: such requests are neither made nor answered.
func newRouting(ctx context.Context, h host.Host, o HostOptions) (*dht.IpfsDHT, error) {
	mode := dht.ModeClient
	if o.ServeRouting {
		mode = dht.ModeServer
	}
	return dht.New(h,
		dht.Mode(mode),
		dht.ProtocolPrefix(RoutingPrefix),
		dht.BootstrapPeers(o.Bootstrap...),
		dht.DisableProviders(),
		dht.DisableValues(),
		dht.AddressFilter(func(addrs []ma.Multiaddr) []ma.Multiaddr { return addrs }),
	)
}

// RoutingPeers is the number of peers in the routing table.
func (h *Host) RoutingPeers() int {
	if h.routing == nil {
		return 0
	}
	return h.routing.RoutingTable().Size()
}

// RefreshRouting looks for peers once more and waits until that is done.
func (h *Host) RefreshRouting(ctx context.Context) error {
	if h.routing == nil {
		return nil
	}
	select {
	case err := <-h.routing.RefreshRoutingTable():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends all connections.
func (h *Host) Close() error {
	var err error
	h.once.Do(func() {
		if h.routing != nil {
			err = h.routing.Close()
		}
		err = errors.Join(err, h.Host.Close())
	})
	return err
}
