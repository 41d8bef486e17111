// The peer of vc_test.go and of test/bench/vcjs: npm's implementations of verifiable credentials behind a line protocol. Each
// line of standard input is a request {"op": …}, each line of standard output its answer {"ok": …} or {"error": "…"}.
import {createInterface} from 'node:readline';
import * as bbs from '@digitalbazaar/bbs-signatures';
import * as bbs2023 from '@digitalbazaar/bbs-2023-cryptosuite';
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as ecdsaSd2023 from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as statusList from '@digitalbazaar/vc-bitstring-status-list';
import * as vc from '@digitalbazaar/vc';
import dataIntegrityContext from '@digitalbazaar/data-integrity-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as ecdsaRdfc2019} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsaRdfc2022} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

// Contexts and DID documents that the test supplies, by URL.
const documents = new Map();

const documentLoader = async url => {
  const document = documents.get(url) ?? dataIntegrityContext.contexts.get(url);
  return document ? {contextUrl: null, documentUrl: url, document} : vc.defaultDocumentLoader(url);
};

async function signerOf(cryptosuite, key) {
  const Multikey = {
    'bbs-2023': Bls12381Multikey, 'eddsa-rdfc-2022': Ed25519Multikey,
    'ecdsa-rdfc-2019': EcdsaMultikey, 'ecdsa-sd-2023': EcdsaMultikey,
  }[cryptosuite];
  const pair = await Multikey.from(key);
  return pair.signer();
}

function signSuite(cryptosuite, options) {
  switch(cryptosuite) {
    case 'bbs-2023': return bbs2023.createSignCryptosuite(options);
    case 'ecdsa-sd-2023': return ecdsaSd2023.createSignCryptosuite(options);
    case 'eddsa-rdfc-2022': return eddsaRdfc2022;
    case 'ecdsa-rdfc-2019': return ecdsaRdfc2019;
  }
  throw new Error(`no cryptosuite ${cryptosuite}`);
}

function verifySuite(cryptosuite) {
  switch(cryptosuite) {
    case 'bbs-2023': return bbs2023.createVerifyCryptosuite();
    case 'ecdsa-sd-2023': return ecdsaSd2023.createVerifyCryptosuite();
  }
  return signSuite(cryptosuite);
}

function discloseSuite(cryptosuite, selectivePointers) {
  const of = {'bbs-2023': bbs2023, 'ecdsa-sd-2023': ecdsaSd2023}[cryptosuite];
  return new DataIntegrityProof({cryptosuite: of.createDiscloseCryptosuite({selectivePointers})});
}

const bytes = hex => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = b => Buffer.from(b).toString('hex');

function outcome(result) {
  if(result.verified) {
    return {verified: true};
  }
  const errors = [];
  const collect = e => {
    errors.push(e.message);
    (e.errors ?? []).forEach(collect);
  };
  collect(result.error);
  return {verified: false, errors};
}

const operations = {
  documents: async ({add}) => {
    for(const [url, document] of Object.entries(add)) {
      documents.set(url, document);
    }
  },
  issue: async ({cryptosuite, key, credential, mandatoryPointers, date}) => vc.issue({
    credential, documentLoader,
    suite: new DataIntegrityProof({
      signer: await signerOf(cryptosuite, key), date, cryptosuite: signSuite(cryptosuite, {mandatoryPointers}),
    }),
  }),
  verify: async ({cryptosuite, credential, now}) => outcome(await vc.verifyCredential({
    credential, documentLoader, now: new Date(now), suite: new DataIntegrityProof({cryptosuite: verifySuite(cryptosuite)}),
  })),
  derive: async ({cryptosuite, credential, selectivePointers}) => vc.derive({
    verifiableCredential: credential, documentLoader, suite: discloseSuite(cryptosuite, selectivePointers),
  }),
  present: async ({cryptosuite, key, credentials, holder, challenge, domain, version}) => vc.signPresentation({
    presentation: vc.createPresentation({verifiableCredential: credentials, holder, version, verify: false}),
    challenge, domain, documentLoader,
    suite: new DataIntegrityProof({signer: await signerOf(cryptosuite, key), cryptosuite: signSuite(cryptosuite)}),
  }),
  verifyPresentation: async ({cryptosuites, presentation, challenge, domain, now}) => outcome(await vc.verify({
    presentation, challenge, domain, documentLoader, now: new Date(now),
    suite: cryptosuites.map(c => new DataIntegrityProof({cryptosuite: verifySuite(c)})),
  })),
  bbsSign: async ({ciphersuite, secretKey, publicKey, header, messages}) => hex(await bbs.sign({
    ciphersuite, secretKey: bytes(secretKey), publicKey: bytes(publicKey), header: bytes(header), messages: messages.map(bytes),
  })),
  bbsVerify: async ({ciphersuite, publicKey, signature, header, messages}) => bbs.verifySignature({
    ciphersuite, publicKey: bytes(publicKey), signature: bytes(signature), header: bytes(header), messages: messages.map(bytes),
  }),
  bbsProve: async ({ciphersuite, publicKey, signature, header, presentationHeader, messages, disclosed}) => hex(await bbs.deriveProof({
    ciphersuite, publicKey: bytes(publicKey), signature: bytes(signature), header: bytes(header),
    presentationHeader: bytes(presentationHeader), messages: messages.map(bytes), disclosedMessageIndexes: disclosed,
  })),
  bbsVerifyProof: async ({ciphersuite, publicKey, proof, header, presentationHeader, messages, disclosed}) => bbs.verifyProof({
    ciphersuite, publicKey: bytes(publicKey), proof: bytes(proof), header: bytes(header),
    presentationHeader: bytes(presentationHeader), disclosedMessages: messages.map(bytes), disclosedMessageIndexes: disclosed,
  }),
  statusEncode: async ({length, set}) => {
    const list = await statusList.createList({length});
    set.forEach(i => list.setStatus(i, true));
    return list.encode();
  },
  statusDecode: async ({encodedList, indexes}) => {
    const list = await statusList.decodeList({encodedList});
    return {length: list.length, set: indexes.map(i => list.getStatus(i))};
  },
  // time derives and verifies over and over, and tells the milliseconds of each round.
  time: async ({cryptosuite, credential, selectivePointers, rounds, now}) => {
    const derive = [];
    const verify = [];
    for(let i = 0; i < rounds; i++) {
      const start = performance.now();
      const derived = await operations.derive({cryptosuite, credential, selectivePointers});
      const middle = performance.now();
      const {verified, errors} = await operations.verify({cryptosuite, credential: derived, now});
      if(!verified) {
        throw new Error(errors.join('; '));
      }
      derive.push(middle - start);
      verify.push(performance.now() - middle);
    }
    return {derive, verify};
  },
};

for await (const line of createInterface({input: process.stdin})) {
  const {op, ...request} = JSON.parse(line);
  let answer;
  try {
    answer = {ok: await operations[op](request) ?? null};
  } catch(e) {
    answer = {error: `${e.message}${e.cause ? `: ${e.cause.message}` : ''} ${JSON.stringify(e.details ?? '')}`};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
