// Package exchange is the two sides of Panacea's exchange as a library: what an app of a patient or of a researcher calls.
//
//	provider := &exchange.Provider{Chain: chain, Account: account, Vault: v, Dir: dir, Processor: p, Holder: key}
//	deals, err := provider.FindDeals(ctx, wallet)                    // what could be answered
//	offer, err := provider.Prepare(ctx, deals[0].Deal, data)         // what would be disclosed, no more than asked for
//	sale, err := provider.Sell(ctx, offer, answers)                  // oracles vouch, the chain pays
//
//	consumer := &exchange.Consumer{Chain: chain, Account: account, Vault: v, Dir: dir, Key: key}
//	deal, err := consumer.CreateDeal(ctx, request)
//	err = consumer.Watch(ctx, folder)                                // every datum that is sold, decrypted and verified
//
// What takes long goes on where it stopped: each operation keeps a small journal below Dir, written before whatever it must not
// forget. Whoever runs the same operation again, after a crash at any point, neither sells a datum twice nor loses it.
//
// # Trust
//
// The chain, as the Chain proves it, for deals, oracles and consents. Enclaves, for a provider, as far as the chain's rules accept
// their evidence, which is verified here once more before anything is sent; nothing that is sent opens outside of them. An
// oracle is not trusted to answer, nor to tell the truth about why it refuses: the next one is asked. A consumer trusts no oracle
// at all: what it gets must match the commitment that the chain has.
package exchange
