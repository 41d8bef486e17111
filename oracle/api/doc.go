// Package api is what an oracle node serves to providers and consumers, as messages: panacea.oracleapi.v1 of proto/, with the codes of
// refusals and how they travel. docs/protocol/exchange.md is the protocol. Package oracle/server serves it.
//
//	connection, err := grpc.NewClient(endpoint, grpc.WithDefaultCallOptions(grpc.ForceCodec(api.Codec{})), …)
//	answer, err := api.NewOracleClient(connection).ContentKey(ctx, &api.ContentKeyRequest{…})
//	if refusal := api.RefusalOf(err); refusal != nil { … refusal.Code … }
//
// # Trust
//
// These are messages only. What an oracle says is worth what its attestation and its signature prove.
package api
