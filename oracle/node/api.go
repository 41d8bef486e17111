package node

import (
	"context"
	"net"
	"net/http"
	"time"
)

// serveAPI serves providers and consumers until the context ends.
func (n *Node) serveAPI(ctx context.Context, l net.Listener) error {
	s := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	return ended(s.Serve(l))
}
