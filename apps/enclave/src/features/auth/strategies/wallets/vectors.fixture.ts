/** Makes `vectors/wallets/index.json`, the same each time: `node apps/enclave/src/features/auth/strategies/wallets/vectors.fixture.ts`. */
import { writeFileSync } from 'node:fs';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Family } from './text.ts';
import { adr36, cosmosWallet, evmWallet, solanaWallet, type TestWallet } from './wallet-keys.fixture.ts';

export interface Vector {
  readonly name: string;
  readonly family: Family;
  /** `accept`, or the check that must refuse it. */
  readonly expected: string;
  readonly asked: {
    readonly domain: string;
    readonly uri: string;
    readonly nonce: string;
    readonly chainId: string;
    readonly statement: string;
  };
  readonly now: string;
  readonly address: string;
  readonly text: string;
  /** base64url */
  readonly signature: string;
  readonly publicKey?: string;
}

export const VECTORS = new URL('../../../../../../../vectors/wallets/index.json', import.meta.url);

const SITE = { domain: 'app.example.test', uri: 'https://app.example.test' };
const NONCE = '8f14e45fceea167a5a36dedd4bea2543';
const STATEMENT = 'Sign in to Example';
const NOW = '2026-11-21T12:00:00.000Z';
const NAMES = { evm: 'Ethereum', solana: 'Solana', cosmos: 'Cosmos' };
const CHAINS = { evm: ['1', '137'], solana: ['mainnet', 'devnet'], cosmos: ['cosmoshub-4', 'osmosis-1'] } as const;

type Parts = ReturnType<typeof partsOf>;

function partsOf({ family, address }: TestWallet) {
  return {
    first: `${SITE.domain} wants you to sign in with your ${NAMES[family]} account:`,
    address,
    statement: STATEMENT,
    fields: [
      `URI: ${SITE.uri}`,
      'Version: 1',
      `Chain ID: ${CHAINS[family][0]}`,
      `Nonce: ${NONCE}`,
      'Issued At: 2026-11-21T11:59:00.000Z',
      'Expiration Time: 2026-11-21T12:09:00.000Z',
    ],
  };
}

const join = ({ first, address, statement, fields }: Parts) => [first, address, '', statement, '', ...fields].join('\n');
const withField =
  (label: string, value: string) =>
  (parts: Parts): Parts => ({ ...parts, fields: parts.fields.map((line) => (line.startsWith(label) ? `${label}: ${value}` : line)) });
const withLine =
  (at: number, line: string) =>
  (parts: Parts): Parts => ({ ...parts, fields: parts.fields.toSpliced(at, 0, line) });

/** Texts that a wallet signs validly; what is wrong with them is the text. */
const TEXTS: readonly (readonly [string, string, (parts: Parts, wallet: TestWallet) => Parts | string])[] = [
  ['good', 'accept', (parts) => parts],
  ['good-with-scheme', 'accept', (parts) => ({ ...parts, first: `https://${parts.first}` })],
  ['good-other-time-zone', 'accept', withField('Issued At', '2026-11-21T13:59:00+02:00')],
  ['good-not-before', 'accept', withLine(6, 'Not Before: 2026-11-21T11:59:30Z')],
  ['other-scheme', 'domain', (parts) => ({ ...parts, first: `http://${parts.first}` })],
  ['other-domain', 'domain', (parts) => ({ ...parts, first: parts.first.replace(SITE.domain, 'evil.example') })],
  ['domain-with-port', 'domain', (parts) => ({ ...parts, first: parts.first.replace(SITE.domain, `${SITE.domain}:8443`) })],
  ['domain-as-user-name', 'domain', (parts) => ({ ...parts, first: parts.first.replace(SITE.domain, `${SITE.domain}@evil.example`) })],
  ['domain-with-dot', 'domain', (parts) => ({ ...parts, first: parts.first.replace(SITE.domain, `${SITE.domain}.`) })],
  ['look-alike-domain', 'text', (parts) => ({ ...parts, first: parts.first.replace('example', 'exаmple') })],
  ['other-uri-origin', 'uri', withField('URI', 'https://evil.example/app.example.test')],
  ['uri-with-user-name', 'uri', withField('URI', 'https://app.example.test@evil.example')],
  ['uri-of-another-scheme', 'uri', withField('URI', 'did:key:z6Mk')],
  ['uri-without-tls', 'uri', withField('URI', 'http://app.example.test')],
  ['other-chain', 'chain', (parts, { family }) => withField('Chain ID', CHAINS[family][1])(parts)],
  ['other-nonce', 'nonce', withField('Nonce', 'ffffffffffffffffffffffffffffffff')],
  ['longer-nonce', 'nonce', withField('Nonce', `${NONCE}0`)],
  ['short-nonce', 'text', withField('Nonce', 'abc1234')],
  ['stale', 'time', withField('Issued At', '2020-01-01T00:00:00.000Z')],
  ['from-the-future', 'time', withField('Issued At', '2026-11-22T12:00:00.000Z')],
  ['expired', 'time', withField('Expiration Time', '2026-11-21T11:59:59.999Z')],
  ['no-expiry', 'time', (parts) => ({ ...parts, fields: parts.fields.slice(0, -1) })],
  ['not-yet-valid', 'time', withLine(6, 'Not Before: 2026-11-21T12:05:00Z')],
  ['day-that-is-not', 'text', withField('Issued At', '2026-11-31T11:59:00.000Z')],
  ['other-statement', 'addition', (parts) => ({ ...parts, statement: 'I agree to pay' })],
  [
    'no-statement',
    'addition',
    (parts, { family }) => [parts.first, parts.address, '', ...(family === 'solana' ? [] : ['']), ...parts.fields].join('\n'),
  ],
  ['request-id', 'addition', withLine(6, 'Request ID: some-id')],
  ['resources', 'addition', (parts) => ({ ...parts, fields: [...parts.fields, 'Resources:', '- urn:recap:eyJhdHQiOnt9fQ'] })],
  ['free-text-with-nonce', 'text', () => `I agree ${NONCE}`],
  ['empty', 'text', () => ''],
  ['nonce-twice', 'text', withLine(3, `Nonce: ${NONCE}`)],
  ['line-after-the-end', 'text', (parts) => `${join(parts)}\nNonce: ${NONCE}`],
  ['line-break-at-the-end', 'text', (parts) => `${join(parts)}\n`],
  ['line-breaks-of-windows', 'text', (parts) => join(parts).replaceAll('\n', '\r\n')],
  ['line-in-the-statement', 'text', (parts) => ({ ...parts, statement: `${STATEMENT}\nURI: https://evil.example` })],
  ['fields-out-of-order', 'text', (parts) => ({ ...parts, fields: parts.fields.toSpliced(0, 2, ...parts.fields.slice(0, 2).reverse()) })],
  ['field-in-other-case', 'text', (parts) => ({ ...parts, fields: parts.fields.map((line) => line.replace('Chain ID', 'Chain Id')) })],
  ['version-2', 'text', withField('Version', '2')],
  ['byte-order-mark', 'text', (parts) => `\uFEFF${join(parts)}`],
  [
    'name-of-another-family',
    'text',
    (parts, { family }) => ({
      ...parts,
      first: parts.first.replace(NAMES[family], NAMES[family === 'evm' ? 'solana' : 'evm']),
    }),
  ],
];

const SECP_ORDER = secp256k1.Point.CURVE().n;
const ED_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function* makeVectors(): Generator<Vector> {
  for (const [wallet, other] of [
    [evmWallet('one'), evmWallet('two')],
    [solanaWallet('one'), solanaWallet('two')],
    [cosmosWallet('one'), cosmosWallet('two')],
  ] as const) {
    const { family } = wallet;
    const row = (
      name: string,
      expected: string,
      text: string,
      change: { address?: string; signature?: Uint8Array; key?: Uint8Array | undefined } = {},
    ): Vector => {
      const key = 'key' in change ? change.key : wallet.publicKey;
      return {
        name: `${family}: ${name}`,
        family,
        expected,
        asked: { ...SITE, nonce: NONCE, chainId: CHAINS[family][0], statement: STATEMENT },
        now: NOW,
        address: change.address ?? wallet.address,
        text,
        signature: encode(change.signature ?? wallet.sign(text)),
        ...(key ? { publicKey: encode(key) } : {}),
      };
    };
    const good = join(partsOf(wallet));
    const signature = wallet.sign(good);
    for (const [name, expected, change] of TEXTS) {
      const changed = change(partsOf(wallet), wallet);
      yield row(name, expected, typeof changed === 'string' ? changed : join(changed));
    }
    yield row('address-of-another-key', 'address', good, { address: other.address });
    yield row('text-of-another-key', 'signature', join(partsOf(other)), {
      address: other.address,
      ...(other.publicKey ? { key: other.publicKey } : {}),
      signature: wallet.sign(join(partsOf(other))),
    });
    yield row('signature-over-another-text', 'signature', good, { signature: wallet.sign(`${good} `) });
    yield row('flipped-bit', 'signature', good, { signature: signature.map((byte, at) => (at === 7 ? byte ^ 1 : byte)) });
    yield row('short-signature', 'signature', good, { signature: signature.slice(0, 63) });
    yield row('long-signature', 'signature', good, { signature: Uint8Array.from([...signature, 0]) });
    yield row('no-signature', 'signature', good, { signature: new Uint8Array() });
    yield row('zero-signature', 'signature', good, { signature: new Uint8Array(signature.length) });
    if (wallet.family === 'evm') {
      yield row('recovery-bit-0', 'accept', good, { signature: Uint8Array.from([...signature.slice(0, 64), (signature[64] ?? 27) - 27]) });
      yield row('high-s', 'signature', good, { signature: withHighS(signature) });
      yield row('wrong-recovery-bit', 'signature', good, {
        signature: Uint8Array.from([...signature.slice(0, 64), 55 - (signature[64] ?? 27)]),
      });
      yield row('recovery-bit-29', 'signature', good, { signature: Uint8Array.from([...signature.slice(0, 64), 29]) });
      const lower = good.replace(wallet.address, wallet.address.toLowerCase());
      yield row('address-in-lower-case', 'text', lower);
      yield row('address-in-other-case', 'text', good.replace(wallet.address, flipCase(wallet.address)));
    }
    if (wallet.family === 'solana') {
      yield row('s-not-reduced', 'signature', good, { signature: withUnreducedS(signature) });
      yield row('key-of-small-order', 'signature', good.replace(wallet.address, SMALL), {
        address: SMALL,
        signature: Uint8Array.from([1, ...Array<number>(63).fill(0)]),
      });
    }
    if (wallet.family === 'cosmos') {
      const osmosis = cosmosWallet('one', 'osmo');
      const there = join(partsOf(osmosis));
      yield row('other-prefix', 'address', good, { address: osmosis.address });
      yield row('good-other-prefix', 'accept', there, { address: osmosis.address, signature: osmosis.sign(there) });
      yield row('high-s', 'signature', good, { signature: withHighS(signature) });
      yield row('key-of-another', 'address', good, { key: other.publicKey });
      yield row('uncompressed-key', 'address', good, { key: secp256k1.Point.fromBytes(wallet.publicKey).toBytes(false) });
      yield row('no-key', 'address', good, { key: undefined });
      const doc = adr36(wallet.address, good);
      const [msg] = doc.msgs as object[];
      const send = { type: 'cosmos-sdk/MsgSend', value: { from_address: wallet.address, to_address: other.address, amount: [] } };
      for (const [name, change] of Object.entries({
        'chain-id-set': { chain_id: 'cosmoshub-4' },
        'account-number-set': { account_number: '1' },
        'sequence-set': { sequence: '1' },
        'memo-set': { memo: 'x' },
        'fee-set': { fee: { gas: '200000', amount: [{ denom: 'uatom', amount: '1' }] } },
        'two-messages': { msgs: [msg, msg] },
        'a-transfer': { msgs: [send] },
        'a-transfer-beside': { msgs: [msg, send] },
        'other-signer': { msgs: adr36(other.address, good).msgs },
      }))
        yield row(name, 'signature', good, { signature: wallet.signDoc({ ...doc, ...change }) });
    }
  }
}

/** The neutral point: under it, signatures of nobody hold where small orders are let pass. */
const SMALL = '4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM';

export function listVectors(): Vector[] {
  return [...makeVectors()];
}

function withHighS(signature: Uint8Array): Uint8Array {
  const s = SECP_ORDER - BigInt(`0x${Buffer.from(signature.slice(32, 64)).toString('hex')}`);
  const v = signature[64];
  return Uint8Array.from([
    ...signature.slice(0, 32),
    ...Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
    ...(v === undefined ? [] : [55 - v]),
  ]);
}

function withUnreducedS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`) + ED_ORDER;
  return Uint8Array.from([...signature.slice(0, 32), ...Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
}

function flipCase(address: string): string {
  return address.replace(/[a-f]/i, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

if (import.meta.main) writeFileSync(VECTORS, `${JSON.stringify(listVectors(), null, 1)}\n`);
