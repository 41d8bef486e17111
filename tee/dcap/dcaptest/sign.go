package dcaptest

import (
	"crypto"
	"crypto/ecdsa"
	"io"
)

// deterministic signs as RFC 6979 says, whatever randomness it is given.
type deterministic struct{ key *ecdsa.PrivateKey }

func (d deterministic) Public() crypto.PublicKey { return &d.key.PublicKey }

func (d deterministic) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return d.key.Sign(nil, digest, opts)
}
