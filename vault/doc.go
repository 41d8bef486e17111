// Package vault is secure data storage: a patient's, a clinic's, a consumer's or an oracle's own node, which keeps objects encrypted
// (package store), gives them to those who may have them and to nobody else (packages access and exchange), and keeps the owner's records
// encrypted one by one (package record).
//
//	err := vault.Init(home, vault.Config{DID: d, Method: m}, didKey, passphrase)
//	v, err := vault.Open(ctx, home, passphrase, vault.Options{})
//	defer v.Close()
//	err = v.Listen(ctx)                                       // join the network; without it the vault works offline
//	object, err := v.PutRecord(ctx, file, vault.RecordOptions{Name: "labs.json"})
//	grant, token, err := v.Grant(ctx, vault.GrantRequest{To: clinic, CID: object.Info.CID, Lifetime: 24 * time.Hour})
//
// NewHandler serves the same over HTTP to the owner's own programs; openapi.json describes it.
//
// # Trust
//
// The machine and the process are the owner's. The disk is not trusted: without the passphrase it tells sizes and times only. Nor are
// peers: see package exchange. The resolver is trusted for DID documents.
package vault
