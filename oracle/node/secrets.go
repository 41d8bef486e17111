package node

import (
	"crypto/ed25519"

	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/seal"
)

// secrets are the oracle secret and what validations derive from it once.
type secrets struct {
	oracle     *seal.OracleSecret
	submission *seal.PrivateKey // of the chain's oracle public key
}

// secretsFor returns the secrets if the chain's oracle public key derives from the oracle secret, else nil.
func secretsFor(secret *seal.OracleSecret, chainKey []byte) *secrets {
	public, err := seal.ParsePublicKey(chainKey)
	if err != nil {
		return nil
	}
	key, err := secret.HPKEKey(public.Suite())
	if err != nil || !key.Public().Equal(public) {
		return nil
	}
	return &secrets{secret, key}
}

var _ validate.Keys = (*Node)(nil)

// Secret implements validate.Keys.
func (n *Node) Secret() (*seal.OracleSecret, error) {
	if s := n.secrets.Load(); s != nil {
		return s.oracle, nil
	}
	return nil, validate.ErrNoSecret
}

// SubmissionKey implements validate.Keys.
func (n *Node) SubmissionKey() (*seal.PrivateKey, error) {
	if s := n.secrets.Load(); s != nil {
		return s.submission, nil
	}
	return nil, validate.ErrNoSecret
}

// Sign implements validate.Keys.
func (n *Node) Sign(message []byte) []byte { return ed25519.Sign(n.keys.signing, message) }
