package validate

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/vc/schema"
)

// Limits bound what validations take together. Zero values are those of DefaultLimits.
type Limits struct {
	// SubmissionBytes is the largest sealed submission.
	SubmissionBytes int64
	// SpoolBytes is what submissions that are on their way in may take on disk, all together.
	SpoolBytes int64
	// MemoryBytes is what validations may take of memory, all together. A JSON document takes MemoryFactor times its size, any other
	// datum StreamMemory.
	MemoryBytes int64
	// Work is how many validations may use the processor at the same time.
	Work int
	// Wait is how long a submission that has arrived waits for memory and processor before it is refused as busy.
	Wait time.Duration
	// JSON bounds documents; see package schema.
	JSON schema.Limits
}

const (
	// MemoryFactor is how many bytes of memory a byte of JSON takes at most while it is validated: its text, its tree, its canonical form.
	MemoryFactor = 80
	// StreamMemory is what a datum that is not JSON takes, whatever its size, in bytes: chunks of 1 MiB on their way through two ciphers.
	StreamMemory = 24 << 20
)

// DefaultLimits are for an enclave with 512 MiB for validations.
func DefaultLimits() Limits {
	return Limits{
		SubmissionBytes: 1 << 30, SpoolBytes: 8 << 30, MemoryBytes: 512 << 20, Work: runtime.GOMAXPROCS(0), Wait: 15 * time.Second, JSON: schema.DefaultLimits(),
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, field := range []struct{ value, otherwise *int64 }{
		{&l.SubmissionBytes, &d.SubmissionBytes}, {&l.SpoolBytes, &d.SpoolBytes}, {&l.MemoryBytes, &d.MemoryBytes},
	} {
		if *field.value <= 0 {
			*field.value = *field.otherwise
		}
	}
	if l.Work <= 0 {
		l.Work = d.Work
	}
	if l.Wait <= 0 {
		l.Wait = d.Wait
	}
	if l.JSON == (schema.Limits{}) {
		l.JSON = d.JSON
	}
	// No document is so large that it could never be had.
	l.JSON.DocumentBytes = int(min(int64(l.JSON.DocumentBytes), l.MemoryBytes/MemoryFactor))
	return l
}

// budget hands out memory and processors.
type budget struct {
	limits Limits
	memory *semaphore.Weighted
	work   *semaphore.Weighted
	spool  *semaphore.Weighted
}

func newBudget(l Limits) *budget {
	return &budget{l, semaphore.NewWeighted(l.MemoryBytes), semaphore.NewWeighted(int64(l.Work)), semaphore.NewWeighted(l.SpoolBytes)}
}

// forJSON is the memory that a text of JSON takes, all of it if there is no more.
func (b *budget) forJSON(size int64) int64 {
	return min(max(size*MemoryFactor, 1<<20), b.limits.MemoryBytes)
}

// take waits for memory and a processor, and returns how to give them back. Whoever waits longer than Limits.Wait is refused.
func (b *budget) take(ctx context.Context, memory int64) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, b.limits.Wait)
	defer cancel()
	if err := b.memory.Acquire(ctx, memory); err != nil {
		return nil, api.Refuse(api.Busy, "", "too many submissions are being validated; ask again later")
	}
	if err := b.work.Acquire(ctx, 1); err != nil {
		b.memory.Release(memory)
		return nil, api.Refuse(api.Busy, "", "too many submissions are being validated; ask again later")
	}
	return func() { b.work.Release(1); b.memory.Release(memory) }, nil
}
