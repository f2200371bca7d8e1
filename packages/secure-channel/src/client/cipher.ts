import { ChannelError } from '../errors.ts';
import { type Bytes, concat } from '../protocol/bytes.ts';
import type { IncomingRecord, OutgoingRecord } from '../protocol/records.ts';

/** WebCrypto's keys arrive later; records wait for theirs. */
export type ClientKey = Promise<CryptoKey>;

export function importClientKey(raw: Uint8Array): ClientKey {
  return crypto.subtle.importKey('raw', raw as Bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** @returns the whole frame */
export async function sealRecord({ key, nonce, aad, plaintext, header }: OutgoingRecord<ClientKey>): Promise<Bytes> {
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, await key, plaintext);
  return concat(header, new Uint8Array(sealed));
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
