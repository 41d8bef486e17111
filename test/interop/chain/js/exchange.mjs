// The exchange with @cosmjs/stargate: a consumer publishes a schema and creates a deal, a provider sells a datum with a certificate
// that the test's oracle signs here, and the consumer ends the deal. Everything that is signed is encoded by hand, from docs/protocol.
// The argument says how the wallets sign: direct or amino.

import assert from "node:assert/strict";

import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base32nopad, bech32 } from "@scure/base";

import { comet, get, resolverPath } from "./chain.mjs";
import { consentURL, dealURL, encode, endURL, resourceURL } from "./exchangewire.mjs";
import { didOf, firstDocument, newKey, prove } from "./identity.mjs";
import { done, input, step } from "./steps.mjs";
import { connect, refused, send } from "./wallet.mjs";
import { createURL } from "./wire.mjs";

const consumer = await connect(input.wallet);
const provider = await connect(input.other);

const text = (s) => new TextEncoder().encode(s);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

// docs/protocol/seal.md: each field behind its length in four bytes.
const fields = (...list) => join(...list.flatMap((field) => [uint(field.length, 4), field]));

function uint(value, size) {
  const b = Buffer.alloc(size);
  b.writeUIntBE(value, Math.max(0, size - 6), Math.min(size, 6));
  return b;
}

const addressBytes = (address) => bech32.fromWords(bech32.decode(address).words);

// docs/protocol/exchange.md
const dealIdOf = (address, number) =>
  hex(sha256(fields(text("panacea/v1/deal"), text(input.chainId), addressBytes(address), uint(number, 8))).slice(0, 16));

const key = newKey();
const did = didOf(key);
const schema = text('{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}');
const resourceId = crypto.randomUUID();

await step("creates a DID that may publish", async () => {
  const document = { ...firstDocument(did, key) };
  document.assertionMethods = document.authentications;
  const value = {
    did,
    document,
    verificationMethodId: `${did}#key1`,
    signature: prove(key, document, 0),
    fromAddress: consumer.address,
  };
  return { did, hash: await send(consumer, { typeUrl: createURL, value }) };
});

await step("publishes a schema", async () => {
  const resource = { did, id: resourceId, name: "record", resourceType: "JsonSchema", mediaType: "application/schema+json" };
  const signDoc = encode("SignDoc", {
    chainId: input.chainId,
    did,
    collectionId: did.split(":")[2],
    id: resourceId,
    name: resource.name,
    resourceType: resource.resourceType,
    mediaType: resource.mediaType,
    sha256: sha256(schema),
  });
  const signature = secp256k1.sign(sha256(join(text("panacea/resource/v1\0"), signDoc)), key, { prehash: false, lowS: true });
  const value = { ...resource, data: schema, verificationMethodId: `${did}#key1`, signature, fromAddress: consumer.address };
  return { hash: await send(consumer, { typeUrl: resourceURL, value }) };
});

await step("reads the schema back by its DID URL", async () => {
  for (const url of [`${did}/resources/${resourceId}`, `${did}?resourceName=record&resourceType=JsonSchema`]) {
    const { status, type, body } = await get(resolverPath(url));
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(type, "application/schema+json");
    assert.deepEqual(body, JSON.parse(Buffer.from(schema)));
  }
});

const price = 1_000_003;
const dealId = dealIdOf(consumer.address, 1);
const balance = async (address) => BigInt((await consumer.client.getBalance(address, "umed")).amount);
const rest = async (path) => (await get(`/panacea/datadeal/v1/${path}`)).body;

await step("creates a deal", async () => {
  const value = {
    consumer: consumer.address,
    consumerDid: did,
    consumerKey: join([0, 0x20], sha256(key)), // X25519: any 32 bytes are a public key
    budget: { denom: "umed", amount: String(2 * price) },
    dataCount: 2,
    requirements: {
      mediaType: "application/json",
      schemas: [{ digest: sha256(schema), url: `${did}/resources/${resourceId}` }],
    },
    terms: [
      { id: 1, required: true, title: "Research", text: "The data serve research & teaching <only>." },
      { id: 2, required: false, title: "Contact", text: "The consumer may ask for more." },
    ],
    uniqueness: 1,
    quorum: { numerator: 1, denominator: 2 },
    expiresAt: { seconds: Math.floor(Date.now() / 1000) + 3600 },
    disputeWindow: {},
  };
  return { hash: await send(consumer, { typeUrl: dealURL, value }) };
});

await step("finds the deal under the id that it computed", async () => {
  const { deal } = await rest(`deals/${dealId}`);
  assert.equal(deal.consumer, consumer.address);
  assert.equal(deal.budget.amount, String(2 * price));
  assert.equal(deal.status, "DEAL_STATUS_ACTIVE");
});

const digest = sha256(key);
const certificate = {
  chainId: input.chainId,
  dealId,
  provider: provider.address,
  dataCommitment: digest,
  objectCid: `b${base32nopad.encode(join([1, 0x55, 0x12, 32], digest)).toLowerCase()}`,
  objectSize: 1 << 20,
  uniquenessTag: sha256(digest),
  lastHeight: (await comet.status()).syncInfo.latestBlockHeight + 200,
};
const vouched = join(text("panacea/certificate/v1\0"), encode("Certificate", certificate));
const consent = (seed, agreed = true) => ({
  typeUrl: consentURL,
  value: {
    provider: provider.address,
    certificate,
    signatures: [{ oracle: input.oracle.address, signature: ed25519.sign(vouched, seed) }],
    answers: [
      { termId: 1, agreed },
      { termId: 2, agreed: false },
    ],
  },
});
const oracleSeed = Uint8Array.from(Buffer.from(input.oracle.seed, "hex"));

await step("refuses a certificate that no oracle signed", () => refused(provider, consent(sha256(oracleSeed)), "oracle", 3));
await step("refuses a consent without a required term", () => refused(provider, consent(oracleSeed, false), "datadeal", 28));

await step("sells a datum", async () => {
  const before = await balance(provider.address);
  const hash = await send(provider, consent(oracleSeed));
  const paid = await balance(provider.address) - before;
  assert.equal(paid, BigInt(price - Math.floor(price / 10) - 2_000_000), "the price but for the oracle's tenth and the fee");
  return { hash };
});

await step("refuses to sell it again", () => refused(provider, consent(oracleSeed), "datadeal", 22));

await step("reads the consent back", async () => {
  const { consents } = await rest(`deals/${dealId}/consents`);
  assert.equal(consents.length, 1);
  assert.equal(consents[0].certificate.object_cid, certificate.objectCid);
  assert.equal(consents[0].provider_reward.amount, String(price - Math.floor(price / 10)));
  assert.equal(consents[0].oracle_rewards[0].amount.amount, String(Math.floor(price / 10)));
});

await step("ends the deal, and gets the rest back", async () => {
  const before = await balance(consumer.address);
  const value = { consumer: consumer.address, dealId };
  const hash = await send(consumer, { typeUrl: endURL, value });
  assert.equal(await balance(consumer.address) - before, BigInt(price - 2_000_000));
  assert.equal((await rest(`deals/${dealId}`)).deal.status, "DEAL_STATUS_DEACTIVATED");
  return { hash };
});

done();
