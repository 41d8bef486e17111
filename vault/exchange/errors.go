package exchange

import "errors"

var (
	// ErrUnavailable says that the peer has no such object for us: it does not have it, or we may not read it; nobody can tell which.
	ErrUnavailable = errors.New("exchange: the peer has no such object for you; ask its owner whether it is there and granted to you")
	// ErrPeer says that a peer broke the protocol or sent what is not the object.
	ErrPeer = errors.New("exchange: the peer misbehaved")
	// ErrNotTheirs says that a peer does not speak for the DID that was asked for.
	ErrNotTheirs = errors.New("exchange: the peer does not speak for the DID")
	// ErrNoVault says that a DID's document names no vault.
	ErrNoVault = errors.New("exchange: the DID's document has no PanaceaVault service")
	// ErrUnreachable says that no peer of the DID answered.
	ErrUnreachable = errors.New("exchange: no vault of the DID could be reached")
)
