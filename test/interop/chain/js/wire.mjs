// The messages of panacea.did.v2 as Panacea mainnet defines them: names and field numbers, nothing that this project added.
// They are written out here, not loaded from our proto/, so that a change there that breaks existing clients fails the test.

import protobuf from "protobufjs";

const root = protobuf.Root.fromJSON({
  nested: {
    "panacea.did.v2": {
      nested: {
        Strings: { fields: { values: { rule: "repeated", type: "string", id: 1 } } },
        VerificationMethod: {
          fields: {
            id: { type: "string", id: 1 },
            type: { type: "string", id: 2 },
            controller: { type: "string", id: 3 },
            publicKeyBase58: { type: "string", id: 4 },
          },
        },
        VerificationRelationship: {
          oneofs: { content: { oneof: ["verificationMethodId", "verificationMethod"] } },
          fields: {
            verificationMethodId: { type: "string", id: 1 },
            verificationMethod: { type: "VerificationMethod", id: 2 },
          },
        },
        Service: {
          fields: {
            id: { type: "string", id: 1 },
            type: { type: "string", id: 2 },
            serviceEndpoint: { type: "string", id: 3 },
          },
        },
        DIDDocument: {
          fields: {
            contexts: { type: "Strings", id: 1 },
            id: { type: "string", id: 2 },
            controller: { type: "Strings", id: 3 },
            verificationMethods: { rule: "repeated", type: "VerificationMethod", id: 4 },
            authentications: { rule: "repeated", type: "VerificationRelationship", id: 5 },
            assertionMethods: { rule: "repeated", type: "VerificationRelationship", id: 6 },
            keyAgreements: { rule: "repeated", type: "VerificationRelationship", id: 7 },
            capabilityInvocations: { rule: "repeated", type: "VerificationRelationship", id: 8 },
            capabilityDelegations: { rule: "repeated", type: "VerificationRelationship", id: 9 },
            services: { rule: "repeated", type: "Service", id: 10 },
          },
        },
        DIDDocumentWithSeq: {
          fields: { document: { type: "DIDDocument", id: 1 }, sequence: { type: "uint64", id: 2 } },
        },
        DataWithSeq: { fields: { data: { type: "bytes", id: 1 }, sequence: { type: "uint64", id: 2 } } },
        MsgCreateDIDRequest: {
          fields: {
            did: { type: "string", id: 1 },
            document: { type: "DIDDocument", id: 2 },
            verificationMethodId: { type: "string", id: 3 },
            signature: { type: "bytes", id: 4 },
            fromAddress: { type: "string", id: 5 },
          },
        },
        MsgUpdateDIDRequest: {
          fields: {
            did: { type: "string", id: 1 },
            document: { type: "DIDDocument", id: 2 },
            verificationMethodId: { type: "string", id: 3 },
            signature: { type: "bytes", id: 4 },
            fromAddress: { type: "string", id: 5 },
          },
        },
        MsgDeactivateDIDRequest: {
          fields: {
            did: { type: "string", id: 1 },
            verificationMethodId: { type: "string", id: 2 },
            signature: { type: "bytes", id: 3 },
            fromAddress: { type: "string", id: 4 },
          },
        },
        QueryDIDRequest: { fields: { didBase64: { type: "string", id: 1 } } },
        QueryDIDResponse: { fields: { didDocumentWithSeq: { type: "DIDDocumentWithSeq", id: 1 } } },
      },
    },
  },
});

const type = (name) => root.lookupType(`panacea.did.v2.${name}`);

export const createURL = "/panacea.did.v2.MsgCreateDIDRequest";
export const updateURL = "/panacea.did.v2.MsgUpdateDIDRequest";
export const deactivateURL = "/panacea.did.v2.MsgDeactivateDIDRequest";

/** What a cosmjs Registry needs to know of the DID messages. */
export const registryTypes = [
  [createURL, type("MsgCreateDIDRequest")],
  [updateURL, type("MsgUpdateDIDRequest")],
  [deactivateURL, type("MsgDeactivateDIDRequest")],
];

/** Returns the protobuf encoding of a value. */
export function encode(name, value) {
  const problem = type(name).verify(value);
  if (problem) {
    throw new Error(`${name}: ${problem}`);
  }
  return Uint8Array.from(type(name).encode(type(name).create(value)).finish());
}

/** Decodes to a plain object that has only the fields that are set. uint64 becomes a decimal string. */
export function decode(name, bytes) {
  return type(name).toObject(type(name).decode(bytes), { longs: String });
}
