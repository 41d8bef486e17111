package validate

import (
	"bytes"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/vc/schema"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

const (
	// compiledSchemas is how many compiled schemas are kept; FHIR's takes some 20 MB.
	compiledSchemas = 16
	// storedSchemas is how many texts of schemas are kept on disk.
	storedSchemas = 256
)

// errNoSchema says that nobody has handed a schema over.
var errNoSchema = errors.New("validate: the schema is not here")

// schemas finds schemas by their digest, compiled. Texts come from whoever has them: the digest decides.
type schemas struct {
	dir    string // where texts are kept; they are no secret, and read only if they have their digest
	limits schema.Limits

	flight  singleflight.Group
	compile sync.Mutex // one at a time: it takes a second and a lot of memory

	mu    sync.Mutex
	known map[[sha256.Size]byte]*list.Element
	order *list.List // of *compiled, used last first
}

type compiled struct {
	digest [sha256.Size]byte
	schema *schema.Schema
	err    error // why the text is no schema that can be used
}

func newSchemas(dir string, limits schema.Limits) *schemas {
	return &schemas{dir: dir, limits: limits, known: map[[sha256.Size]byte]*list.Element{}, order: list.New()}
}

// get returns a compiled schema, which resource may be asked for. Errors: errNoSchema, that of resource, and those of package schema for
// a text that cannot be used.
func (s *schemas) get(ctx context.Context, digest [sha256.Size]byte, resource func(context.Context) ([]byte, error)) (*schema.Schema, error) {
	if c := s.cached(digest); c != nil {
		return c.schema, c.err
	}
	text, err := os.ReadFile(s.path(digest))
	if err != nil || sha256.Sum256(text) != digest {
		if text, err = resource(ctx); err != nil {
			return nil, err
		}
	}
	if sha256.Sum256(text) != digest {
		return nil, errNoSchema
	}
	return s.put(digest, text)
}

// provide takes a schema that has its digest.
func (s *schemas) provide(digest [sha256.Size]byte, text []byte) (*schema.Schema, error) {
	if c := s.cached(digest); c != nil {
		return c.schema, c.err
	}
	out, err := s.put(digest, text)
	if err == nil {
		err = s.store(digest, text)
	}
	return out, err
}

func (s *schemas) cached(digest [sha256.Size]byte) *compiled {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.known[digest]
	if !ok {
		return nil
	}
	s.order.MoveToFront(e)
	return e.Value.(*compiled)
}

// put compiles a text and remembers what came of it. Formats are rules as the schema's draft has it, and a schema stands for itself: what
// it would refer to elsewhere is not pinned by its digest.
func (s *schemas) put(digest [sha256.Size]byte, text []byte) (*schema.Schema, error) {
	c, _, _ := s.flight.Do(string(digest[:]), func() (any, error) {
		if c := s.cached(digest); c != nil {
			return c, nil
		}
		s.compile.Lock()
		defer s.compile.Unlock()
		// Many requests may wait for it, so it is not one's to cancel. Its work is bounded.
		out, err := schema.Compile(context.Background(), "", text, schema.Options{Draft: schema.Draft2020, Limits: s.limits})
		c := &compiled{digest, out, err}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.known[digest] = s.order.PushFront(c)
		for s.order.Len() > compiledSchemas {
			last := s.order.Remove(s.order.Back()).(*compiled)
			delete(s.known, last.digest)
		}
		return c, nil
	})
	return c.(*compiled).schema, c.(*compiled).err
}

func (s *schemas) path(digest [sha256.Size]byte) string {
	return filepath.Join(s.dir, hex.EncodeToString(digest[:])+".json")
}

// store keeps a text, so that it need not be handed over again after a restart. The oldest goes if there are too many.
func (s *schemas) store(digest [sha256.Size]byte, text []byte) error {
	s.compile.Lock()
	defer s.compile.Unlock()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("validate: keep a schema: %w", err)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("validate: keep a schema: %w", err)
	}
	var oldest os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && (oldest == nil || info.ModTime().Before(oldest.ModTime())) {
			oldest = info
		}
	}
	if len(entries) >= storedSchemas && oldest != nil {
		_ = os.Remove(filepath.Join(s.dir, oldest.Name()))
	}
	// A file that a crash cuts short does not have its digest, and is not read.
	if err := os.WriteFile(s.path(digest), text, 0o600); err != nil {
		return fmt.Errorf("validate: keep a schema: %w", err)
	}
	return nil
}

// schema finds the schema that a deal pins by its position among the deal's schemas.
func (v *Validator) schema(ctx context.Context, j *job, i int) (*schema.Schema, error) {
	r := j.deal.Requirements.Schemas[i]
	name := schemaName(i)
	if len(r.Digest) != sha256.Size {
		return nil, api.Refuse(api.SchemaUnusable, name, "its digest has not 32 bytes")
	}
	out, err := v.schemas.get(ctx, [32]byte(r.Digest), func(ctx context.Context) ([]byte, error) {
		if !strings.HasPrefix(r.Url, "did:") {
			return nil, errNoSchema
		}
		return v.config.Chain.Resource(ctx, r.Url)
	})
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, errNoSchema), errors.Is(err, ErrNotFound):
		return nil, api.Refuse(api.SchemaUnknown, name, "the oracle does not have the schema with SHA-256 %x: hand it over by ProvideSchema", r.Digest)
	case isSchemaError(err):
		return nil, api.Refuse(api.SchemaUnusable, name, "%v", err)
	}
	return nil, unavailable(err)
}

func isSchemaError(err error) bool {
	for _, known := range []error{schema.ErrSchema, schema.ErrDraft, schema.ErrResolve, schema.ErrLimit} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func schemaName(i int) string { return fmt.Sprintf("schemas[%d]", i) }

// ProvideSchema takes a schema that an active deal pins. It reads none of another, and waits for memory as a submission does. Errors are
// refusals: api.DealNotFound, api.DealNotActive, api.SchemaUnknown, api.TooLarge, api.DigestMismatch, api.SchemaUnusable, api.Busy,
// api.ChainUnavailable.
func (v *Validator) ProvideSchema(ctx context.Context, dealID string, digest [sha256.Size]byte, body io.Reader) error {
	deal, err := v.activeDeal(ctx, dealID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(deal.Requirements.Schemas, func(r datadeal.SchemaRequirement) bool { return bytes.Equal(r.Digest, digest[:]) })
	if i < 0 {
		return api.Refuse(api.SchemaUnknown, "", "the deal pins no schema with this digest")
	}
	received, err := receive(ctx, body, v.config.Temporary, int64(v.limits.JSON.SchemaBytes), v.budget.spool)
	if err != nil {
		return err
	}
	defer received.close()
	if received.digest != digest {
		return api.Refuse(api.DigestMismatch, schemaName(i), "the bytes do not have the digest")
	}
	release, err := v.budget.take(ctx, v.budget.forJSON(received.size))
	if err != nil {
		return err
	}
	defer release()
	text, err := io.ReadAll(received.reader())
	if err != nil {
		return err
	}
	_, err = v.schemas.provide(digest, text)
	if isSchemaError(err) {
		return api.Refuse(api.SchemaUnusable, schemaName(i), "%v", err)
	}
	return err
}
