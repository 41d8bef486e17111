package localnet

import (
	"fmt"
	"math/rand/v2"
	"net"
)

const portsPerNode = 6

// ports are a node's TCP ports on the loopback interface.
type ports struct {
	P2P, RPC, GRPC, REST, Metrics, ABCI int
}

func portsFrom(base int) ports {
	return ports{P2P: base, RPC: base + 1, GRPC: base + 2, REST: base + 3, Metrics: base + 4, ABCI: base + 5}
}

func (p ports) list() []int { return []int{p.P2P, p.RPC, p.GRPC, p.REST, p.Metrics, p.ABCI} }

// Free ports are looked for from firstPort up to endPort: below those that systems give to outgoing connections, one of which
// could else take the port of a node that is down for a moment.
const (
	firstPort = 10_000
	endPort   = 32_000
)

// maxPortTries bounds how many places are looked at for a node's ports.
const maxPortTries = 1000

// freePorts returns ports that nobody listens on, distinct for each of n nodes.
func freePorts(n int) ([]ports, error) {
	nodes := make([]ports, 0, n)
	var held []net.Listener
	defer func() { release(held) }()
	for range maxPortTries {
		if len(nodes) == n {
			return nodes, nil
		}
		candidate := portsFrom(firstPort + portsPerNode*rand.IntN((endPort-firstPort)/portsPerNode))
		listeners, err := hold(candidate)
		if err != nil {
			continue
		}
		nodes, held = append(nodes, candidate), append(held, listeners...)
	}
	return nil, fmt.Errorf("no free ports between %d and %d: choose a base port", firstPort, endPort)
}

// hold listens on each of a node's ports.
func hold(node ports) ([]net.Listener, error) {
	var held []net.Listener
	for _, port := range node.list() {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			release(held)
			return nil, fmt.Errorf("port %d is taken: stop what uses it, or choose another base port (0 takes free ones): %w", port, err)
		}
		held = append(held, l)
	}
	return held, nil
}

func release(held []net.Listener) {
	for _, l := range held {
		l.Close()
	}
}

// checkFree fails if somebody listens on one of the ports.
func checkFree(nodes []ports) error {
	for _, node := range nodes {
		held, err := hold(node)
		if err != nil {
			return err
		}
		release(held)
	}
	return nil
}
