package seal

import (
	"errors"
	"fmt"
	"io"

	"github.com/medibloc/panacea/seal/internal/stream"
)

// ObjectSize returns the size of the object of n bytes of content, in bytes.
func ObjectSize(n int64) int64 { return stream.SealedSize(n + int64(len(Salt{}))) }

// SealObject returns a writer that encrypts the exact bytes of a content for the consumer, and writes the object to dst: the
// salt and the content as one stream of chunks of 1 MiB under the content key. The same arguments make the same bytes, in
// every oracle. Close finishes the object and does not close dst. Memory is bounded by two chunks.
func SealObject(key *ContentKey, salt Salt, dst io.Writer) (io.WriteCloser, error) {
	w, err := stream.NewWriter(key.key[:], dst)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(salt[:]); err != nil {
		return nil, err
	}
	return w, nil
}

// OpenObject returns a reader of an object's content. At its end the reader compares the content with the commitment: only
// io.EOF says that the content is whole and the one committed to. Memory is bounded by three chunks.
//
// Errors, here and while reading: ErrChunk, ErrTruncated, ErrExtended, ErrTooLong, ErrCommitment, and those of src.
func OpenObject(key *ContentKey, c Commitment, src io.Reader) (io.Reader, error) {
	r, err := stream.NewReader(key.key[:], src)
	if err != nil {
		return nil, err
	}
	var salt Salt
	if _, err := io.ReadFull(r, salt[:]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: object without salt", ErrCommitment)
		}
		return nil, err
	}
	return &objectReader{r: r, committer: NewCommitter(salt), want: c}, nil
}

// objectReader commits to what it hands out.
type objectReader struct {
	r         io.Reader
	committer *Committer
	want      Commitment
	err       error
}

func (o *objectReader) Read(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.r.Read(p)
	o.committer.Write(p[:n])
	if errors.Is(err, io.EOF) && !o.committer.Commitment().Equal(o.want) {
		err = ErrCommitment
	}
	o.err = err
	return n, err
}
