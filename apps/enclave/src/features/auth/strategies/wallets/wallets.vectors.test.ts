import { createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Secp256k1HdWallet } from '@cosmjs/amino';
import { base58 } from '@scure/base';
import { expect, test } from 'vitest';
import { verifySigned, WALLETS } from './families.ts';
import { WalletRefused } from './refusal.ts';
import { type Family, readSignInText, type SignInText, writeSignInText } from './text.ts';
import { listVectors, VECTORS, type Vector } from './vectors.fixture.ts';
import { adr36, solanaWallet } from './wallet-keys.fixture.ts';

const own: Vector[] = JSON.parse(readFileSync(VECTORS, 'utf8'));
const SHARED = new URL('../../../../../../../../shared/identity-vectors/', import.meta.url);

const bytes = (text: string | undefined, encoding: 'base64' | 'base64url' = 'base64url') =>
  text === undefined ? undefined : new Uint8Array(Buffer.from(text, encoding));

function read<T>(path: string): T | undefined {
  const file = new URL(path, SHARED);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function verdict(fn: () => unknown): string {
  try {
    fn();
    return 'accept';
  } catch (error) {
    if (error instanceof WalletRefused) return error.reason;
    throw error;
  }
}

test('the vectors are those that their generator makes', () => {
  expect(own).toEqual(listVectors());
  expect(own.length).toBeGreaterThan(150);
});

test.each(own)('$name', ({ family, expected, asked, now, address, text, signature, publicKey }) => {
  const signed = { address, text, signature: bytes(signature) ?? new Uint8Array(), publicKey: bytes(publicKey) };
  expect(verdict(() => verifySigned(family, signed, asked, new Date(now)))).toBe(expected);
});

test('an account of Ethereum signs as the documentation of web3.js shows', () => {
  // web3.js 1.x, `web3.eth.accounts.sign('Some data', …)`.
  const signature = bytes(
    Buffer.from(
      'b91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c',
      'hex',
    ).toString('base64url'),
  );
  const address = '0x2c7536E3605D9C16a7a3D7b1898e529396a65c23';
  expect(WALLETS.evm.verify({ address, text: 'Some data', signature: signature ?? new Uint8Array() })).toBe(address);
});

test.each([
  // EIP-55, test cases.
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
])('%s has its one spelling', (address) => {
  expect(WALLETS.evm.toAddress(address.toLowerCase())).toBe(address);
});

test('what @cosmjs/amino signs is taken, whatever the prefix, and is one person on all chains', async () => {
  const mnemonic = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
  const subjects = new Set<string>();
  for (const prefix of ['cosmos', 'osmo', 'secret']) {
    const { asked, now } = own.find(({ family }) => family === 'cosmos') as Vector;
    const signed = await signByCosmjs(mnemonic, prefix, (address) =>
      writeSignInText('cosmos', {
        ...asked,
        address,
        version: '1',
        issuedAt: now,
        expirationTime: '2026-11-21T12:05:00Z',
      }),
    );
    subjects.add(verifySigned('cosmos', signed, asked, new Date(now)));
  }
  expect(subjects.size).toBe(1);
});

test("Node's own Ed25519 agrees with what the test's Solana wallet signs", () => {
  const { address, sign } = solanaWallet('node');
  const x = Buffer.from(base58.decode(address)).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  expect(verify(null, Buffer.from('text'), key, sign('text'))).toBe(true);
});

interface Generated {
  name: string;
  expected: 'accept' | 'reject';
  context: { domain: string; uri: string; now: string; expectedNonce: string; chainId?: string };
  address: string;
  message: string;
  signature: string;
  pubKey?: string;
}

/** The sign document of ADR-36 rows is not given to the verifier, which builds it from the text. */
const generated = (['cosmos-adr36', 'solana-siws'] as const).flatMap((file) =>
  (read<Generated[]>(`wallet-generated/${file}.json`) ?? []).map((row) => ({ ...row, family: file.split('-')[0] as Family })),
);

test.runIf(generated.length > 0).each(generated)('shared $family: $name', ({ family, expected, context, ...row }) => {
  const { domain, uri, expectedNonce: nonce, chainId } = context;
  const signature = family === 'solana' ? base58.decode(row.signature) : bytes(row.signature, 'base64');
  const signed = {
    address: row.address,
    text: row.message,
    signature: signature ?? new Uint8Array(),
    publicKey: bytes(row.pubKey, 'base64'),
  };
  const asked = { domain, uri, nonce, ...(chainId ? { chainId } : {}) };
  expect(verdict(() => verifySigned(family, signed, asked, new Date(context.now))) === 'accept').toBe(expected === 'accept');
});

type Fields = Omit<SignInText, 'chainId'> & { chainId: string | number };
const positive = Object.entries(read<Record<string, { message: string; fields: Fields }>>('siwe-eip4361/test/parsing_positive.json') ?? {});
const negative = Object.entries(read<Record<string, string>>('siwe-eip4361/test/parsing_negative.json') ?? {});
const objects = Object.entries(read<Record<string, Fields>>('siwe-eip4361/test/parsing_negative_objects.json') ?? {});

test.runIf(positive.length > 0).each(positive)('EIP-4361 reads and writes: %s', (_, { message, fields }) => {
  const { scheme, ...rest } = { ...fields, chainId: String(fields.chainId) };
  const expected = scheme ? { ...rest, scheme } : rest;
  expect(readSignInText('evm', message)).toEqual(expected);
  expect(writeSignInText('evm', expected)).toBe(message);
});

test.runIf(negative.length > 0).each(negative)('EIP-4361 refuses to read: %s', (_, message) => {
  expect(verdict(() => readSignInText('evm', message))).toBe('text');
});

test.runIf(objects.length > 0).each(objects)('EIP-4361 refuses to write: %s', (_, fields) => {
  const value = fields.chainId === undefined ? fields : { ...fields, chainId: String(fields.chainId) };
  expect(verdict(() => writeSignInText('evm', value as SignInText))).toBe('text');
});

/** What `@cosmjs/amino` makes of a text: another implementation's word for it. */
async function signByCosmjs(mnemonic: string, prefix: string, toText: (address: string) => string) {
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
