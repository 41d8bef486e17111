package light

import (
	"container/list"
	"sync"
)

// question names a key of a store at a height.
type question struct {
	height     int64
	store, key string
}

// entryCost is about what an entry of the cache costs beside its bytes.
const entryCost = 256

// cache keeps what was proven, until its bytes are needed for what is used more recently.
type cache struct {
	mu      sync.Mutex
	entries map[question]*list.Element
	// order has the most recently used first.
	order      *list.List
	cost, most int
}

type cached struct {
	question
	position
	cost int
}

func newCache(bytes int) *cache {
	return &cache{entries: map[question]*list.Element{}, order: list.New(), most: bytes}
}

func (c *cache) get(q question) (position, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[q]
	if !ok {
		return position{}, false
	}
	c.order.MoveToFront(element)
	return element.Value.(cached).position, true
}

func (c *cache) put(q question, p position) {
	cost := entryCost + len(q.key) + len(p.value)
	for _, neighbour := range []*entry{p.left, p.right} {
		if neighbour != nil {
			cost += len(neighbour.key) + len(neighbour.value)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[q]; ok || cost > c.most {
		return
	}
	c.entries[q] = c.order.PushFront(cached{q, p, cost})
	c.cost += cost
	for c.cost > c.most {
		oldest := c.order.Back()
		entry := c.order.Remove(oldest).(cached)
		delete(c.entries, entry.question)
		c.cost -= entry.cost
	}
}
