// What every script shares: its input, and how it reports each step to chain_test.go.

import { readFileSync } from "node:fs";

/**
 * The network and the wallets, one JSON object on standard input: rpc, rest, chainId; wallet and other, each with mnemonic and
 * address.
 */
export const input = JSON.parse(readFileSync(0, "utf8"));

/** Runs a step and prints one line of JSON about it; the first step that fails ends the script. */
export async function step(name, run) {
  try {
    print({ step: name, facts: (await run()) ?? {} });
  } catch (error) {
    print({ step: name, error: error.stack ?? String(error) });
    process.exit(1);
  }
}

/** Ends the script. cosmjs leaves a timer behind for each broadcast that failed, which would keep Node.js alive for a minute. */
export const done = () => process.exit(0);

const print = (line) => console.log(JSON.stringify(line));
