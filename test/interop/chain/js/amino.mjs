// Amino JSON of the DID messages, in the form that wallets for Panacea mainnet sign: snake_case names, empty fields left out,
// bytes in base64, one context or controller as a plain string, a relationship as the id that it refers to or as the
// verification method that it embeds.

import { AminoTypes, createDefaultAminoConverters } from "@cosmjs/stargate";

import { exchangeConverters } from "./exchangewire.mjs";
import { withoutEmpty } from "./identity.mjs";
import { createURL, deactivateURL, updateURL } from "./wire.mjs";

const base64 = (bytes) => Buffer.from(bytes).toString("base64");

/** One value stands alone, several as a list. */
export const stringOrList = (strings) => strings && (strings.values.length === 1 ? strings.values[0] : strings.values);

/** What a generic encoder makes of the same message; the chain must not accept it. */
export const alwaysObject = (strings) => strings && { values: strings.values };

function documentToAmino(document, stringsToAmino) {
  const method = (m) =>
    withoutEmpty({ id: m.id, type: m.type, controller: m.controller, public_key_base58: m.publicKeyBase58 });
  const relationships = (list) =>
    list?.map((r) => (r.verificationMethod ? method(r.verificationMethod) : r.verificationMethodId));
  return withoutEmpty({
    contexts: stringsToAmino(document.contexts),
    id: document.id,
    controller: stringsToAmino(document.controller),
    verification_methods: document.verificationMethods?.map(method),
    authentications: relationships(document.authentications),
    assertion_methods: relationships(document.assertionMethods),
    key_agreements: relationships(document.keyAgreements),
    capability_invocations: relationships(document.capabilityInvocations),
    capability_delegations: relationships(document.capabilityDelegations),
    services: document.services?.map((s) =>
      withoutEmpty({ id: s.id, type: s.type, service_endpoint: s.serviceEndpoint }),
    ),
  });
}

const strings = (value) => value && { values: typeof value === "string" ? [value] : value };

function documentFromAmino(json) {
  const method = (m) => ({ id: m.id, type: m.type, controller: m.controller, publicKeyBase58: m.public_key_base58 });
  const relationships = (list) =>
    list?.map((r) => (typeof r === "string" ? { verificationMethodId: r } : { verificationMethod: method(r) }));
  return withoutEmpty({
    contexts: strings(json.contexts),
    id: json.id,
    controller: strings(json.controller),
    verificationMethods: json.verification_methods?.map(method),
    authentications: relationships(json.authentications),
    assertionMethods: relationships(json.assertion_methods),
    keyAgreements: relationships(json.key_agreements),
    capabilityInvocations: relationships(json.capability_invocations),
    capabilityDelegations: relationships(json.capability_delegations),
    services: json.services?.map((s) => ({ id: s.id, type: s.type, serviceEndpoint: s.service_endpoint })),
  });
}

const changeConverter = (aminoType, stringsToAmino) => ({
  aminoType,
  toAmino: (m) => ({
    did: m.did,
    document: documentToAmino(m.document, stringsToAmino),
    verification_method_id: m.verificationMethodId,
    signature: base64(m.signature),
    from_address: m.fromAddress,
  }),
  fromAmino: (json) => ({
    did: json.did,
    document: documentFromAmino(json.document),
    verificationMethodId: json.verification_method_id,
    signature: Uint8Array.from(Buffer.from(json.signature, "base64")),
    fromAddress: json.from_address,
  }),
});

const deactivateConverter = {
  aminoType: "did/DeactivateDID",
  toAmino: (m) => ({
    did: m.did,
    verification_method_id: m.verificationMethodId,
    signature: base64(m.signature),
    from_address: m.fromAddress,
  }),
  fromAmino: (json) => ({
    did: json.did,
    verificationMethodId: json.verification_method_id,
    signature: Uint8Array.from(Buffer.from(json.signature, "base64")),
    fromAddress: json.from_address,
  }),
};

/** The converters that cosmjs signs amino JSON with. */
export function aminoTypes(stringsToAmino = stringOrList) {
  return new AminoTypes({
    ...createDefaultAminoConverters(),
    [createURL]: changeConverter("did/CreateDID", stringsToAmino),
    [updateURL]: changeConverter("did/UpdateDID", stringsToAmino),
    [deactivateURL]: deactivateConverter,
    ...exchangeConverters,
  });
}
