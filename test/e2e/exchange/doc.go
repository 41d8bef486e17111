// Package exchange holds the tests of the whole exchange: chain, oracles, vaults and the participants' tool, as separate processes that have
// nothing in common but the network. "panacea demo" makes the network, and is itself the first test.
package exchange
