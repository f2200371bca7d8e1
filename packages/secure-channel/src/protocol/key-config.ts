import { ChannelError } from '../errors.ts';
import { type Bytes, fromUtf8, lengthPrefixed, utf8 } from './bytes.ts';
import { VERSION } from './constants.ts';

/** What an environment's identity key signs (docs/secure-channel.md §4). Members beyond these are kept. */
export interface KeyConfig {
  readonly v: 1;
  readonly environment: string;
  readonly origins: readonly string[];
  readonly epoch: number;
  /** Unix seconds. */
  readonly notAfter: number;
  readonly [more: string]: unknown;
}

const MAX_DEPTH = 16;

/** RFC 8785. ECMAScript's own numbers, strings and UTF-16 order are what it prescribes, so only the members need sorting. */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) throw new ChannelError('key_config_invalid');
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, depth + 1)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new ChannelError('key_config_invalid');
  const text = JSON.stringify(value);
  if (text === undefined || (typeof value === 'string' && !value.isWellFormed())) throw new ChannelError('key_config_invalid');
  return text;
}

export function encodeKeyConfig(config: KeyConfig): Bytes {
  return utf8(canonicalJson(config));
}

/** The bytes that the identity key signs. */
export function keyConfigToSign(keyConfig: Uint8Array): Bytes {
  return lengthPrefixed(utf8(`${VERSION} key-config`), keyConfig);
}

/** @throws ChannelError `key_config_invalid` unless the bytes are the one canonical form of a whole configuration */
export function decodeKeyConfig(bytes: Uint8Array): KeyConfig {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
    if (canonicalJson(value) !== fromUtf8(bytes)) throw new ChannelError('key_config_invalid');
  } catch (cause) {
    throw new ChannelError('key_config_invalid', cause);
  }
  if (!isKeyConfig(value)) throw new ChannelError('key_config_invalid');
  return value;
}

function isKeyConfig(value: unknown): value is KeyConfig {
  if (typeof value !== 'object' || value === null) return false;
  const { v, environment, origins, epoch, notAfter } = value as Record<string, unknown>;
  return (
    v === 1 &&
    typeof environment === 'string' &&
    Array.isArray(origins) &&
    origins.length > 0 &&
    origins.length <= 64 &&
    origins.every((origin) => typeof origin === 'string') &&
    Number.isSafeInteger(epoch) &&
    Number.isSafeInteger(notAfter)
  );
}

/** @throws ChannelError unless the configuration names the origin and has not expired */
export function requireCurrent({ origins, notAfter }: KeyConfig, origin: string, now: Date): void {
  if (!origins.includes(origin)) throw new ChannelError('origin_mismatch');
  if (now.getTime() > notAfter * 1000) throw new ChannelError('key_config_expired');
}
