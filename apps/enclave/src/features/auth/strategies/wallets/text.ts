/**
 * The texts that wallets sign to sign somebody in. EIP-4361 (Ethereum), Sign-In With Solana and their kin for Cosmos
 * (CAIP-122) share one layout of lines; what differs is a row of `DIALECTS`. Read strictly: a line too many, twice, in
 * another place or spelled otherwise, and it is no such text.
 */
import { readAddress as readCosmos } from './cosmos-address.ts';
import { readAddress as readEvm } from './evm-address.ts';
import { WalletRefused } from './refusal.ts';
import { readAddress as readSolana } from './solana-address.ts';
import { readDateTime } from './time.ts';
import { isAuthority, isPathCharacters, isUri } from './uri.ts';

export const FAMILIES = ['evm', 'solana', 'cosmos'] as const;
export type Family = (typeof FAMILIES)[number];

export interface SignInText {
  /** Before the domain, where the text names one: `https`. */
  readonly scheme?: string;
  /** RFC 3986 authority: host, perhaps with port. */
  readonly domain: string;
  readonly address: string;
  readonly statement?: string;
  readonly uri: string;
  readonly version: string;
  readonly chainId: string;
  readonly nonce: string;
  readonly issuedAt: string;
  readonly expirationTime?: string;
  readonly notBefore?: string;
  readonly requestId?: string;
  readonly resources?: readonly string[];
}

interface Dialect {
  /** As the first line names the family. */
  readonly name: string;
  readonly isAddress: (text: string) => boolean;
  readonly chainId: RegExp;
  readonly statement: RegExp;
  /** Lines between the address and the fields where there is no statement. */
  readonly gap: 1 | 2;
}

const DIALECTS: Record<Family, Dialect> = {
  evm: {
    name: 'Ethereum',
    // EIP-4361: "conformant to capitalization checksum encoding", EIP-55.
    isAddress: (text) => readEvm(text) === text,
    chainId: /^(?:0|[1-9]\d{0,19})$/,
    // `1*( reserved / unreserved / " " )` of RFC 3986.
    statement: /^[\w.~\-:/?#[\]@!$&'()*+,;= ]+$/,
    gap: 2,
  },
  solana: {
    name: 'Solana',
    isAddress: (text) => readSolana(text) !== undefined,
    chainId: /^(?:solana:)?(?:mainnet|testnet|devnet|localnet)$/,
    // Any letters, but nothing that hides or moves other text.
    statement: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+$/u,
    gap: 1,
  },
  cosmos: {
    name: 'Cosmos',
    isAddress: (text) => readCosmos(text) !== undefined,
    // CAIP-5, names of Cosmos chains.
    chainId: /^[a-zA-Z\d](?:[\w-]{0,30}[a-zA-Z\d])?$/,
    statement: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+$/u,
    gap: 2,
  },
};

const isTime = (text: string) => readDateTime(text) !== undefined;
const matches = (pattern: RegExp) => (text: string) => pattern.test(text);

/** The lines of fields, in the order in which they must stand. */
const FIELDS = [
  { key: 'uri', label: 'URI', isValue: () => isUri, optional: false },
  { key: 'version', label: 'Version', isValue: () => matches(/^1$/), optional: false },
  { key: 'chainId', label: 'Chain ID', isValue: ({ chainId }: Dialect) => matches(chainId), optional: false },
  { key: 'nonce', label: 'Nonce', isValue: () => matches(/^[A-Za-z\d]{8,}$/), optional: false },
  { key: 'issuedAt', label: 'Issued At', isValue: () => isTime, optional: false },
  { key: 'expirationTime', label: 'Expiration Time', isValue: () => isTime, optional: true },
  { key: 'notBefore', label: 'Not Before', isValue: () => isTime, optional: true },
  { key: 'requestId', label: 'Request ID', isValue: () => isPathCharacters, optional: true },
] as const;

const SCHEME = /^([A-Za-z][A-Za-z\d+.-]*):\/\/(.*)$/;

/** @throws WalletRefused `text` where it is none of this family */
export function readSignInText(family: Family, text: string): SignInText {
  const dialect = DIALECTS[family];
  const lines = text.split('\n');
  const next = () => lines.shift();
  const ending = ` wants you to sign in with your ${dialect.name} account:`;
  const first = next() ?? '';
  require(first.endsWith(ending));
  const site = first.slice(0, -ending.length);
  const [, scheme, domain = site] = SCHEME.exec(site) ?? [];
  require(isAuthority(domain));
  const address = next() ?? '';
  require(dialect.isAddress(address));
  require(next() === '');
  const statement = readStatement(dialect, lines);
  const fields: Partial<Record<(typeof FIELDS)[number]['key'], string>> = {};
  for (const { key, label, isValue, optional } of FIELDS) {
    const start = `${label}: `;
    if (!lines[0]?.startsWith(start)) {
      require(optional);
      continue;
    }
    const value = (next() ?? '').slice(start.length);
    require(isValue(dialect)(value));
    fields[key] = value;
  }
  const resources = readResources(lines);
  require(lines.length === 0);
  const { uri = '', version = '', chainId = '', nonce = '', issuedAt = '', ...others } = fields;
  return {
    ...(scheme ? { scheme } : {}),
    domain,
    address,
    ...(statement === undefined ? {} : { statement }),
    ...{ uri, version, chainId, nonce, issuedAt },
    ...others,
    ...(resources ? { resources } : {}),
  };
}

/** The exact text that a wallet is asked to sign. @throws WalletRefused `text` where the values make none */
export function writeSignInText(family: Family, value: SignInText): string {
  const { name, gap } = DIALECTS[family];
  const { scheme, domain, address, statement, resources } = value;
  // What is missing would be written as a word.
  for (const needed of [domain, address, ...FIELDS.flatMap(({ key, optional }) => (optional ? [] : [value[key]]))])
    require(typeof needed === 'string');
  const lines = [
    `${scheme ? `${scheme}://` : ''}${domain} wants you to sign in with your ${name} account:`,
    address,
    '',
    ...(statement === undefined ? Array<string>(gap - 1).fill('') : [statement, '']),
    ...FIELDS.flatMap(({ key, label }) => (value[key] === undefined ? [] : [`${label}: ${value[key]}`])),
    ...(resources ? ['Resources:', ...resources.map((uri) => `- ${uri}`)] : []),
  ];
  const text = lines.join('\n');
  // A value that brings lines of its own reads as something else.
  require(JSON.stringify(sorted(readSignInText(family, text))) === JSON.stringify(sorted(value)));
  return text;
}

function readStatement({ statement, gap }: Dialect, lines: string[]): string | undefined {
  // Fields stand together: an empty line after the first one means that this one is no field.
  const isThere = gap === 2 ? lines[0] !== '' : lines[1] === '';
  if (!isThere) {
    if (gap === 2) lines.shift();
    return undefined;
  }
  const text = lines.shift() ?? '';
  require(statement.test(text) && lines.shift() === '');
  return text;
}

function readResources(lines: string[]): string[] | undefined {
  if (lines[0] !== 'Resources:') return undefined;
  return lines
    .splice(0)
    .slice(1)
    .map((line) => {
      require(line.startsWith('- ') && isUri(line.slice(2)));
      return line.slice(2);
    });
}

function sorted(value: SignInText): [string, unknown][] {
  return Object.entries(value)
    .filter(([, part]) => part !== undefined && part !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function require(holds: boolean): void {
  if (!holds) throw new WalletRefused('text');
}
