// Package party is a participant's home: where an issuer, a provider or a consumer keeps keys, DID, vault and configuration, and what the
// commands of panacea and the demonstration do with them.
//
//	p, err := party.Init(ctx, home, party.InitOptions{Network: "local", Profile: profile, Passphrase: passphrase})
//	p, err := party.Open(home, party.Options{Passphrase: passphrase})
//	defer p.Close()
//	hash, err := p.CreateDID(ctx)
//	provider, err := p.Provider(ctx)
//
// One passphrase protects everything in a home: the account's key (keyring backend "file"), the keys of the DID, the vault, and the key that
// content keys are sealed to. The chain is read by light client; where its trust starts stands in the configuration.
package party
