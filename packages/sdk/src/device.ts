import { toBase64url } from '@privexbot/secure-channel';

/** A P-256 key as RFC 7517 writes it; `d` in a private one. */
export interface DeviceJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly d?: string;
}

/** The key that a sign-in belongs to: it is proven in each sealed session, and whoever lacks it cannot use the sign-in. */
export interface DeviceKey {
  readonly publicJwk: DeviceJwk;
  /** What the device calls itself; the person reads it in the list of sign-ins. */
  readonly name?: string;
  /** ECDSA with SHA-256; r and s, 32 bytes each. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
/** What the device signs, before the secret that only this session has. */
const LABEL = new TextEncoder().encode('privexbot device 1');
const EXPORT_LABEL = 'privexbot device';

/** A new key pair for a browser: it can be kept in IndexedDB as it is, and its private half nowhere else. */
export function generateDeviceKey(): Promise<KeyPair> {
  return crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
}

export async function deviceKeyOf({ privateKey, publicKey }: KeyPair, name?: string): Promise<DeviceKey> {
  return {
    ...(name && { name }),
    publicJwk: toJwk(await crypto.subtle.exportKey('jwk', publicKey)),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(SIGNATURE, privateKey, bytes as Uint8Array<ArrayBuffer>)),
  };
}

/** A device key from its private JWK, for programs that keep it in a file. */
export async function deviceKeyFromJwk({ d, ...shared }: DeviceJwk, name?: string): Promise<DeviceKey> {
  const privateKey = await crypto.subtle.importKey('jwk', { ...shared, ...(d && { d }) }, CURVE, false, ['sign']);
  const publicKey = await crypto.subtle.importKey('jwk', { ...shared }, CURVE, true, ['verify']);
  return deviceKeyOf({ privateKey, publicKey }, name);
}

/** A new private key for a program that keeps it in a file. */
export async function generateDeviceJwk(): Promise<DeviceJwk> {
  const { privateKey } = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const jwk = await crypto.subtle.exportKey('jwk', privateKey);
  return { ...toJwk(jwk), d: jwk.d ?? '' };
}

function toJwk({ kty = '', crv = '', x = '', y = '' }: Partial<DeviceJwk>): DeviceJwk {
  return { kty, crv, x, y };
}

/** The call that proves the key in a session whose `export` is given. */
export async function deviceProof(device: DeviceKey, exportSecret: (label: string, length: number) => Uint8Array): Promise<Request> {
  const secret = exportSecret(EXPORT_LABEL, 32);
  const signed = new Uint8Array(LABEL.length + secret.length);
  signed.set(LABEL);
  signed.set(secret, LABEL.length);
  const signature = toBase64url(await device.sign(signed));
  const body = JSON.stringify({ key: device.publicJwk, signature, ...(device.name && { name: device.name }) });
  return new Request('http://privexbot.invalid/v1/auth/device', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}
