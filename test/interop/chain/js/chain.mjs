// Reading DIDs back from the node in each way that it offers, and transactions that must be refused.

import assert from "node:assert/strict";

import { createProtobufRpcClient, QueryClient } from "@cosmjs/stargate";
import { connectComet } from "@cosmjs/tendermint-rpc";

import { rest, w3c, withoutEmpty } from "./identity.mjs";
import { input } from "./steps.mjs";
import { decode, encode } from "./wire.mjs";

export const comet = await connectComet(input.rpc);
const rpc = createProtobufRpcClient(new QueryClient(comet));

/** The document and its sequence, by the gRPC query through the node's RPC. */
export async function queryDID(did) {
  const request = encode("QueryDIDRequest", { didBase64: Buffer.from(did).toString("base64") });
  const response = decode("QueryDIDResponse", await rpc.request("panacea.did.v2.Query", "DID", request));
  return response.didDocumentWithSeq;
}

/** Asks the node over HTTP and returns the status and the JSON. */
export async function get(path, headers = {}) {
  const response = await fetch(input.rest + path, { headers });
  const type = response.headers.get("content-type") ?? "";
  const text = await response.text();
  return { status: response.status, type, body: JSON.parse(text) };
}

export const restPath = (did) => `/panacea/did/v2/dids/${Buffer.from(did).toString("base64")}`;
export const resolverPath = (did) => `/1.0/identifiers/${did}`;

/** Asserts that every way of reading shows the document with the sequence. */
export async function assertStored(document, sequence) {
  const stored = await queryDID(document.id);
  assert.deepEqual(stored.document, document, "the document by gRPC");
  assert.equal(stored.sequence ?? "0", String(sequence), "the sequence by gRPC");

  const { status, body } = await get(restPath(document.id));
  assert.equal(status, 200, `REST: ${JSON.stringify(body)}`);
  assert.deepEqual(withoutEmpty(body.did_document_with_seq.document), rest(document), "the document by REST");
  assert.equal(body.did_document_with_seq.sequence, String(sequence), "the sequence by REST");

  const resolved = await get(resolverPath(document.id), { accept: "application/did-resolution" });
  assert.equal(resolved.status, 200, `resolution: ${JSON.stringify(resolved.body)}`);
  assert.deepEqual(resolved.body.didDocument, w3c(document), "the document by resolution");
  assert.equal(resolved.body.didDocumentMetadata.versionId, String(sequence), "the version id by resolution");
  assert.ok(!resolved.body.didDocumentMetadata.deactivated, "resolution says deactivated");

  const plain = await get(resolverPath(document.id), { accept: "application/did" });
  assert.deepEqual(plain.body, w3c(document), "the document alone by resolution");
}

/** Asserts that every way of reading says that the DID is gone for good. */
export async function assertDeactivated(did) {
  await assert.rejects(queryDID(did), /deactivated/i, "the gRPC query still answers");
  const { status } = await get(restPath(did));
  assert.equal(status, 404, "REST still answers");
  const resolved = await get(resolverPath(did), { accept: "application/did-resolution" });
  assert.equal(resolved.status, 410, "the resolver's status");
  assert.equal(resolved.body.didDocumentMetadata.deactivated, true, "the resolver's metadata");
}
