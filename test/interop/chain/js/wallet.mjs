// Wallets of @cosmjs/stargate that sign directly or, if the script's argument is amino, amino JSON; and transactions that must be
// accepted or refused.

import assert from "node:assert/strict";

import { Secp256k1HdWallet } from "@cosmjs/amino";
import { stringToPath } from "@cosmjs/crypto";
import { DirectSecp256k1HdWallet, Registry } from "@cosmjs/proto-signing";
import { calculateFee, defaultRegistryTypes, GasPrice, SigningStargateClient } from "@cosmjs/stargate";

import { aminoTypes } from "./amino.mjs";
import { comet } from "./chain.mjs";
import { exchangeTypes } from "./exchangewire.mjs";
import { input } from "./steps.mjs";
import { registryTypes } from "./wire.mjs";

const wallets = { direct: DirectSecp256k1HdWallet, amino: Secp256k1HdWallet };
export const mode = process.argv[2];
const gasPrice = GasPrice.fromString("5umed");
export const fee = calculateFee(400_000, gasPrice);

const options = {
  registry: new Registry([...defaultRegistryTypes, ...registryTypes, ...exchangeTypes]),
  aminoTypes: aminoTypes(),
  gasPrice,
  broadcastPollIntervalMs: 100,
};

/** Returns a client that signs with the key of a mnemonic. */
export async function connect({ mnemonic }, changed = {}) {
  const signer = await wallets[mode].fromMnemonic(mnemonic, {
    prefix: "panacea",
    hdPaths: [stringToPath("m/44'/371'/0'/0/0")],
  });
  const [{ address }] = await signer.getAccounts();
  const client = await SigningStargateClient.connectWithSigner(input.rpc, signer, { ...options, ...changed });
  return { address, client };
}

/** Sends a message that must succeed, and returns the hash of its transaction. */
export async function send(from, message, txFee = fee) {
  const result = await from.client.signAndBroadcast(from.address, [message], txFee);
  assert.equal(result.code, 0, `${message.typeUrl}: ${result.rawLog}`);
  return result.transactionHash;
}

/** Sends a message that must fail with an error of a module. The fee is given, so that no simulation hides the chain's own check. */
export async function refused(from, message, module, code) {
  let result;
  try {
    result = await from.client.signAndBroadcast(from.address, [message], fee);
  } catch (error) {
    result = { code: error.code, codespace: error.codespace, rawLog: String(error) }; // refused before it reached a block
  }
  assert.notEqual(result.code, 0, `${message.typeUrl} was accepted`);
  const { code: got, codespace } = await resultOf(result);
  assert.deepEqual([codespace, got], [module, code], result.rawLog);
}

// cosmjs leaves the codespace out of what it returns for a transaction in a block.
async function resultOf(result) {
  if (!result.transactionHash) {
    return result;
  }
  const { result: inBlock } = await comet.tx({ hash: Buffer.from(result.transactionHash, "hex") });
  return { code: inBlock.code, codespace: inBlock.codespace };
}
