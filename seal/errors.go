package seal

import (
	"errors"

	"github.com/medibloc/panacea/seal/internal/jcs"
	"github.com/medibloc/panacea/seal/internal/stream"
)

var (
	// ErrKey is returned for a key that is malformed or of an unknown suite.
	ErrKey = errors.New("seal: malformed key")
	// ErrFormat is returned for sealed bytes that are not of a known version and suite, or not of the right size.
	ErrFormat = errors.New("seal: malformed sealed message")
	// ErrOpen is returned where sealed bytes do not open: another key, another deal, chain, provider or target, or changed.
	ErrOpen = errors.New("seal: does not open with this key for this purpose")
	// ErrTruncated is returned by a reader whose stream ends before its last chunk.
	ErrTruncated = stream.ErrTruncated
	// ErrChunk is returned by a reader at a chunk that is not authentic: changed, moved, or sealed with another key.
	ErrChunk = stream.ErrChunk
	// ErrExtended is returned by a reader whose stream goes on after its last chunk.
	ErrExtended = stream.ErrExtended
	// ErrTooLong is returned for a stream of more chunks than its counter may count.
	ErrTooLong = stream.ErrTooLong
	// ErrCommitment is returned where content is not what was committed to.
	ErrCommitment = errors.New("seal: content does not match its commitment")
	// ErrJSON is returned for content that is no JSON of which RFC 8785 has a canonical form.
	ErrJSON = jcs.ErrSyntax
	// ErrJSONLimit is returned for JSON that is larger or deeper than allowed.
	ErrJSONLimit = jcs.ErrLimit
)
