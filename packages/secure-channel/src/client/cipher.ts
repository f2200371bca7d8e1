import { ChannelError } from '../errors.ts';
import type { Bytes } from '../protocol/bytes.ts';
import { FRAME_HEADER_BYTES, type IncomingRecord, type OutgoingRecord } from '../protocol/records.ts';

/** WebCrypto's keys arrive later; records wait for theirs. */
export type ClientKey = ReturnType<typeof crypto.subtle.importKey>;

export function importClientKey(raw: Uint8Array): ClientKey {
  return crypto.subtle.importKey('raw', raw as Bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** @returns the whole frame */
export async function sealRecord({ key, nonce, aad, plaintext, frame }: OutgoingRecord<ClientKey>): Promise<Bytes> {
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, await key, plaintext);
  frame.set(new Uint8Array(sealed), FRAME_HEADER_BYTES);
  return frame;
}

/** @throws ChannelError `record_refused`, whatever was wrong */
export async function openRecord({
  key,
  nonce,
  aad,
  sealed,
  accept,
}: IncomingRecord<ClientKey>): Promise<{ content: Uint8Array; isLast: boolean }> {
  let plaintext: ArrayBuffer;
  try {
    plaintext = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, await key, sealed);
  } catch (cause) {
    throw new ChannelError('record_refused', cause);
  }
  return accept(new Uint8Array(plaintext));
}
