// Keys of a DID, the proof of ownership that a change carries, and the documents that the tests use.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base58 } from "@scure/base";

import { encode } from "./wire.mjs";

export const newKey = () => secp256k1.utils.randomSecretKey();

const publicKey = (key) => secp256k1.getPublicKey(key, true);

/** A DID is base58 of SHA-256 of the compressed public key that it starts with. */
export const didOf = (key) => `did:panacea:${base58.encode(sha256(publicKey(key)))}`;

/** Signs SHA-256 of DataWithSeq: 64 bytes r and s, with low s. */
export function prove(key, document, sequence) {
  const signed = encode("DataWithSeq", { data: encode("DIDDocument", document), sequence });
  return secp256k1.sign(sha256(signed), key, { prehash: false, lowS: true });
}

export const method = (did, name, key) => ({
  id: `${did}#${name}`,
  type: "EcdsaSecp256k1VerificationKey2019",
  controller: did,
  publicKeyBase58: base58.encode(publicKey(key)),
});

const reference = (m) => ({ verificationMethodId: m.id });

/** The least document: one key, which authenticates. */
export function firstDocument(did, key) {
  const key1 = method(did, "key1", key);
  return {
    contexts: { values: ["https://www.w3.org/ns/did/v1"] },
    id: did,
    verificationMethods: [key1],
    authentications: [reference(key1)],
  };
}

/** A document with every field of mainnet: references and embedded methods, a service, one controller and several contexts. */
export function fullDocument(did, key) {
  const key1 = method(did, "key1", key);
  return {
    contexts: { values: ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/secp256k1-2019/v1"] },
    id: did,
    controller: { values: [did] },
    verificationMethods: [key1],
    authentications: [reference(key1), { verificationMethod: method(did, "login", newKey()) }],
    assertionMethods: [reference(key1), { verificationMethod: method(did, "assert", newKey()) }],
    keyAgreements: [{ verificationMethod: method(did, "agree", newKey()) }],
    capabilityInvocations: [reference(key1)],
    capabilityDelegations: [reference(key1)],
    // The ampersand is written differently by the JSON encoders of Go and JavaScript unless care is taken.
    services: [{ id: `${did}#records`, type: "LinkedDomains", serviceEndpoint: "https://example.com/records?a=1&b=2" }],
  };
}

/** A document whose only authentication is a new key, with several controllers. */
export function rotatedDocument(did, otherDID, key) {
  const key2 = method(did, "key2", key);
  return {
    contexts: { values: ["https://www.w3.org/ns/did/v1"] },
    id: did,
    controller: { values: [did, otherDID] },
    verificationMethods: [key2],
    authentications: [reference(key2)],
  };
}

/** The same document in the JSON of mainnet's REST API: protobuf names, strings in lists, a reference as a plain id. */
export function rest(document) {
  const verification = (m) => ({
    id: m.id,
    type: m.type,
    controller: m.controller,
    public_key_base58: m.publicKeyBase58,
  });
  const relationships = (list) =>
    list?.map((r) => (r.verificationMethod ? verification(r.verificationMethod) : r.verificationMethodId));
  return withoutEmpty({
    contexts: document.contexts?.values,
    id: document.id,
    controller: document.controller?.values,
    verification_methods: document.verificationMethods?.map(verification),
    authentications: relationships(document.authentications),
    assertion_methods: relationships(document.assertionMethods),
    key_agreements: relationships(document.keyAgreements),
    capability_invocations: relationships(document.capabilityInvocations),
    capability_delegations: relationships(document.capabilityDelegations),
    services: document.services?.map((s) => ({ id: s.id, type: s.type, service_endpoint: s.serviceEndpoint })),
  });
}

/** The same JSON without empty strings, empty lists and nulls: amino leaves them out, REST writes them for what is not set. */
export function withoutEmpty(json) {
  if (Array.isArray(json)) {
    return json.map(withoutEmpty);
  }
  if (typeof json !== "object") {
    return json;
  }
  const set = Object.entries(json).filter(([, v]) => v !== undefined && v !== null && v !== "" && v.length !== 0);
  return Object.fromEntries(set.map(([name, v]) => [name, withoutEmpty(v)]));
}

/** The same document in JSON, as DID Core has it. */
export function w3c(document) {
  const one = (strings) => strings && (strings.values.length === 1 ? strings.values[0] : strings.values);
  const relationships = (list) => list?.map((r) => r.verificationMethod ?? r.verificationMethodId);
  return JSON.parse(
    JSON.stringify({
      "@context": one(document.contexts),
      id: document.id,
      controller: one(document.controller),
      verificationMethod: document.verificationMethods,
      authentication: relationships(document.authentications),
      assertionMethod: relationships(document.assertionMethods),
      keyAgreement: relationships(document.keyAgreements),
      capabilityInvocation: relationships(document.capabilityInvocations),
      capabilityDelegation: relationships(document.capabilityDelegations),
      service: document.services,
    }),
  );
}
