package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/medibloc/panacea/seal/internal/stream"
)

// Submission says whose submission it is and to which deal. Sealed for one, it does not open as any other.
type Submission struct {
	Deal     Deal
	Provider []byte // the provider's account address, raw bytes
}

// PresentationChallenge returns the challenge that a verifiable presentation must answer to be sold in this submission: the
// lower-case hexadecimal SHA-256 of label, chain id, deal id and provider, so that a presentation seen elsewhere cannot be sold.
func (s Submission) PresentationChallenge() string {
	digest := sha256.Sum256(s.Deal.encode(labelPresentation, s.Provider))
	return hex.EncodeToString(digest[:])
}

func (s Submission) info() []byte { return s.Deal.encode(labelSubmission, s.Provider) }

// SealSubmission returns a writer that seals what is written to it to the oracles' key, and writes it to dst: version, suite
// and enc at once, then a stream of chunks of 1 MiB. Close finishes the stream and does not close dst; without it the
// submission is truncated. Memory is bounded by two chunks.
func SealSubmission(key PublicKey, s Submission, dst io.Writer) (io.WriteCloser, error) {
	header, sender, err := key.encapsulate(s.info())
	if err != nil {
		return nil, err
	}
	streamKey, err := sender.Export(labelSubmissionStream, stream.KeySize)
	if err != nil {
		return nil, fmt.Errorf("seal: submission: %w", err)
	}
	defer clear(streamKey)
	if _, err := dst.Write(header); err != nil {
		return nil, fmt.Errorf("seal: submission: %w", err)
	}
	return stream.NewWriter(streamKey, dst)
}

// OpenSubmission returns a reader of what the provider of s sealed for the deal of s. Only its io.EOF says that it was all.
// Memory is bounded by three chunks.
//
// Errors, here and while reading: ErrFormat, ErrOpen, ErrChunk (also for another deal, chain, provider or key),
// ErrTruncated, ErrExtended, ErrTooLong, and those of src.
func OpenSubmission(key *PrivateKey, s Submission, src io.Reader) (io.Reader, error) {
	header := make([]byte, headerSize+key.suite.encapsulationSize())
	if _, err := io.ReadFull(src, header); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: submission ends in its header", ErrFormat)
		}
		return nil, fmt.Errorf("seal: read submission: %w", err)
	}
	recipient, err := key.decapsulate(s.info(), header)
	if err != nil {
		return nil, err
	}
	streamKey, err := recipient.Export(labelSubmissionStream, stream.KeySize)
	if err != nil {
		return nil, ErrOpen
	}
	defer clear(streamKey)
	return stream.NewReader(streamKey, src)
}
