/** Signed notes: C2SP signed-note. */
import { concatBytes, equalBytes, fromBase64, ParseError, toBase64, toHex } from '../bytes.ts';

export interface SignedNote {
  /** What is signed, with the newline at its end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** A key by its name; the same name and key may sign in several ways. */
export interface NoteKey {
  /** Without spaces and plus signs; by custom an address without scheme. */
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array;
}

/** C2SP signed-note, "Signature types". */
export const SIGNATURE_TYPE = { ed25519: 0x01, cosignature: 0x04 } as const;
export type SignatureType = (typeof SIGNATURE_TYPE)[keyof typeof SIGNATURE_TYPE];

export const KEY_NAME = /^[^\s+\p{Cc}]{1,200}$/u;
const MAX_CHARACTERS = 16 * 1024;
const MAX_SIGNATURES = 32;
const SIGNATURE_LINE = /^— ([^\s+]{1,200}) ([A-Za-z0-9+/]+={0,2})$/u;

/** Throws a ParseError. */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_CHARACTERS) throw new ParseError(`The note is longer than ${MAX_CHARACTERS} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the format forbids.
  if (!note.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new ParseError('The note holds a forbidden character');
  const end = note.lastIndexOf('\n\n');
  if (end <= 0 || !note.endsWith('\n')) throw new ParseError('The note has no signatures');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new ParseError(`The note has more than ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseLine) };
}

function parseLine(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || encoded === undefined) throw new ParseError('A signature line is malformed');
  const bytes = fromBase64(encoded);
  if (bytes.length < 5) throw new ParseError('A signature is too short');
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

export function formatNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(({ name, keyId, signature }) => `— ${name} ${toBase64(concatBytes(keyId, signature))}\n`);
  return `${text}\n${lines.join('')}`;
}

/** SHA-256(name, newline, type, key), the first four bytes. */
export async function noteKeyId({ name, key }: NoteKey, type: SignatureType): Promise<Uint8Array<ArrayBuffer>> {
  const named = concatBytes(new TextEncoder().encode(`${name}\n`), Uint8Array.of(type), key);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', named)).slice(0, 4);
}

/** The signatures that say they are of this key. Others are ignored, as the format asks for. */
export async function signaturesOf({ signatures }: SignedNote, key: NoteKey, type: SignatureType): Promise<readonly Uint8Array[]> {
  const id = await noteKeyId(key, type);
  return signatures.filter(({ name, keyId }) => name === key.name && equalBytes(keyId, id)).map(({ signature }) => signature);
}

/** `name+id+key`, as the format writes a key for verifiers. */
export async function verifierKey(key: NoteKey, type: SignatureType = SIGNATURE_TYPE.ed25519): Promise<string> {
  return `${key.name}+${toHex(await noteKeyId(key, type))}+${toBase64(concatBytes(Uint8Array.of(type), key.key))}`;
}
