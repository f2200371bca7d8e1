import { concat, lengthPrefixed, utf8 } from './bytes.ts';
import { VERSION } from './constants.ts';
import { type Hashes, hkdfExpand, hkdfExtract } from './hashes.ts';

export interface SessionSecrets {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly exporter: Uint8Array;
  readonly resumption: Uint8Array;
  readonly confirmKey: Uint8Array;
}

/** docs/secure-channel.md §6. @param psk empty unless the session is resumed */
export function deriveSecrets(hashes: Hashes, transcriptHash: Uint8Array, kemSecret: Uint8Array, psk: Uint8Array): SessionSecrets {
  const prk = hkdfExtract(hashes, transcriptHash, concat(kemSecret, psk));
  const derive = (name: string) => hkdfExpand(hashes, prk, `${VERSION} ${name}`, 32);
  return {
    client: derive('client'),
    server: derive('server'),
    exporter: derive('exporter'),
    resumption: derive('resumption'),
    confirmKey: derive('confirm'),
  };
}

/** Proves that the server has the keys, and binds what the transcript leaves out. */
export function confirmation(
  hashes: Hashes,
  confirmKey: Uint8Array,
  transcriptHash: Uint8Array,
  { batchPath, evidence, ticket }: { batchPath: Uint8Array; evidence: Uint8Array; ticket: Uint8Array },
): Uint8Array {
  return hashes.hmacSha256(confirmKey, concat(transcriptHash, lengthPrefixed(batchPath, evidence, ticket)));
}

/** A secret for one purpose outside the channel, as RFC 9180 §5.3 has it. */
export function exportSecret(hashes: Hashes, exporter: Uint8Array, label: string, length: number): Uint8Array {
  return hkdfExpand(hashes, exporter, utf8(`${VERSION} export ${label}`), length);
}
