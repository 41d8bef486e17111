package validate

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vc/schema"
)

// readJSON takes a JSON document into memory, commits to its bytes, and parses it once for all that looks at it.
func (v *Validator) readJSON(_ context.Context, j *job) error {
	if j.header.ContentSize > uint64(v.limits.JSON.DocumentBytes) {
		return api.Refuse(api.TooLarge, "", "a JSON document may have %d bytes here", v.limits.JSON.DocumentBytes)
	}
	j.content = make([]byte, j.header.ContentSize)
	if _, err := io.ReadFull(j.opened.content, j.content); err != nil {
		return contentSize(err)
	}
	// Only the end of the stream says that all of it was authentic.
	if n, err := j.opened.content.Read(make([]byte, 1)); n > 0 {
		return contentSize(nil)
	} else if !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	j.commitment = seal.Commit(j.salt, j.content)
	var err error
	j.document, err = schema.Parse(j.content, v.limits.JSON)
	if err != nil {
		return api.Refuse(api.ContentNotJSON, "", "%v", err)
	}
	return nil
}

// contentSize is the refusal for content that is not as long as its header says, or err if that is something else.
func contentSize(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return api.Refuse(api.SubmissionMalformed, "", "its content is not of content_size")
	}
	return unreadable(err)
}

// readStream reads any other datum to its end: commitment and digest, in bounded memory.
func (v *Validator) readStream(ctx context.Context, j *job) error {
	committer := seal.NewCommitter(j.salt)
	counted := &counter{r: &cancelled{ctx, j.opened.content}}
	digest, err := seal.DigestBytes(io.TeeReader(counted, committer))
	if err != nil {
		return unreadable(err)
	}
	if counted.n != j.header.ContentSize {
		return contentSize(nil)
	}
	j.digest, j.commitment = digest, committer.Commitment()
	return nil
}

type counter struct {
	r io.Reader
	n uint64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += uint64(n)
	return n, err
}

// cancelled ends a reader with its request.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// checkSchemas validates the document against every schema that the deal pins.
func (v *Validator) checkSchemas(ctx context.Context, j *job) error {
	for i := range j.deal.Requirements.Schemas {
		s, err := v.schema(ctx, j, i)
		if err != nil {
			return err
		}
		switch err := s.ValidateDocument(j.document); {
		case errors.Is(err, schema.ErrInvalid):
			return api.Refuse(api.SchemaViolation, schemaName(i), "%v", err)
		case errors.Is(err, schema.ErrLimit):
			return api.Refuse(api.SchemaViolation, schemaName(i), "the oracle gave up: %v", err)
		case err != nil:
			return err
		}
	}
	return nil
}

// contentReader returns the content once more: what is in memory, or the submission opened again, which is the same as before because
// nobody can change what was received.
func (j *job) contentReader(v *Validator) (io.Reader, error) {
	if j.isJSON() {
		return bytes.NewReader(j.content), nil
	}
	key, err := v.config.Keys.SubmissionKey()
	if err != nil {
		return nil, notReady(err)
	}
	again, err := open(key, j.submission(v), j.spool)
	if err != nil {
		return nil, err
	}
	clear(again.header.Salt)
	return again.content, nil
}
