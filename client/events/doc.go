// Package events reads what happened on the chain: every event of every block, in order, each once, from any position on, whatever
// connections break meanwhile.
//
//	reader, err := events.NewReader(events.Config{Nodes: []string{"http://127.0.0.1:26657"}}, saved)
//	defer reader.Close()
//	for {
//		event, err := reader.Next(ctx)
//		…
//		message, err := event.Typed() // *didtypes.EventDIDCreated, …
//		save(event.After())
//	}
//
// Blocks are fetched by number, with their results. A node's announcements over a websocket only make the reader look earlier than its
// next poll would: one that is lost loses nothing.
//
// # Trust
//
// Events stand in no header, so a node is trusted for them. Take an event as a hint, and read what it is about from proven state
// (package light) where it matters. The reader checks that each block names the one before as its parent, so that nodes of two forks are
// not mixed.
package events
