// Package server serves an oracle's API to providers and consumers: gRPC and REST on one address, with an OpenAPI document, limits and
// metrics. docs/protocol/exchange.md is the protocol, package api its messages, package validate does the work.
//
//	s, err := server.New(server.Config{Validator: validator, Status: status, Registerer: registry, Log: log})
//	err = s.Serve(ctx, listener) // until ctx is done and the requests under way are answered
//
// # Trust
//
// Nobody who connects is trusted: requests are bounded in size, rate and time, for each address and each provider, before they cost
// anything. TLS, if the oracle ends it itself, protects what the attestation and the sealing do not need protected: who talks to the oracle.
//
// Logs and metrics name routes, codes and durations. They hold no address of a peer or a provider, no deal, no token, and nothing of data.
package server
