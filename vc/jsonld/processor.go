package jsonld

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

const (
	maxRoots   = 128     // processed @context values that are kept
	maxKey     = 8 << 10 // bytes of JSON text of an @context that is kept
	maxDerived = 8192    // term definitions that are kept in contexts derived from each
	maxLoaded  = 128     // contexts that are kept as read
	maxTerms   = 500_000 // term definitions made or copied in one conversion
)

// Processor converts documents; it keeps the contexts that it has processed. It is
// for concurrent use.
type Processor struct {
	loader Loader
	limits jsondoc.Limits

	mu     sync.Mutex
	loaded map[string]any            // the value of @context, by URL
	roots  map[string]*activeContext // by the JSON text of the @context value
	order  []string                  // keys of roots, oldest first
}

// NewProcessor returns a Processor that asks loader for contexts that are not
// embedded. Without a loader such contexts are an error.
func NewProcessor(loader Loader) *Processor {
	return &Processor{
		loader: loader,
		limits: jsondoc.DefaultLimits(),
		loaded: map[string]any{},
		roots:  map[string]*activeContext{},
	}
}

// load returns the value of @context in the document at url.
func (p *Processor) load(ctx context.Context, url string) (any, error) {
	p.mu.Lock()
	c, ok := p.loaded[url]
	p.mu.Unlock()
	if ok {
		return c, nil
	}
	text, err := embeddedContext(url)
	if err != nil {
		return nil, err
	}
	if text == nil {
		if p.loader == nil {
			return nil, fmt.Errorf("%w: %s is neither embedded nor is there a loader", ErrContext, url)
		}
		if text, err = p.loader(ctx, url); err != nil {
			return nil, fmt.Errorf("%w: loading %s: %w", ErrContext, url, err)
		}
	}
	doc, err := jsondoc.ParseObject(text, p.limits)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrContext, url, err)
	}
	c, ok = doc["@context"]
	if !ok {
		return nil, fmt.Errorf("%w: %s: %w", ErrContext, url, errors.New("no @context in it"))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.loaded) >= maxLoaded {
		clear(p.loaded)
	}
	p.loaded[url] = c
	return c, nil
}

func (p *Processor) cachedRoot(key string) *activeContext {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.roots[key]
}

func (p *Processor) keepRoot(key string, c *activeContext) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.roots[key]; ok || len(key) > maxKey {
		return
	}
	if len(p.order) >= maxRoots {
		delete(p.roots, p.order[0])
		p.order = p.order[1:]
	}
	p.roots[key] = c
	p.order = append(p.order, key)
}
