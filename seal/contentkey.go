package seal

import (
	"fmt"
)

// ContentKey encrypts one object and nothing else.
type ContentKey struct {
	key [32]byte
}

// Zero overwrites the key, which is of no use after that.
func (k *ContentKey) Zero() { clear(k.key[:]) }

// Format prints no secret, whatever the verb.
func (k *ContentKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[content key]") }

func contentKeyInfo(d Deal, c Commitment) []byte { return d.encode(labelContentKey, c[:]) }

// SealContentKey seals the key of the datum with this commitment in this deal to the deal's consumer key.
func SealContentKey(k *ContentKey, consumer PublicKey, d Deal, c Commitment) ([]byte, error) {
	return consumer.seal(contentKeyInfo(d, c), k.key[:])
}

// OpenContentKey opens what an oracle sealed to the consumer. Errors: ErrFormat, ErrOpen.
func OpenContentKey(consumer *PrivateKey, d Deal, c Commitment, sealed []byte) (*ContentKey, error) {
	b, err := consumer.open(contentKeyInfo(d, c), sealed)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	if len(b) != len(ContentKey{}.key) {
		return nil, fmt.Errorf("%w: content key of another size", ErrFormat)
	}
	return &ContentKey{[32]byte(b)}, nil
}
