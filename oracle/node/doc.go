// Package node is the oracle's process: an enclave with its keys, which joins the chain's oracles, lets others join, stays attested,
// and keeps the objects that it vouched for in a vault. What it does with a submission is package validate's.
//
//	node, err := node.Open(ctx, home, logger)
//	defer node.Close()
//	err = node.Run(ctx, func(at node.Addresses) { … })
//
// # Trust
//
// The enclave (package tee), and the block that the light client started from, which the chain itself compares when this oracle
// registers. Not the machine and its disk (package state), nor its clock beyond the trusting period, nor any node of the chain: what a
// decision rests on is proven by the light client. The configuration is the operator's; it says whom to ask, and how to be reached,
// and nothing in it can make the node give a secret away.
//
// In a simulated enclave all of this protects nothing, and every line of the log says so.
package node
