package light

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	rpcclient "github.com/cometbft/cometbft/rpc/client"
)

// rounds is how often all nodes are asked for one value; between rounds they get time to catch up.
const rounds = 4

// roundPause is the pause after the first round. Each pause doubles it.
const roundPause = 50 * time.Millisecond

// prove returns what is proven about a key of a store in the state of a height, whose app hash is given. Goroutines that ask the
// same at once share an answer.
func (c *Client) prove(ctx context.Context, q question, appHash []byte) (position, error) {
	for {
		if p, ok := c.cache.get(q); ok {
			return p, nil
		}
		done, first := c.asks.join(q)
		if first {
			p, err := c.ask(ctx, q, appHash)
			if err == nil {
				c.cache.put(q, p)
			}
			c.asks.end(q, done, p, err)
			return p, err
		}
		select {
		case <-ctx.Done():
			return position{}, ctx.Err()
		case <-done.done:
			if done.err == nil {
				return done.position, nil
			}
			// The first one's context may have ended: ask oneself.
			if !errors.Is(done.err, context.Canceled) && !errors.Is(done.err, context.DeadlineExceeded) {
				return position{}, done.err
			}
		}
	}
}

// ask asks the nodes until one gives an answer that verifies.
func (c *Client) ask(ctx context.Context, q question, appHash []byte) (position, error) {
	var errs []error
	pause := roundPause
	for round := range rounds {
		lies := 0
		for i := range c.nodes {
			index := (int(c.preferred.Load()) + i) % len(c.nodes)
			p, err := c.askNode(ctx, c.nodes[index], q, appHash)
			if err == nil {
				c.preferred.Store(int64(index))
				return p, nil
			}
			if ctx.Err() != nil {
				return position{}, ctx.Err()
			}
			c.config.OnFault(c.nodes[index].address, err)
			if round == 0 || errors.Is(err, ErrProof) {
				errs = append(errs, fmt.Errorf("%s: %w", c.nodes[index].address, err))
			}
			if errors.Is(err, ErrProof) {
				lies++
			}
		}
		if lies == len(c.nodes) || round == rounds-1 {
			break
		}
		select {
		case <-ctx.Done():
			return position{}, ctx.Err()
		case <-time.After(pause):
			pause *= 2
		}
	}
	return position{}, fmt.Errorf("%w: height %d, store %s, key %X: %w", ErrUnavailable, q.height, q.store, q.key, errors.Join(errs...))
}

func (c *Client) askNode(ctx context.Context, n node, q question, appHash []byte) (position, error) {
	bounded, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	answer, err := n.ABCIQueryWithOptions(bounded, "/store/"+q.store+"/key", []byte(q.key),
		rpcclient.ABCIQueryOptions{Height: q.height, Prove: true})
	if err != nil {
		return position{}, err
	}
	if answer.Response.Code != 0 {
		return position{}, fmt.Errorf("the node refuses (code %d): %.300s", answer.Response.Code, answer.Response.Log)
	}
	return verifyAnswer(appHash, q.store, []byte(q.key), answer.Response)
}

// flights are the questions that are being asked.
type flights struct {
	mu    sync.Mutex
	asked map[question]*flight
}

type flight struct {
	done chan struct{}
	position
	err error
}

// join returns the flight of a question, and whether the caller is its first and has to end it.
func (f *flights) join(q question) (*flight, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if other, ok := f.asked[q]; ok {
		return other, false
	}
	if f.asked == nil {
		f.asked = map[question]*flight{}
	}
	own := &flight{done: make(chan struct{})}
	f.asked[q] = own
	return own, true
}

func (f *flights) end(q question, own *flight, p position, err error) {
	own.position, own.err = p, err
	f.mu.Lock()
	delete(f.asked, q)
	f.mu.Unlock()
	close(own.done)
}
