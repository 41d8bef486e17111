// The messages with which people publish resources, create and end deals, and sell data: protobuf and amino JSON, written by hand
// from docs/protocol, so that a change of proto/ that breaks wallets fails the test.

import protobuf from "protobufjs";

const optional = (type, id) => ({ type, id });
const repeated = (type, id) => ({ rule: "repeated", type, id });

const root = protobuf.Root.fromJSON({
  nested: {
    Coin: { fields: { denom: optional("string", 1), amount: optional("string", 2) } },
    Timestamp: { fields: { seconds: optional("int64", 1), nanos: optional("int32", 2) } },
    Duration: { fields: { seconds: optional("int64", 1), nanos: optional("int32", 2) } },
    Fraction: { fields: { numerator: optional("uint32", 1), denominator: optional("uint32", 2) } },
    SignDoc: {
      fields: {
        chainId: optional("string", 1),
        did: optional("string", 2),
        collectionId: optional("string", 3),
        id: optional("string", 4),
        name: optional("string", 5),
        resourceType: optional("string", 6),
        version: optional("string", 7),
        mediaType: optional("string", 8),
        sha256: optional("bytes", 9),
        previousVersionId: optional("string", 10),
      },
    },
    MsgCreateResource: {
      fields: {
        did: optional("string", 1),
        id: optional("string", 2),
        name: optional("string", 3),
        resourceType: optional("string", 4),
        version: optional("string", 5),
        mediaType: optional("string", 6),
        data: optional("bytes", 7),
        previousVersionId: optional("string", 8),
        verificationMethodId: optional("string", 9),
        signature: optional("bytes", 10),
        fromAddress: optional("string", 11),
      },
    },
    Certificate: {
      fields: {
        chainId: optional("string", 1),
        dealId: optional("string", 2),
        provider: optional("string", 3),
        dataCommitment: optional("bytes", 4),
        objectCid: optional("string", 5),
        objectSize: optional("uint64", 6),
        uniquenessTag: optional("bytes", 7),
        lastHeight: optional("int64", 8),
      },
    },
    OracleSignature: { fields: { oracle: optional("string", 1), signature: optional("bytes", 2) } },
    SchemaRequirement: { fields: { digest: optional("bytes", 1), url: optional("string", 2) } },
    Requirements: {
      fields: {
        mediaType: optional("string", 1),
        schemas: repeated("SchemaRequirement", 2),
        presentationDefinition: optional("bytes", 3),
        trustedIssuers: repeated("string", 4),
      },
    },
    AgreementTerm: {
      fields: {
        id: optional("uint32", 1),
        required: optional("bool", 2),
        title: optional("string", 3),
        text: optional("string", 4),
      },
    },
    TermAnswer: { fields: { termId: optional("uint32", 1), agreed: optional("bool", 2) } },
    MsgCreateDeal: {
      fields: {
        consumer: optional("string", 1),
        consumerDid: optional("string", 2),
        consumerKey: optional("bytes", 3),
        budget: optional("Coin", 4),
        dataCount: optional("uint64", 5),
        requirements: optional("Requirements", 6),
        terms: repeated("AgreementTerm", 7),
        uniqueness: optional("uint32", 8),
        quorum: optional("Fraction", 9),
        expiresAt: optional("Timestamp", 10),
        disputeWindow: optional("Duration", 11),
      },
    },
    MsgSubmitConsent: {
      fields: {
        provider: optional("string", 1),
        certificate: optional("Certificate", 2),
        signatures: repeated("OracleSignature", 3),
        answers: repeated("TermAnswer", 4),
      },
    },
    MsgDeactivateDeal: { fields: { consumer: optional("string", 1), dealId: optional("string", 2) } },
  },
});

/** Returns the protobuf encoding of a value. */
export function encode(name, value) {
  const type = root.lookupType(name);
  const problem = type.verify(value);
  if (problem) {
    throw new Error(`${name}: ${problem}`);
  }
  return Uint8Array.from(type.encode(type.create(value)).finish());
}

export const resourceURL = "/panacea.resource.v1.MsgCreateResource";
export const dealURL = "/panacea.datadeal.v1.MsgCreateDeal";
export const consentURL = "/panacea.datadeal.v1.MsgSubmitConsent";
export const endURL = "/panacea.datadeal.v1.MsgDeactivateDeal";

/** What a cosmjs Registry needs to know of the messages. */
export const exchangeTypes = [resourceURL, dealURL, consentURL, endURL].map((url) => [
  url,
  root.lookupType(url.split(".").pop()),
]);

const base64 = (bytes) => (bytes?.length ? Buffer.from(bytes).toString("base64") : undefined);
const bytes = (text) => Uint8Array.from(Buffer.from(text ?? "", "base64"));

// What amino leaves out: what is not set, empty texts and lists, and false.
const set = (json) =>
  Object.fromEntries(Object.entries(json).filter(([, v]) => v !== undefined && v !== "" && v !== false && v.length !== 0));

const certificateToAmino = (c) => ({
  chain_id: c.chainId,
  data_commitment: base64(c.dataCommitment),
  deal_id: c.dealId,
  last_height: String(c.lastHeight),
  object_cid: c.objectCid,
  object_size: String(c.objectSize),
  provider: c.provider,
  uniqueness_tag: base64(c.uniquenessTag),
});

const certificateFromAmino = (c) => ({
  chainId: c.chain_id,
  dealId: c.deal_id,
  provider: c.provider,
  dataCommitment: bytes(c.data_commitment),
  objectCid: c.object_cid,
  objectSize: Number(c.object_size),
  uniquenessTag: bytes(c.uniqueness_tag),
  lastHeight: Number(c.last_height),
});

/** The converters with which cosmjs signs amino JSON. */
export const exchangeConverters = {
  [resourceURL]: {
    aminoType: "resource/CreateResource",
    toAmino: (m) =>
      set({
        did: m.did,
        id: m.id,
        name: m.name,
        resource_type: m.resourceType,
        version: m.version,
        media_type: m.mediaType,
        data: base64(m.data),
        previous_version_id: m.previousVersionId,
        verification_method_id: m.verificationMethodId,
        signature: base64(m.signature),
        from_address: m.fromAddress,
      }),
    fromAmino: (m) => ({
      did: m.did,
      id: m.id,
      name: m.name,
      resourceType: m.resource_type,
      version: m.version ?? "",
      mediaType: m.media_type,
      data: bytes(m.data),
      previousVersionId: m.previous_version_id ?? "",
      verificationMethodId: m.verification_method_id,
      signature: bytes(m.signature),
      fromAddress: m.from_address,
    }),
  },
  [dealURL]: {
    aminoType: "datadeal/CreateDeal",
    toAmino: (m) => ({
      consumer: m.consumer,
      consumer_did: m.consumerDid,
      consumer_key: base64(m.consumerKey),
      budget: m.budget,
      data_count: String(m.dataCount),
      requirements: set({
        media_type: m.requirements.mediaType,
        schemas: m.requirements.schemas.map((s) => set({ digest: base64(s.digest), url: s.url })),
      }),
      terms: m.terms.map(set),
      uniqueness: m.uniqueness,
      quorum: m.quorum,
      expires_at: new Date(m.expiresAt.seconds * 1000).toISOString().replace(".000Z", "Z"),
      dispute_window: "0",
    }),
    fromAmino: (m) => ({
      consumer: m.consumer,
      consumerDid: m.consumer_did,
      consumerKey: bytes(m.consumer_key),
      budget: m.budget,
      dataCount: Number(m.data_count),
      requirements: {
        mediaType: m.requirements.media_type,
        schemas: (m.requirements.schemas ?? []).map((s) => ({ digest: bytes(s.digest), url: s.url ?? "" })),
      },
      terms: m.terms,
      uniqueness: m.uniqueness,
      quorum: m.quorum,
      expiresAt: { seconds: Date.parse(m.expires_at) / 1000 },
      disputeWindow: {},
    }),
  },
  [consentURL]: {
    aminoType: "datadeal/SubmitConsent",
    toAmino: (m) => ({
      provider: m.provider,
      certificate: certificateToAmino(m.certificate),
      signatures: m.signatures.map((s) => ({ oracle: s.oracle, signature: base64(s.signature) })),
      answers: m.answers.map((a) => set({ term_id: a.termId, agreed: a.agreed })),
    }),
    fromAmino: (m) => ({
      provider: m.provider,
      certificate: certificateFromAmino(m.certificate),
      signatures: m.signatures.map((s) => ({ oracle: s.oracle, signature: bytes(s.signature) })),
      answers: m.answers.map((a) => ({ termId: a.term_id, agreed: a.agreed ?? false })),
    }),
  },
  [endURL]: {
    aminoType: "datadeal/DeactivateDeal",
    toAmino: (m) => ({ consumer: m.consumer, deal_id: m.dealId }),
    fromAmino: (m) => ({ consumer: m.consumer, dealId: m.deal_id }),
  },
};
