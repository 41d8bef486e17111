// Package pex is DIF Presentation Exchange 2.1: what a verifier asks for, which credentials of a holder answer it with the
// least disclosure, and whether a presentation does answer it.
//
//	definition, err := pex.Parse(text)
//
//	// holder
//	selection, err := definition.Select(candidates, pex.Options{Holder: holderDID})
//	for _, c := range selection.Credentials { … derive candidates[c.Candidate] with c.Pointers … }
//
//	// verifier, after package vc has verified the presentation
//	report, err := definition.Check(presentation, nil, pex.Options{Holder: result.Holder})
//
// Answer does the holder's side in one call, with package vc.
//
// Of the specification's features there are: submission requirements; limited disclosure; formats ldp_vc and di_vc, others
// as far as the caller decodes them; relational constraints; status constraints, where the caller knows the status;
// retention (intent_to_retain is told). A predicate that is required cannot be answered, because no supported cryptosuite
// proves predicates; one that is preferred is answered with the value. JSON-LD framing is ignored. JSONPath is package
// jsonpath, without function extensions, which §"JSONPath-specific Considerations" advises against. Filters are JSON Schema
// draft 7 unless they name another draft.
//
// # What is trusted
//
// Nothing that is evaluated: definitions, credentials and submissions come from strangers. Their size, depth and the work
// of paths, filters and combinations are bounded. That credentials verify is for package vc to say.
package pex
