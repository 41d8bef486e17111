// Package access decides who may read an object of a vault: its owner; those to whom the owner granted it; and whom an Authorizer names,
// such as the consumer and the oracles of a deal.
//
//	token, err := access.Sign(access.Grant{Issuer: owner, Subject: clinic, CID: c, Expires: t}, method, key)
//	id, err := grants.Add(ctx, token)       // the vault remembers it, or:
//	policy.MayRead(ctx, clinic, c, token)   // the clinic carries it
//
// # Trust
//
// The resolver is trusted for the documents of DIDs. A grant is worth what its issuer's key is worth when it is used: a key that has left the
// document takes its grants with it. Revocation acts at the vault that was told, at once; a carried grant that another vault does not know to
// be revoked is good there until it expires, so grants should be short.
package access
