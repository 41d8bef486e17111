// Package validate is what an oracle does inside its enclave with a submission: it opens it, checks it against everything that the deal
// asks for, stores the object for the consumer, and vouches for it by a certificate; and it releases content keys for consents that are
// proven. docs/protocol/exchange.md is the protocol, with the code of each refusal.
//
//	v, err := validate.New(validate.Config{ChainID: …, Oracle: …, Chain: chain, Keys: keys, Objects: objects, Journal: journal, Temporary: dir})
//	answer, err := v.Validate(ctx, validate.Request{DealID: id, Token: token, Body: sealed})
//	refusal := api.RefusalOf(err)
//
// # Reading the code
//
// pipeline.go is the list of steps in their order; each of token.go, spool.go, submission.go, content.go, presentation.go, uniqueness.go
// and vouch.go is one of them. chain.go and node.go say what is needed of the rest of the oracle.
//
// # Trust
//
// Chain is trusted: it answers from state that the oracle's light client has proven. Keys are the enclave's. Journal must be sealed. The
// time is that of the last verified header, so a validation depends on no clock of the operator's; only how long a token lives does.
// Everything else is hostile: the submission and its token, whoever wrote the deal, the disk.
//
// What is secret is in memory only. A submission on its way in lies in a temporary file under a key that is forgotten with the request,
// as received, that is still encrypted to the oracles: who owns the disk can neither read it nor exchange a byte between two readings.
// Content is overwritten when done, as far as Go allows: texts that a JSON parser made are left to the garbage collector. Refusals and
// errors name requirements, places and keywords, never what stands in the data.
//
// # Bounds
//
// Memory is taken out of one budget before it is used: see Limits. What is too large for it waits, and is refused as busy.
package validate
