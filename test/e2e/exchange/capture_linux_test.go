package exchange

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// capture looks at every packet on loopback for markers, also across two packets of a flow.
type capture struct {
	socket  int
	halt    func()        // once
	ended   chan struct{} // closed when nothing below changes any more
	packets int
	found   []string
}

const (
	everyProtocol = 0x0003 // ETH_P_ALL
	tailLength    = 64
)

// startCapture needs root; without, it returns nil.
func startCapture(t *testing.T, markers ...string) *capture {
	t.Helper()
	protocol := int(binary.BigEndian.Uint16([]byte{everyProtocol & 0xff, everyProtocol >> 8}))
	socket, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, protocol)
	if err != nil {
		t.Logf("raw sockets are not available (%v): traffic on loopback is not captured", err)
		return nil
	}
	loopback, err := net.InterfaceByName("lo")
	require.NoError(t, err)
	require.NoError(t, syscall.Bind(socket, &syscall.SockaddrLinklayer{Protocol: uint16(protocol), Ifindex: loopback.Index}))
	require.NoError(t, syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 200_000}))
	_ = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 32<<20) // best effort: fewer packets are lost
	stop := make(chan struct{})
	c := &capture{socket: socket, halt: sync.OnceFunc(func() { close(stop) }), ended: make(chan struct{})}
	t.Cleanup(func() { c.stop() })
	go c.run(stop, markers)
	return c
}

func (c *capture) run(stop chan struct{}, markers []string) {
	defer close(c.ended)
	defer syscall.Close(c.socket)
	tails := map[string][]byte{}
	buffer := make([]byte, 1<<17)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, _, err := syscall.Recvfrom(c.socket, buffer, 0)
		if err != nil {
			continue // nothing came in time
		}
		packet := buffer[:n]
		flow := flowOf(packet)
		joined := append(tails[flow], packet...)
		c.packets++
		for _, marker := range markers {
			if bytes.Contains(joined, []byte(marker)) {
				c.found = append(c.found, marker+" in "+flow)
			}
		}
		tails[flow] = bytes.Clone(packet[max(0, n-tailLength):])
	}
}

// flowOf is who talks to whom: ports of TCP or UDP over IPv4, behind an Ethernet header.
func flowOf(packet []byte) string {
	if len(packet) < 38 {
		return ""
	}
	return net.IP(packet[26:30]).String() + string(packet[34:38])
}

// stop returns which markers were seen, in how many packets.
func (c *capture) stop() (found []string, packets int) {
	c.halt()
	<-c.ended
	return c.found, c.packets
}
