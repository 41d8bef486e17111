// A wallet's life with @cosmjs/stargate: it sends MED, and creates, updates and deactivates a DID. The argument says how it
// signs: direct or amino.

import assert from "node:assert/strict";

import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";

import { alwaysObject, aminoTypes } from "./amino.mjs";
import { assertDeactivated, assertStored, get, resolverPath, restPath } from "./chain.mjs";
import { didOf, firstDocument, fullDocument, newKey, prove, rotatedDocument } from "./identity.mjs";
import { done, input, step } from "./steps.mjs";
import { connect, fee, mode, refused as refusedBy, send } from "./wallet.mjs";
import { createURL, deactivateURL, updateURL } from "./wire.mjs";

const owner = await connect(input.wallet);
const other = await connect(input.other);

const createMessage = (from, document, methodID, signature) => ({
  typeUrl: createURL,
  value: { did: document.id, document, verificationMethodId: methodID, signature, fromAddress: from.address },
});
const updateMessage = (from, document, methodID, signature) => ({
  ...createMessage(from, document, methodID, signature),
  typeUrl: updateURL,
});
const deactivateMessage = (from, did, methodID, signature) => ({
  typeUrl: deactivateURL,
  value: { did, verificationMethodId: methodID, signature, fromAddress: from.address },
});

const refused = (from, message, code) => refusedBy(from, message, "did", code);

const codes = { deactivated: 7, methodNotFound: 8, invalidSignature: 10, exists: 5, notDerived: 11 };

const key1 = newKey();
const key2 = newKey();
const did = didOf(key1);
const [id1, id2] = [`${did}#key1`, `${did}#key2`];
const first = firstDocument(did, key1);
const full = fullDocument(did, key1);
const { services: _, ...amended } = full;
const rotated = rotatedDocument(did, didOf(newKey()), key2);

const creation = createMessage(owner, first, id1, prove(key1, first, 0));
const update = updateMessage(owner, full, id1, prove(key1, full, 0));

await step("the account is the one that panacead derives from the same words", () => {
  assert.equal(owner.address, input.wallet.address);
  assert.equal(other.address, input.other.address);
});

await step("sends MED", async () => {
  const balances = async () => {
    const ofOwner = await owner.client.getBalance(owner.address, "umed");
    const ofOther = await owner.client.getBalance(other.address, "umed");
    return [BigInt(ofOwner.amount), BigInt(ofOther.amount)];
  };
  const before = await balances();
  const amount = [{ denom: "umed", amount: "1000000" }];
  const result = await owner.client.sendTokens(owner.address, other.address, amount, fee, "one MED");
  assert.equal(result.code, 0, result.rawLog);
  const after = await balances();
  assert.equal(before[0] - after[0], 1_000_000n + BigInt(fee.amount[0].amount));
  assert.equal(after[1] - before[1], 1_000_000n);
});

await step("estimates gas and pays the default price", async () => {
  const amount = [{ denom: "umed", amount: "1" }];
  const result = await owner.client.sendTokens(owner.address, other.address, amount, "auto");
  assert.equal(result.code, 0, result.rawLog);
});

await step("refuses a message that another account signed", async () => {
  const tx = await other.client.sign(other.address, [creation], fee, "", {
    accountNumber: (await owner.client.getAccount(owner.address)).accountNumber,
    sequence: (await owner.client.getAccount(owner.address)).sequence,
    chainId: input.chainId,
  });
  await assert.rejects(owner.client.broadcastTx(TxRaw.encode(tx).finish()), /pubKey does not match signer address/);
});

await step("an unknown DID is not found", async () => {
  assert.equal((await get(restPath(did))).status, 404);
  assert.equal((await get(resolverPath(did))).status, 404);
});

await step("refuses a creation that another key proved", () =>
  refused(owner, createMessage(owner, first, id1, prove(key2, first, 0)), codes.invalidSignature));

await step("refuses a DID that does not derive from the signing key", () => {
  const squatted = firstDocument(did, key2);
  return refused(other, createMessage(other, squatted, id1, prove(key2, squatted, 0)), codes.notDerived);
});

await step("creates a DID", () => send(owner, creation, "auto").then((hash) => ({ did, hash })));
await step("reads it back", () => assertStored(first, 0));
await step("refuses to create it again", () => refused(owner, creation, codes.exists));

await step("refuses an update that another key proved", () =>
  refused(owner, updateMessage(owner, full, id1, prove(key2, full, 0)), codes.invalidSignature));

await step("refuses an update that names a method of the new document only", () =>
  refused(owner, updateMessage(owner, rotated, id2, prove(key2, rotated, 0)), codes.methodNotFound));

await step("refuses a proof for a sequence to come", () =>
  refused(owner, updateMessage(owner, full, id1, prove(key1, full, 1)), codes.invalidSignature));

await step("is unchanged by all that was refused", () => assertStored(first, 0));

await step("updates it, with every field of mainnet", () => send(owner, update).then((hash) => ({ hash })));
await step("reads the update back", () => assertStored(full, 1));

const amendment = updateMessage(owner, amended, id1, prove(key1, amended, 1));
await step("updates it again, without its service", () => send(owner, amendment).then((hash) => ({ hash })));
await step("refuses the first update's proof a second time", () => refused(owner, update, codes.invalidSignature));
await step("refuses the first update's proof from another account", () =>
  refused(other, updateMessage(other, full, id1, update.value.signature), codes.invalidSignature));
await step("is unchanged by what was replayed", () => assertStored(amended, 2));

const rotation = updateMessage(owner, rotated, id1, prove(key1, rotated, 2));
await step("rotates the key, and refuses the same transaction a second time", async () => {
  const tx = TxRaw.encode(await owner.client.sign(owner.address, [rotation], fee, "")).finish();
  const result = await owner.client.broadcastTx(tx);
  assert.equal(result.code, 0, result.rawLog);
  await assert.rejects(owner.client.broadcastTx(tx), /tx already exists in cache|account sequence mismatch/);
});
await step("reads the rotation back", () => assertStored(rotated, 3));

await step("refuses the retired key", () =>
  refused(owner, updateMessage(owner, first, id1, prove(key1, first, 3)), codes.methodNotFound));

if (mode === "amino") {
  await step("refuses amino JSON in another form than mainnet's", async () => {
    const generic = await connect(input.wallet, { aminoTypes: aminoTypes(alwaysObject) });
    const message = updateMessage(owner, first, id2, prove(key2, first, 3));
    await assert.rejects(send(generic, message), /signature verification failed/);
  });
}

const nothingBut = { id: did };
await step("refuses a deactivation that the retired key proved", () =>
  refused(owner, deactivateMessage(owner, did, id2, prove(key1, nothingBut, 3)), codes.invalidSignature));
await step("is unchanged by all that was refused since", () => assertStored(rotated, 3));

await step("deactivates it, paid for by another account", () =>
  send(other, deactivateMessage(other, did, id2, prove(key2, nothingBut, 3))).then((hash) => ({ hash })));
await step("reads the deactivation back", () => assertDeactivated(did));

await step("refuses to bring it back", async () => {
  await refused(owner, creation, codes.deactivated);
  await refused(owner, updateMessage(owner, rotated, id2, prove(key2, rotated, 4)), codes.deactivated);
  await refused(owner, deactivateMessage(owner, did, id2, prove(key2, nothingBut, 3)), codes.deactivated);
  await assertDeactivated(did);
});

done();
