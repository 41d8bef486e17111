package seal

import (
	"crypto/hpke"
	"encoding/binary"
	"fmt"
)

// sealedVersion is the first byte of every sealed message.
const sealedVersion = 1

// headerSize is the size of what stands before enc: version and suite.
const headerSize = 3

// seal encrypts a short message to a key in HPKE's base mode (RFC 9180 §5.1.1, §6.1): version 1 in a byte, suite in two, enc,
// ciphertext. info binds the purpose and everything the opener must agree on; aad is empty.
func (k PublicKey) seal(info, plaintext []byte) ([]byte, error) {
	header, sender, err := k.encapsulate(info)
	if err != nil {
		return nil, err
	}
	ciphertext, err := sender.Seal(nil, plaintext)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return append(header, ciphertext...), nil
}

// open opens what seal made. Errors: ErrFormat, ErrOpen.
func (k *PrivateKey) open(info, sealed []byte) ([]byte, error) {
	size := headerSize + k.suite.encapsulationSize()
	if len(sealed) < size {
		return nil, fmt.Errorf("%w: %d bytes", ErrFormat, len(sealed))
	}
	recipient, err := k.decapsulate(info, sealed[:size])
	if err != nil {
		return nil, err
	}
	plaintext, err := recipient.Open(nil, sealed[size:])
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// encapsulate starts an HPKE context and returns version, suite and enc.
func (k PublicKey) encapsulate(info []byte) ([]byte, *hpke.Sender, error) {
	if k.key == nil {
		return nil, nil, fmt.Errorf("%w: no public key", ErrKey)
	}
	enc, sender, err := hpke.NewSender(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, nil, fmt.Errorf("seal: encapsulate to %v key: %w", k.suite, err)
	}
	header := binary.BigEndian.AppendUint16([]byte{sealedVersion}, uint16(k.suite))
	return append(header, enc...), sender, nil
}

// decapsulate reads version, suite and enc, exactly, and starts the HPKE context.
func (k *PrivateKey) decapsulate(info, header []byte) (*hpke.Recipient, error) {
	if len(header) != headerSize+k.suite.encapsulationSize() || header[0] != sealedVersion {
		return nil, fmt.Errorf("%w: not version %d", ErrFormat, sealedVersion)
	}
	if suite := Suite(binary.BigEndian.Uint16(header[1:])); suite != k.suite {
		return nil, fmt.Errorf("%w: sealed with suite %#04x, the key is of %v", ErrFormat, uint16(suite), k.suite)
	}
	recipient, err := hpke.NewRecipient(header[headerSize:], k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, ErrOpen
	}
	return recipient, nil
}
