// The existing JavaScript client, @medibloc/panacea-js, as npm has it: its own keys, DIDs, documents, proofs, protobuf code,
// transactions, fees and queries. Two things have changed since that release, on mainnet as well, and are given here: the names
// of the messages end in Request, and CometBFT's RPC no longer writes events in base64, so a newer client waits for the block.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { StargateClient } from "@cosmjs/stargate";
import panacea from "@medibloc/panacea-js";

import { assertDeactivated } from "./chain.mjs";
import { done, input, step } from "./steps.mjs";
import { createURL, deactivateURL, updateURL } from "./wire.mjs";

const { DidUtil, panaceaWalletOpts, Secp256k1, SigningPanaceaClient } = panacea;

// What panacea-js itself depends on, in the versions that it depends on.
const theirs = createRequire(createRequire(import.meta.url).resolve("@medibloc/panacea-js"));
const { DirectSecp256k1HdWallet, Registry } = theirs("@cosmjs/proto-signing");
const { defaultRegistryTypes } = theirs("@cosmjs/stargate");
const { Tendermint34Client } = theirs("@cosmjs/tendermint-rpc");
const { MsgCreateDID, MsgDeactivateDID, MsgUpdateDID } = theirs("./proto/panacea/did/v2/tx");
const { fromNumber } = theirs("long");

const blocks = await StargateClient.connect(input.rpc);

class CurrentClient extends SigningPanaceaClient {
  broadcastTx(tx) {
    return blocks.broadcastTx(tx, 60_000, 100);
  }
}
SigningPanaceaClient.msgTypeCreateDid = createURL;
SigningPanaceaClient.msgTypeUpdateDid = updateURL;
SigningPanaceaClient.msgTypeDeactivateDid = deactivateURL;

const signer = await DirectSecp256k1HdWallet.fromMnemonic(input.wallet.mnemonic, panaceaWalletOpts);
const client = new CurrentClient(await Tendermint34Client.connect(input.rpc), signer, {
  registry: new Registry([
    ...defaultRegistryTypes,
    [createURL, MsgCreateDID],
    [updateURL, MsgUpdateDID],
    [deactivateURL, MsgDeactivateDID],
  ]),
});
const queries = client.getPanaceaClient();
const [{ address }] = await signer.getAccounts();

const key = Secp256k1.generatePrivateKey();
const publicKey = Secp256k1.getPublicKeyCompressed(key);
const did = DidUtil.getDid(publicKey);
const methodID = `${did}#key1`;
const reference = { verificationMethodId: methodID, verificationMethod: undefined };
const first = {
  contexts: { values: ["https://www.w3.org/ns/did/v1"] },
  id: did,
  controller: undefined,
  verificationMethods: [
    {
      id: methodID,
      type: "EcdsaSecp256k1VerificationKey2019",
      controller: did,
      publicKeyBase58: DidUtil.getPublicKeyBase58(publicKey),
    },
  ],
  authentications: [reference],
  assertionMethods: [],
  keyAgreements: [],
  capabilityInvocations: [],
  capabilityDelegations: [],
  services: [],
};
const second = { ...first, assertionMethods: [reference] };

async function assertStored(document, sequence) {
  const stored = await queries.getDid(did);
  const set = (value) => JSON.parse(JSON.stringify(value)); // without what is undefined
  assert.deepEqual(set(stored.document), set(document));
  assert.equal(stored.sequence.toNumber(), sequence);
}

const succeeded = (result) => {
  assert.equal(result.code, 0, result.rawLog);
  return { did, hash: result.transactionHash, gasUsed: String(result.gasUsed), gasWanted: String(result.gasWanted) };
};
const invalidSignature = (result) => assert.equal(result.code, 10, `${result.code}: ${result.rawLog}`);

await step("the account is the one that panacead derives from the same words", () =>
  assert.equal(address, input.wallet.address));

await step("sends MED", async () => {
  const before = BigInt((await client.getBalance(input.other.address, "umed")).amount);
  succeeded(await client.sendTokens(address, input.other.address, [{ denom: "umed", amount: "1000000" }]));
  const after = BigInt((await client.getBalance(input.other.address, "umed")).amount);
  assert.equal(after - before, 1_000_000n);
});

await step("an unknown DID is null", async () => assert.equal(await queries.getDid(did), null));

await step("refuses a creation that another key proved", async () => {
  const wrong = DidUtil.signDidDocument(Secp256k1.generatePrivateKey(), first);
  invalidSignature(await client.createDid(first, methodID, wrong, address));
});

await step("creates a DID within the client's default gas", async () =>
  succeeded(await client.createDid(first, methodID, DidUtil.signDidDocument(key, first), address)));
await step("reads it back", () => assertStored(first, 0));

const proof = DidUtil.signDidDocument(key, second, fromNumber(0));
await step("updates it", async () => succeeded(await client.updateDid(second, methodID, proof, address)));
await step("reads the update back", () => assertStored(second, 1));

await step("updates it back", async () =>
  succeeded(await client.updateDid(first, methodID, DidUtil.signDidDocument(key, first, fromNumber(1)), address)));

await step("refuses the first update's proof a second time", async () => {
  invalidSignature(await client.updateDid(second, methodID, proof, address));
  await assertStored(first, 2);
});

await step("deactivates it", async () =>
  succeeded(await client.deactivateDid(did, methodID, DidUtil.signDid(key, did, fromNumber(2)), address)));
await step("reads the deactivation back", async () => {
  await assertDeactivated(did);
  assert.equal(await queries.getDid(did), null);
});

done();
