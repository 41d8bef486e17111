// Package seal is the encryption of everything that leaves its owner: submissions of providers to the oracles' enclaves,
// objects for the consumer, content keys for the consumer, and the oracle secret from enclave to enclave; with the
// commitments, uniqueness tags and keys that belong to them. docs/protocol/seal.md says which bytes, with test vectors in
// docs/protocol/seal-vectors.json, so that others can implement it.
//
// Which name to use:
//
//	provider   NewSalt, Commit, SealSubmission
//	oracle     OpenSubmission, Committer, OracleSecret.ContentKey, SealObject, OracleSecret.ContentTag (CredentialTag,
//	           SubjectTag), SealContentKey; and for newcomers SealOracleSecret, OpenOracleSecret
//	consumer   GenerateKey, OpenContentKey, OpenObject
//
// What is trusted: the standard library's HPKE, HKDF, HMAC and AES-GCM, and the randomness of the machine that seals. What
// arrives is hostile: every opener bounds what it holds in memory, authenticates before it gives out a byte, and returns
// errors that can be tested with errors.Is and never contain a secret.
//
// Streams are opened chunk by chunk: a reader hands out bytes that are authentic, but only its io.EOF says that they were
// all. A caller must not act on the content before that.
//
// Secrets are overwritten by Zero when done, as far as Go allows: the cipher's own key schedule and copies that the runtime
// makes are beyond reach. They do not print.
package seal
