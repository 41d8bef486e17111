package localnet

import (
	"fmt"
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

// freePorts asks the system for ports that nobody listens on, distinct for each of n nodes.
func freePorts(n int) ([]ports, error) {
	nodes := make([]ports, n)
	var held []net.Listener
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	take := func() (int, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("looking for a free port: %w", err)
		}
		held = append(held, l)
		return l.Addr().(*net.TCPAddr).Port, nil
	}
	for i := range nodes {
		for _, port := range []*int{&nodes[i].P2P, &nodes[i].RPC, &nodes[i].GRPC, &nodes[i].REST, &nodes[i].Metrics, &nodes[i].ABCI} {
			var err error
			if *port, err = take(); err != nil {
				return nil, err
			}
		}
	}
	return nodes, nil
}

// checkFree fails if somebody listens on one of the ports.
func checkFree(nodes []ports) error {
	for _, node := range nodes {
		for _, port := range node.list() {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				return fmt.Errorf("port %d is taken: stop what uses it, or choose another base port (0 takes free ones): %w", port, err)
			}
			l.Close()
		}
	}
	return nil
}
