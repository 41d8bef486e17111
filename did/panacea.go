package did

import (
	"crypto/sha256"
	"fmt"

	"github.com/medibloc/panacea/did/multibase"
)

// MethodPanacea is the name of Panacea's DID method. Its identifiers are base58btc, 32 to 44 characters: SHA-256 over the
// first controller's compressed secp256k1 public key.
const MethodPanacea = "panacea"

const (
	minPanaceaID = 32
	maxPanaceaID = 44
)

// PanaceaDID derives the did:panacea identifier of a secp256k1 key. Other keys return ErrKeyUsage.
func PanaceaDID(k PublicKey) (DID, error) {
	if k.Type() != Secp256k1 {
		return DID{}, fmt.Errorf("%w: did:panacea identifiers derive from a secp256k1 key, not %v", ErrKeyUsage, k.Type())
	}
	sum := sha256.Sum256(k.Bytes())
	return DID{method: MethodPanacea, id: multibase.EncodeBase58(sum[:])}, nil
}

// ValidatePanaceaDID checks the method's syntax: "did:panacea:" and 32 to 44 base58btc characters. Whether the DID exists
// only the chain knows. The error is ErrInvalidDID.
func ValidatePanaceaDID(s string) error {
	d, err := ParseDID(s)
	if err != nil {
		return err
	}
	if d.method != MethodPanacea {
		return fail(CodeInvalidDID, "%.64q is not of the method %q", s, MethodPanacea)
	}
	if len(d.id) < minPanaceaID || len(d.id) > maxPanaceaID {
		return fail(CodeInvalidDID, "a did:panacea id has %d to %d characters, not %d", minPanaceaID, maxPanaceaID, len(d.id))
	}
	if !multibase.IsBase58(d.id) {
		return fail(CodeInvalidDID, "a did:panacea id is base58btc, which has no 0, O, I or l, nor any sign")
	}
	return nil
}
