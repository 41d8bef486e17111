// Package interop lets clients that other people wrote, from npm, use a real Panacea network: they send MED, and create,
// update, read and deactivate DIDs as they do on Panacea mainnet. It needs Node.js and npm; see ../README.md.
package interop
