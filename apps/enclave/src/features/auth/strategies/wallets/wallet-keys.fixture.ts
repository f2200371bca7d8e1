// Wallets with real keys, made from a seed: what they sign is what wallets of people sign.
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { Secp256k1HdWallet } from '@cosmjs/amino';
import { ed25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { base58, bech32 } from '@scure/base';
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

const seedOf = (name: string) => new Uint8Array(createHash('sha256').update(`wallet ${name}`).digest());

export function evmWallet(name: string): Wallet<'evm'> {
  const key = seedOf(name);
  return {
    family: 'evm',
    address: addressOf(secp256k1.getPublicKey(key, false)),
    sign(text) {
      const message = Buffer.from(text);
      const digest = keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`), message]));
      const [recovery = 0, ...rs] = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' });
      return Uint8Array.from([...rs, 27 + recovery]);
    },
  };
}

/** Signs with Node's own Ed25519. */
export function solanaWallet(name: string): Wallet<'solana'> {
  const seed = seedOf(name);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return {
    family: 'solana',
    address: base58.encode(ed25519.getPublicKey(seed)),
    sign: (text) => new Uint8Array(sign(null, Buffer.from(text), key)),
  };
}

type SignDoc = Record<string, unknown>;

export function cosmosWallet(name: string, prefix = 'cosmos'): CosmosWallet {
  const key = seedOf(name);
  const publicKey = secp256k1.getPublicKey(key, true);
  const address = bech32.encode(prefix, bech32.toWords(hashOf(publicKey)));
  const signDoc = (doc: SignDoc) => secp256k1.sign(Buffer.from(JSON.stringify(sorted(doc))), key);
  return { family: 'cosmos', address, publicKey, signDoc, sign: (text) => signDoc(adr36(address, text)) };
}

export function adr36(signer: string, text: string): SignDoc {
  const data = Buffer.from(text).toString('base64');
  const msgs = [{ type: 'sign/MsgSignData', value: { signer, data } }];
  return { chain_id: '', account_number: '0', sequence: '0', fee: { gas: '0', amount: [] }, msgs, memo: '' };
}

/** What `@cosmjs/amino` makes of a text: another implementation's word for it. */
export async function signByCosmjs(mnemonic: string, prefix: string, toText: (address: string) => string) {
  const wallet = await Secp256k1HdWallet.fromMnemonic(mnemonic, { prefix });
  const [account] = await wallet.getAccounts();
  if (!account) throw new Error('no account');
  const text = toText(account.address);
  const { signature } = await wallet.signAmino(account.address, adr36(account.address, text) as never);
  return {
    address: account.address,
    text,
    signature: new Uint8Array(Buffer.from(signature.signature, 'base64')),
    publicKey: account.pubkey,
  };
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
