/** Checkpoints of a log and their cosignatures: C2SP tlog-checkpoint and tlog-cosignature. */
import { fromBase64, ParseError, toBase64 } from '../bytes.ts';
import { HASH_BYTES, MAX_SIZE, type TreeHead } from './merkle.ts';
import { type NoteKey, parseNote, SIGNATURE_TYPE, type SignedNote, signaturesOf } from './note.ts';

export interface Checkpoint extends TreeHead {
  /** The log's name. */
  readonly origin: string;
  readonly note: SignedNote;
}

/** Whether an Ed25519 signature (RFC 8032 §5.1.7) is right. */
export type VerifyEd25519 = (publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array) => Promise<boolean>;

export const verifyEd25519: VerifyEd25519 = async (publicKey, signature, message) => {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
};

const BODY = /^([^\n]{1,200})\n(0|[1-9][0-9]{0,9})\n([A-Za-z0-9+/]{43}=)\n$/;

/** Throws a ParseError. Lines beyond the three are refused: no witness says anything of them. */
export function parseCheckpoint(text: string): Checkpoint {
  const note = parseNote(text);
  const [, origin, digits, encoded] = BODY.exec(note.text) ?? [];
  if (origin === undefined || digits === undefined || encoded === undefined) throw new ParseError('The checkpoint has not its three lines');
  const size = Number(digits);
  const root = fromBase64(encoded);
  if (size > MAX_SIZE || root.length !== HASH_BYTES) throw new ParseError('The checkpoint is out of range');
  return { origin, size, root, note };
}

/** The three lines that are signed. */
export function checkpointText(origin: string, { size, root }: TreeHead): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Whether the log signed it. Signatures of other keys are ignored, one of this key that is wrong is not. */
export async function isSignedBy(log: NoteKey, { origin, note }: Checkpoint, verify: VerifyEd25519): Promise<boolean> {
  const signatures = origin === log.name ? await signaturesOf(note, log, SIGNATURE_TYPE.ed25519) : [];
  const message = new TextEncoder().encode(note.text);
  const results = await Promise.all(signatures.map((signature) => isRight(log.key, signature, message, verify)));
  return results.length > 0 && results.every(Boolean);
}

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** When the witness last signed it, in milliseconds since 1970; undefined if it did not. Throws a ParseError for a signature that is wrong. */
export async function cosignedAt(witness: NoteKey, { note }: Checkpoint, verify: VerifyEd25519): Promise<number | undefined> {
  const times = await Promise.all(
    (await signaturesOf(note, witness, SIGNATURE_TYPE.cosignature)).map(async (bytes) => {
      if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) throw new ParseError('A witness’s signature has another length');
      const seconds = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0));
      const message = cosignedText(note.text, seconds);
      if (!(await isRight(witness.key, bytes.subarray(TIME_BYTES), message, verify)))
        throw new ParseError('A witness’s signature is wrong');
      return 1000 * seconds;
    }),
  );
  return times.length > 0 ? Math.max(...times) : undefined;
}

export function cosignedText(text: string, seconds: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`cosignature/v1\ntime ${seconds}\n${text}`);
}

async function isRight(key: Uint8Array, signature: Uint8Array, message: Uint8Array, verify: VerifyEd25519): Promise<boolean> {
  return signature.length === SIGNATURE_BYTES && verify(key, signature, message).catch(() => false);
}
