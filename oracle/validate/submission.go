package validate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
)

// MaxHeaderSize bounds a SubmissionHeader, in bytes.
const MaxHeaderSize = 64 << 10

// maxSealing is what sealing adds to a submission of at most n bytes, and the header with its length.
func maxSealing(n int64) int64 { return 4 + MaxHeaderSize + 4<<10 + 16*(2+n>>20) }

// submission is an opened submission: the header, and the content's bytes, of which only io.EOF says that they were all.
type submission struct {
	header  api.SubmissionHeader
	content io.Reader
}

// open opens what was received, from its beginning. Errors are refusals, api.SubmissionUnreadable and api.SubmissionMalformed, or those
// of the disk.
func open(key *seal.PrivateKey, s seal.Submission, received *spool) (*submission, error) {
	r, err := seal.OpenSubmission(key, s, received.reader())
	if err != nil {
		return nil, unreadable(err)
	}
	var length [4]byte
	if err := readAll(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > MaxHeaderSize {
		return nil, api.Refuse(api.SubmissionMalformed, "", "its header has more than %d bytes", MaxHeaderSize)
	}
	encoded := make([]byte, n)
	defer clear(encoded)
	if err := readAll(r, encoded); err != nil {
		return nil, err
	}
	out := &submission{content: r}
	if err := out.header.Unmarshal(encoded); err != nil {
		return nil, api.Refuse(api.SubmissionMalformed, "", "its header is no SubmissionHeader")
	}
	return out, nil
}

func readAll(r io.Reader, into []byte) error {
	switch _, err := io.ReadFull(r, into); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return api.Refuse(api.SubmissionMalformed, "", "it ends in its header")
	case err != nil:
		return unreadable(err)
	}
	return nil
}

// unreadable makes a refusal of what an opener found wrong with the provider's bytes.
func unreadable(err error) error {
	for _, reason := range []struct {
		err  error
		text string
	}{
		{seal.ErrFormat, "it is no sealed submission of a known version, for the oracles' key"},
		{seal.ErrOpen, "it does not open: sealed for another deal, chain, provider or key, or changed"},
		{seal.ErrChunk, "it does not open: sealed for another deal, chain, provider or key, or changed"},
		{seal.ErrTruncated, "it is truncated"},
		{seal.ErrExtended, "something follows its end"},
		{seal.ErrTooLong, "it is too long"},
	} {
		if errors.Is(err, reason.err) {
			return api.Refuse(api.SubmissionUnreadable, "", "%s", reason.text)
		}
	}
	return fmt.Errorf("validate: open the submission: %w", err)
}

// checkHeader checks what the header says against the deal and the chain.
func (j *job) checkHeader() error {
	h := &j.header
	switch {
	case len(h.Salt) != len(seal.Salt{}):
		return api.Refuse(api.SubmissionMalformed, "", "its salt has not 32 bytes")
	case h.MediaType != j.deal.Requirements.MediaType:
		return api.Refuse(api.MediaTypeMismatch, "media_type", "the deal is for %q", j.deal.Requirements.MediaType)
	case h.LastHeight <= j.head.Height || h.LastHeight-j.head.Height > int64(min(j.lifetime, 1<<62)):
		return api.Refuse(api.LastHeightOutOfRange, "", "last_height must be after %d and at most %d", j.head.Height, j.head.Height+int64(min(j.lifetime, 1<<40)))
	}
	j.salt = seal.Salt(h.Salt)
	return nil
}
