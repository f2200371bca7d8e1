import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { ChannelError } from '../errors.ts';
import type { Bytes } from '../protocol/bytes.ts';
import { FRAME_HEADER_BYTES, type IncomingRecord, type OutgoingRecord } from '../protocol/records.ts';

const ALGORITHM = 'aes-256-gcm';
const TAG = { authTagLength: 16 };

export function importServerKey(raw: Uint8Array): KeyObject {
  return createSecretKey(raw);
}

/** @returns the whole frame */
export function sealRecord({ key, nonce, aad, plaintext, frame }: OutgoingRecord<KeyObject>): Bytes {
  const cipher = createCipheriv(ALGORITHM, key, nonce, TAG);
  cipher.setAAD(aad);
  frame.set(cipher.update(plaintext), FRAME_HEADER_BYTES);
  cipher.final();
  frame.set(cipher.getAuthTag(), frame.length - TAG.authTagLength);
  return frame;
}

/** @throws ChannelError `record_refused`, whatever was wrong */
export function openRecord({ key, nonce, aad, sealed, accept }: IncomingRecord<KeyObject>): { content: Uint8Array; isLast: boolean } {
  const end = sealed.length - TAG.authTagLength;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, TAG);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch (cause) {
    throw new ChannelError('record_refused', cause);
  }
  return accept(plaintext);
}
