// Wallets with real keys, made from a name: what they sign is what wallets of people sign. They run in browsers too.
import { ed25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { base58, base64, bech32 } from '@scure/base';
import { hashOf } from './cosmos-address.ts';
import { addressOf } from './evm-address.ts';
import type { Family } from './text.ts';

interface Wallet<F extends Family> {
  readonly family: F;
  readonly address: string;
  readonly publicKey?: Uint8Array;
  sign(text: string): Uint8Array;
}
interface CosmosWallet extends Wallet<'cosmos'> {
  readonly publicKey: Uint8Array;
  signDoc(doc: SignDoc): Uint8Array;
}
export type TestWallet = Wallet<'evm'> | Wallet<'solana'> | CosmosWallet;

const seedOf = (name: string) => sha256(utf8ToBytes(`wallet ${name}`));

export function evmWallet(name: string): Wallet<'evm'> {
  const key = seedOf(name);
  return {
    family: 'evm',
    address: addressOf(secp256k1.getPublicKey(key, false)),
    sign(text) {
      const message = utf8ToBytes(text);
      const digest = keccak_256(concatBytes(utf8ToBytes(`\x19Ethereum Signed Message:\n${message.length}`), message));
      const [recovery = 0, ...rs] = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' });
      return Uint8Array.from([...rs, 27 + recovery]);
    },
  };
}

export function solanaWallet(name: string): Wallet<'solana'> {
  const seed = seedOf(name);
  return {
    family: 'solana',
    address: base58.encode(ed25519.getPublicKey(seed)),
    sign: (text) => ed25519.sign(utf8ToBytes(text), seed),
  };
}

type SignDoc = Record<string, unknown>;

export function cosmosWallet(name: string, prefix = 'cosmos'): CosmosWallet {
  const key = seedOf(name);
  const publicKey = secp256k1.getPublicKey(key, true);
  const address = bech32.encode(prefix, bech32.toWords(hashOf(publicKey)));
  const signDoc = (doc: SignDoc) => secp256k1.sign(utf8ToBytes(JSON.stringify(sorted(doc))), key);
  return { family: 'cosmos', address, publicKey, signDoc, sign: (text) => signDoc(adr36(address, text)) };
}

export function adr36(signer: string, text: string): SignDoc {
  const data = base64.encode(utf8ToBytes(text));
  const msgs = [{ type: 'sign/MsgSignData', value: { signer, data } }];
  return { chain_id: '', account_number: '0', sequence: '0', fee: { gas: '0', amount: [] }, msgs, memo: '' };
}

/** Amino JSON: keys in order, at every depth. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}
