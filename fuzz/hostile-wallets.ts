/** Answers of wallets with something changed: none passes for another text or another account, and none throws anything but a refusal. */
import { readFileSync } from 'node:fs';
import { verifySigned } from '../apps/enclave/src/features/auth/strategies/wallets/families.ts';
import { WalletRefused } from '../apps/enclave/src/features/auth/strategies/wallets/refusal.ts';
import { type Family, readSignInText, writeSignInText } from '../apps/enclave/src/features/auth/strategies/wallets/text.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateText } from './mutate-text.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

interface Row {
  readonly name: string;
  readonly family: Family;
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
  readonly signature: string;
  readonly publicKey?: string;
}

const VECTORS = new URL('../vectors/wallets/index.json', import.meta.url);
const FAMILIES = ['evm', 'solana', 'cosmos'] as const;
/** What a forger would try to put into a text. */
const PIECES = [
  '\n',
  '\r\n',
  '\u2028',
  '\u202e',
  '\0',
  ' ',
  '\nNonce: 00000000',
  '\nResources:\n- urn:recap:x',
  ': ',
  'аpp',
  '@',
  '%0a',
  'Z',
  '-',
];

export function hostileWallets(): Target[] {
  const rows = JSON.parse(readFileSync(VECTORS, 'utf8')) as Row[];
  const good = rows.filter(({ expected }) => expected === 'accept');
  return [
    ...FAMILIES.map((family) =>
      answersOf(
        family,
        good.filter((row) => row.family === family),
      ),
    ),
    {
      name: 'sign-in texts of wallets',
      async run(_, random) {
        const text = changed(random.pick(rows).text, random);
        const family = random.pick(FAMILIES);
        const value = refusedOr(() => readSignInText(family, text));
        return value && writeSignInText(family, value) !== text ? 'two texts say the same' : undefined;
      },
    },
  ];
}

function answersOf(family: Family, rows: readonly Row[]): Target {
  if (rows.length === 0) throw new Error(`There is no good answer of ${family} to change.`);
  return {
    name: `answers of wallets of ${family}`,
    async run(_, random) {
      const row = random.pick(rows);
      const part = random.pick(['text', 'signature', 'address', 'publicKey'] as const);
      const signature = bytesOf(row.signature);
      const key = row.publicKey === undefined ? undefined : bytesOf(row.publicKey);
      const signed = {
        text: part === 'text' ? changed(row.text, random) : row.text,
        address: part === 'address' ? changed(row.address, random) : row.address,
        signature: part === 'signature' ? mutateBytes(signature, random) : signature,
        publicKey: part === 'publicKey' && key ? mutateBytes(key, random) : key,
      };
      const subject = refusedOr(() => verifySigned(family, signed, row.asked, new Date(row.now)));
      const isOther = signed.text !== row.text || signed.address !== row.address;
      return subject && isOther ? `${row.name}: accepted with another ${part}` : undefined;
    },
  };
}

function changed(text: string, random: Random): string {
  if (random.oneIn(2)) return mutateText(text, random);
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(PIECES) + text.slice(at + random.below(3));
}

function refusedOr<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof WalletRefused) return undefined;
    throw error;
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
