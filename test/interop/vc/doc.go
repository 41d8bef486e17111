// Package interop lets implementations of verifiable credentials that other people wrote, from npm, verify ours, and
// ours verify theirs. It needs Node.js and npm; see ../README.md.
package interop
