/**
 * The key of a device takes the place of a cookie: it never leaves the device, which proves it once in each sealed session.
 * The proof signs a secret of that session, so that it is worth nothing in another one, to a proxy or in a log.
 */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { AppError } from '../../errors.ts';
import type { ChannelCaller } from '../../http/scope.ts';

const PREFIX = new TextEncoder().encode('privexbot device 1');
const LABEL = 'privexbot device';
const SECRET_BYTES = 32;

interface Proof {
  readonly key: JsonWebKey;
  readonly signature: string;
  readonly name?: string | undefined;
}

/**
 * Takes a device's proof: from then on the sealed session speaks for that device, and for no other.
 * @throws AppError `sealed_only`, `device_refused`
 */
export function acceptDevice(channel: ChannelCaller | undefined, { key, signature, name }: Proof): void {
  if (!channel) throw new AppError('sealed_only');
  const publicKey = readKey(key);
  const signed = Buffer.concat([PREFIX, channel.session.export(LABEL, SECRET_BYTES)]);
  if (!verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
    throw new AppError('device_refused');
  const device = thumbprintOf(publicKey);
  if (channel.device && channel.device !== device) throw new AppError('device_refused');
  channel.device = device;
  if (name) channel.deviceName = name;
}

/** The device that a session may be bound to. @throws AppError `device_required` */
export function requireDevice(channel: ChannelCaller | undefined): string {
  if (!channel?.device) throw new AppError('device_required');
  return channel.device;
}

/** @throws AppError `device_refused` for a point that is not on the curve */
function readKey(key: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw new AppError('device_refused', {}, { cause });
  }
}

/** RFC 7638 §3.2, over the members as Node writes them: another spelling of the same key has the same thumbprint. */
function thumbprintOf(key: KeyObject): string {
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
