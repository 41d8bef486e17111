// Package client writes to the chain: it makes, signs, sends and confirms transactions. What others say is read elsewhere: values that
// are proven in package light, what happened in package events.
//
//	c, err := client.New(client.Config{ChainID: "panacea-3", Nodes: []string{"http://127.0.0.1:26657"}})
//	defer c.Close()
//	signer, err := client.KeyringSigner(keys, "alice")
//	alice := c.Account(client.AccountConfig{Signer: signer})
//	result, err := alice.Send(ctx, message) // returns when a block has it
//	if errors.Is(err, didtypes.ErrDIDExists) { … }
//
// Any number of goroutines may send from one account: its transactions are numbered in turn and wait for their blocks together. Gas is
// estimated by simulation, so most mistakes cost nothing. A transaction is executed at most once: after a failure the very same bytes are
// sent again, and another transaction takes its place only when it is certain that no block has it or will.
//
// # Trust
//
// A node is trusted for what it says of its own account numbers, gas, and blocks: it can make a transaction fail, or lie about its fate, and
// so cause a second one. It cannot change what is signed. Read the effect from proven state where it matters.
package client
