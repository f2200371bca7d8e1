import { concat, lengthPrefixed, utf8 } from './bytes.ts';
import { VERSION } from './constants.ts';
import type { Hashes } from './hashes.ts';
import { type AnswerCore, answerCoreFields, type Hello, helloFields } from './messages.ts';

export interface Transcript {
  /** 32 bytes: the salt of the key schedule. */
  readonly hash: Uint8Array;
  /** 64 bytes: what the evidence commits. */
  readonly reportData: Uint8Array;
}

/** Commits the whole exchange, docs/secure-channel.md §5. */
export function transcriptOf(hashes: Hashes, hello: Hello, core: AnswerCore): Transcript {
  const parts = lengthPrefixed(...helloFields(hello), ...answerCoreFields({ ...core, keyConfig: hashes.sha256(core.keyConfig) }));
  const labelled = (name: string) => concat(lengthPrefixed(utf8(`${VERSION} ${name}`)), parts);
  return { hash: hashes.sha256(labelled('transcript')), reportData: hashes.sha512(labelled('report-data')) };
}
