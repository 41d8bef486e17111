// Package bbs is the BBS signature scheme of the IRTF's crypto forum: an issuer signs a list of messages once, and the
// holder of the signature proves to anyone, as often as it likes, that some of the messages were signed, without
// showing the others, the signature, or anything by which two proofs could be told to come from one signature.
//
// It follows draft-irtf-cfrg-bbs-signatures as it stands in the repository decentralized-identity/bbs-signature at
// commit a6a445d (edition 09), with both ciphersuites: [SHA256] and [SHAKE256]. "Draft §" in comments refers to it.
//
//	issuer    key, err := bbs.SHA256().GenerateKey()
//	          sig, err := key.Sign(header, messages)
//	holder    err := public.Verify(header, messages, sig)
//	          proof, err := public.ProveDisclosure(sig, header, nonce, messages, []int{0, 2})
//	verifier  err := public.VerifyProof(proof, header, nonce, []int{0, 2}, disclosed)
//
// Use [SHA256] unless a protocol names the other. Keep a [PublicKey] that you will meet again: it holds what speeds up
// its pairings. Use a [BatchVerifier] for many proofs of one issuer; its verdict is drawn with random coefficients, so
// state machines verify proofs one by one, which is deterministic and starts no goroutines.
//
// # What a proof tells
//
// The verifier learns the header, the disclosed messages, their places, and how many messages there are in all. These
// can link proofs by themselves: draft §5 says how an issuer avoids it. The header is always shown, so an issuer puts
// nothing in it that is particular to a holder. A verifier who wants to know that a proof is fresh has the prover bind
// a challenge of its own as the presentation header.
//
// # What is trusted, and what is secret
//
// A verifier trusts the public key, and must have learned in another way whose it is. Secret are the key, the messages
// in the hands of issuer and holder, the signature, and a proof's randomness. For these:
//
//   - The curve library, gnark-crypto, multiplies points in a time that depends on the scalar (GLV with signed sparse
//     digits), and inverts and adds field elements with branches. No secret goes to its scalar multiplication at all.
//   - Multiplications by secrets take the same steps for every scalar: a comb of non-zero signed digits, for each of
//     which all entries of a table are read (comb.go), and on G2 an addition for each digit (key.go).
//   - Secret scalars are added without branches (scalar.go). Inversions, and the projective formulas that end a sum,
//     work on operands blinded by a fresh random factor or isomorphism.
//   - Sign never computes the draft's B, nor ProveDisclosure: the factors that hide it are multiplied into the scalars
//     first, so that no message is a scalar of a multiplication by itself.
//   - What remains: the library's field multiplication, which does not branch where it is written in assembly (amd64,
//     arm64), but does elsewhere, as in WebAssembly; the point A of a holder's signature, which is decoded and made into
//     a table by the library's formulas as it is; the hash functions; and the numbers and sizes of messages.
//   - Scalars are overwritten when done, and a key by [PrivateKey.Destroy]. Go may have copied them on a growing stack
//     before; that is beyond what a package can do.
//
// # Bounds
//
// Every input has a bound ([MaxMessages], [MaxMessageSize], [MaxHeaderSize]), checked before any work. No input panics.
// The first use of a count of messages makes their generators, some 0.2 ms for each, and keeps them. In
// [PublicKey.VerifyProof] the pairings come before that, so that only holders of a real signature can cause it.
//
// # Extensions
//
// The drafts for blind signatures and per-verifier pseudonyms are further Interfaces in the sense of draft §3.8: other
// values of interfaceID (suite.go), hence other generators and tags, around the same core operations coreSign,
// coreVerify, coreProve and verifyChallenge. Each has its place in one file beside sign.go and proof.go: blind.go for
// commitments with their proofs, pseudonym.go for the additional commitment of a proof.
package bbs
