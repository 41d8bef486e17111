// Package record encrypts what an owner keeps in a vault, each record under a key of its own, so that what a vault stores, serves and
// replicates is ciphertext, and that one record's key can be given to someone without the others'.
//
//	key, err := record.NewKey()
//	w, err := record.Encrypt(key, file)           // write the record, then Close
//	sealed, err := record.SealKey(key, clinicKey, info)
//	key, err := record.OpenKey(sealed, own, info)
//	r, err := record.Decrypt(key, file)
//
// A record is a file in age's format (age-encryption.org/v1) for a recipient made for it alone: the STREAM construction over
// ChaCha20-Poly1305, which any age tool decrypts with the key. Keys travel by HPKE (RFC 9180): DHKEM(X25519), HKDF-SHA256, AES-256-GCM.
package record

import (
	"context"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/medibloc/panacea/did"
)

var (
	// ErrKey says that a key is none, or not the record's.
	ErrKey = errors.New("record: not the key of this record")
	// ErrNoAgreementKey says that a DID's document has no key that a record's key could be sealed to.
	ErrNoAgreementKey = errors.New("record: the DID's document has no X25519 key for key agreement")
)

// maxKey bounds the text of a key, in bytes.
const maxKey = 128

// NewKey makes a record's key, as text ("AGE-SECRET-KEY-1…").
func NewKey() (string, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

func parseKey(key string) (*age.X25519Identity, error) {
	if len(key) > maxKey {
		return nil, ErrKey
	}
	id, err := age.ParseX25519Identity(key)
	if err != nil {
		return nil, ErrKey // what age says may quote the key
	}
	return id, nil
}

// Encrypt returns a writer that encrypts to dst. Only what was closed decrypts.
func Encrypt(key string, dst io.Writer) (io.WriteCloser, error) {
	id, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	return age.Encrypt(dst, id.Recipient())
}

// Decrypt returns a reader of what src holds encrypted, from its first byte to its last: that it is whole is verified now, each part when it is
// read. The error is ErrKey if the key is another's.
func Decrypt(key string, src io.ReadSeeker) (io.ReadSeeker, error) {
	id, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	plain, n, err := age.DecryptReaderAt(&readerAt{src: src, at: size}, size, id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return io.NewSectionReader(plain, 0, n), nil
}

// readerAt reads what can be sought in, for one reader at a time.
type readerAt struct {
	src io.ReadSeeker
	at  int64 // where src stands
}

// ReadAt implements io.ReaderAt.
func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	if off != r.at {
		if _, err := r.src.Seek(off, io.SeekStart); err != nil {
			return 0, err
		}
		r.at = off
	}
	n, err := io.ReadFull(r.src, p)
	r.at += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

const (
	hpkeLabel      = "panacea vault record key v1\x00"
	agreementLabel = "panacea vault agreement v1"
)

// SealKey seals a record's key to an X25519 key. info binds it to its purpose: a grant gives the two DIDs and the CID.
func SealKey(key string, to did.PublicKey, info []byte) ([]byte, error) {
	if to.Type() != did.X25519 {
		return nil, ErrNoAgreementKey
	}
	if _, err := parseKey(key); err != nil {
		return nil, err
	}
	public, err := ecdh.X25519().NewPublicKey(to.Bytes())
	if err != nil {
		return nil, err
	}
	pk, err := hpke.NewDHKEMPublicKey(public)
	if err != nil {
		return nil, err
	}
	return hpke.Seal(pk, hpke.HKDFSHA256(), hpke.AES256GCM(), append([]byte(hpkeLabel), info...), []byte(key))
}

// OpenKey opens what SealKey sealed.
func OpenKey(sealed []byte, own did.PrivateKey, info []byte) (string, error) {
	if own.Type() != did.X25519 || len(sealed) > 1<<10 {
		return "", ErrKey
	}
	raw := own.Bytes()
	defer clear(raw)
	private, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		return "", err
	}
	sk, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return "", err
	}
	key, err := hpke.Open(sk, hpke.HKDFSHA256(), hpke.AES256GCM(), append([]byte(hpkeLabel), info...), sealed)
	if err != nil {
		return "", ErrKey
	}
	_, err = parseKey(string(key))
	return string(key), err
}

// AgreementKey finds the first X25519 key that a DID's document has for key agreement.
func AgreementKey(ctx context.Context, r did.Resolver, d string) (did.PublicKey, error) {
	doc, err := did.ResolveDocument(ctx, r, d, did.ResolveOptions{ExpandRelativeURLs: true})
	if err != nil {
		return did.PublicKey{}, err
	}
	for _, ref := range doc.KeyAgreement {
		method := ref.Embedded
		for i := range doc.VerificationMethods {
			if method == nil && doc.VerificationMethods[i].ID == ref.Reference {
				method = &doc.VerificationMethods[i]
			}
		}
		if method == nil {
			continue
		}
		if key, err := method.PublicKey(); err == nil && key.Type() == did.X25519 {
			return key, nil
		}
	}
	return did.PublicKey{}, fmt.Errorf("%w: %s", ErrNoAgreementKey, d)
}

// OwnAgreementKey is the X25519 key of a vault: for an Ed25519 DID key the one that did:key derives from it (RFC 8032 §5.1.5), which its document
// shows; for others a key derived from the vault's secret, which the owner puts into the document.
func OwnAgreementKey(key did.PrivateKey, secret []byte) (did.PrivateKey, error) {
	if key.Type() == did.Ed25519 {
		seed := key.Bytes()
		defer clear(seed)
		h := sha512.Sum512(seed)
		defer clear(h[:])
		return did.NewPrivateKey(did.X25519, h[:32])
	}
	raw, err := hkdf.Key(sha256.New, secret, nil, agreementLabel, 32)
	if err != nil {
		return did.PrivateKey{}, err
	}
	defer clear(raw)
	return did.NewPrivateKey(did.X25519, raw)
}
