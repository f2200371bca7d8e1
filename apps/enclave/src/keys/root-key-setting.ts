import { resolve } from 'node:path';
import type { RootKeyKind } from './root-key.ts';

/** `PRIVEXBOT_ROOT_KEY`, read. Secrets are not in it: they stand in a file of their own. */
export type RootKeySetting =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'tpm'; readonly device: string; readonly pcrs: readonly number[]; readonly index: number }
  | { readonly kind: 'pkcs11'; readonly module: string; readonly token: string; readonly object: string }
  | { readonly kind: 'vault'; readonly url: string; readonly key: string }
  | { readonly kind: 'aws-kms'; readonly arn: string; readonly region: string; readonly endpoint: string; readonly wrapped: string }
  | { readonly kind: 'dstack'; readonly socket: string; readonly wrapped: string };

/** The first of the TPM's own places for keys, in the range that TPM 2.0 leaves to owners (Registry of Reserved TPM 2.0 Handles, table 2). */
const TPM_INDEX = 0x01_50_42_00;
const OWNER_INDEXES = { first: 0x01_00_00_00, last: 0x01_7f_ff_00 };
const KEY_NAME = /^[\w.-]{1,64}$/;
const ARN = /^arn:aws(?:-cn|-us-gov)?:kms:([a-z0-9-]{5,25}):\d{12}:key\/[\w-]{1,128}$/;

/** How each kind is written. */
const GRAMMAR: Record<RootKeyKind, string> = {
  file: 'file:PATH',
  tpm: 'tpm:DEVICE?pcrs=0,2,4,7',
  pkcs11: 'pkcs11:token=LABEL?module-path=/path/of/module.so',
  vault: 'vault:https://HOST/v1/transit#KEY',
  'aws-kms': 'aws-kms:arn:aws:kms:REGION:ACCOUNT:key/ID',
  dstack: 'dstack or dstack:SOCKET',
};
const READERS: { readonly [K in RootKeyKind]: (rest: string, dataFolder: string) => Extract<RootKeySetting, { kind: K }> | undefined } = {
  file: (rest) => (rest ? { kind: 'file', path: resolve(rest) } : undefined),
  tpm: readTpm,
  pkcs11: readPkcs11,
  vault: readVault,
  'aws-kms': readAwsKms,
  dstack: (rest, dataFolder) => ({ kind: 'dstack', socket: resolve(rest || '/var/run/dstack.sock'), wrapped: `${dataFolder}.epochs` }),
};

/** Kinds that cannot work without a secret of their own, and what that secret is. */
export const ROOT_KEY_SECRETS: Readonly<Partial<Record<RootKeyKind, string>>> = {
  pkcs11: "the token's PIN",
  vault: "Vault's token",
  'aws-kms': 'the credentials (JSON with AccessKeyId, SecretAccessKey and, where there is one, SessionToken)',
};

/** @returns what is wrong, in words that do not repeat the value, if it can't be read */
export function parseRootKey(text: string, dataFolder: string): RootKeySetting | { readonly expected: string } {
  const [, name = '', rest = ''] = /^([a-z0-9-]+)(?::(.*))?$/s.exec(text) ?? [];
  if (!isKind(name)) return { expected: `expected one of ${Object.values(GRAMMAR).join(', ')}` };
  return READERS[name](rest, dataFolder) ?? { expected: `expected ${GRAMMAR[name]}` };
}

function isKind(name: string): name is RootKeyKind {
  return Object.hasOwn(READERS, name);
}

function readTpm(rest: string) {
  const [device = '', query] = splitAt(rest, '?');
  const given = readQuery(query, ['pcrs', 'index']);
  if (!device.startsWith('/') || !given) return undefined;
  const pcrs = (given.get('pcrs') ?? '').split(',').map((pcr) => (/^\d{1,2}$/.test(pcr) ? Number(pcr) : Number.NaN));
  const index = Number(given.get('index') ?? TPM_INDEX);
  const isWrong = pcrs.some((pcr) => !(pcr < 24)) || new Set(pcrs).size !== pcrs.length || !Number.isInteger(index);
  if (isWrong || index < OWNER_INDEXES.first || index > OWNER_INDEXES.last) return undefined;
  return { kind: 'tpm', device, pcrs: pcrs.toSorted((a, b) => a - b), index } as const;
}

/** A part of RFC 7512: attributes `token` and `object`, query attribute `module-path`. */
function readPkcs11(rest: string) {
  const [path = '', query] = splitAt(rest, '?');
  const attributes = readQuery(path.replaceAll(';', '&'), ['token', 'object']);
  const module = readQuery(query, ['module-path'])?.get('module-path');
  const token = attributes?.get('token');
  const object = attributes?.get('object') ?? 'privexbot';
  if (!token || token.length > 32 || !module?.startsWith('/') || !KEY_NAME.test(object)) return undefined;
  return { kind: 'pkcs11', module, token, object } as const;
}

function readVault(rest: string) {
  const [address = '', key = ''] = splitAt(rest, '#');
  const url = URL.parse(address);
  if (!url || url.search || url.username || url.password || !KEY_NAME.test(key)) return undefined;
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) return undefined;
  const path = url.pathname.replace(/\/+$/, '') || '/v1/transit';
  return path.startsWith('/v1/') ? ({ kind: 'vault', url: `${url.origin}${path}`, key } as const) : undefined;
}

function readAwsKms(rest: string, dataFolder: string) {
  const [arn = '', query] = splitAt(rest, '?');
  const region = ARN.exec(arn)?.[1];
  const given = readQuery(query, ['endpoint']);
  if (!region || !given) return undefined;
  const suffix = region.startsWith('cn-') ? '.amazonaws.com.cn' : '.amazonaws.com';
  const endpoint = URL.parse(given.get('endpoint') ?? `https://kms.${region}${suffix}`);
  const isLoopback = endpoint?.hostname === '127.0.0.1';
  if (endpoint?.pathname !== '/' || !(endpoint.protocol === 'https:' || (endpoint.protocol === 'http:' && isLoopback))) return undefined;
  return { kind: 'aws-kms', arn, region, endpoint: endpoint.origin, wrapped: `${dataFolder}.epochs` } as const;
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Values by name; undefined if a name is unknown, or is there twice. */
function readQuery(query: string, names: readonly string[]): Map<string, string> | undefined {
  const given = [...new URLSearchParams(query)];
  const values = new Map(given);
  return given.length === values.size && given.every(([name]) => names.includes(name)) ? values : undefined;
}
