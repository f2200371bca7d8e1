/** Writes a log of releases: entries, signed checkpoints, cosignatures, proofs. Whoever calls keeps the entries and the keys. */
import { concatBytes, equalBytes, fromBase64url, ParseError } from '../bytes.ts';
import { checkpointText, cosignedText, isSignedBy, parseCheckpoint, type VerifyEd25519, verifyEd25519 } from './checkpoint.ts';
import { appendLeaf, EMPTY, leafHash, rootOf, type TreeHead, verifyConsistency } from './merkle.ts';
import { formatNote, type NoteKey, noteKeyId, SIGNATURE_TYPE } from './note.ts';
import { decodeReleaseEntry, encodeReleaseEntry, type ReleaseEntry } from './release-entry.ts';
import { MAX_STATEMENT_BYTES, type ReleaseStatement } from './release-statement.ts';

export { ParseError } from '../bytes.ts';
export { verifierKey } from './note.ts';

/** The entries of a log from the first on, byte for byte. */
export type LogEntries = readonly Uint8Array[];

export interface NoteSigner extends NoteKey {
  /** Ed25519 (RFC 8032), 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A private key as JWK (RFC 8037): `kty` OKP, `crv` Ed25519, `x` and `d`. */
export interface PrivateJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly d: string;
}

export async function createSigningKey(): Promise<PrivateJwk> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new TypeError('Ed25519 gave no pair of keys');
  const { kty = '', crv = '', x = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { kty, crv, x, d };
}

/** Signs with WebCrypto. Keys elsewhere, in a token or a service, sign through a `NoteSigner` of their own. */
export async function signerOf(name: string, jwk: PrivateJwk): Promise<NoteSigner> {
  const key = await crypto.subtle.importKey('jwk', { ...jwk }, 'Ed25519', false, ['sign']);
  return {
    name,
    key: fromBase64url(jwk.x),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, new Uint8Array(message))),
  };
}

/** The entries with one more. Throws a ParseError for an entry that nobody would accept, or whose sequence is not greater than the last. */
export function appendRelease(entries: LogEntries, entry: ReleaseEntry): LogEntries {
  const bytes = encodeReleaseEntry(entry);
  const last = entries.at(-1);
  if (last && entry.sequence <= decodeReleaseEntry(last).sequence) throw new ParseError('The sequence is not greater than the last');
  return [...entries, bytes];
}

export async function treeHeadOf(entries: LogEntries): Promise<TreeHead> {
  let tree = EMPTY;
  for (const entry of entries) tree = await appendLeaf(tree, await leafHash(entry));
  return { size: tree.size, root: await rootOf(tree) };
}

/** A checkpoint of all entries, signed by the log, whose name is its origin. */
export async function signCheckpoint(entries: LogEntries, log: NoteSigner): Promise<string> {
  const text = checkpointText(log.name, await treeHeadOf(entries));
  const signature = await log.sign(new TextEncoder().encode(text));
  return formatNote({ text, signatures: [{ name: log.name, keyId: await noteKeyId(log, SIGNATURE_TYPE.ed25519), signature }] });
}

export interface Cosigning {
  readonly checkpoint: string;
  readonly log: NoteKey;
  readonly witness: NoteSigner;
  /** Now, in milliseconds since 1970. */
  readonly at: number;
  /** What this witness last signed of the log, and the proof that the log only grew since (RFC 9162 §2.1.4). */
  readonly last?: TreeHead;
  readonly consistency?: readonly Uint8Array[];
  readonly verifyEd25519?: VerifyEd25519;
}

/**
 * The checkpoint with the witness's signature and time, which replaces an earlier one of the same witness. Throws a ParseError if the
 * log did not sign it or it does not continue what the witness saw last.
 */
export async function cosignCheckpoint(cosigning: Cosigning): Promise<string> {
  const { log, witness, at, last, consistency = [], verifyEd25519: verify = verifyEd25519 } = cosigning;
  const checkpoint = parseCheckpoint(cosigning.checkpoint);
  if (!(await isSignedBy(log, checkpoint, verify))) throw new ParseError('The log did not sign this checkpoint');
  if (last && !(await verifyConsistency(last, checkpoint, consistency))) throw new ParseError('The log was rewritten since the last time');
  const { text, signatures } = checkpoint.note;
  const seconds = Math.floor(at / 1000);
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  const keyId = await noteKeyId(witness, SIGNATURE_TYPE.cosignature);
  const others = signatures.filter((each) => each.name !== witness.name || !equalBytes(each.keyId, keyId));
  const signature = concatBytes(time, await witness.sign(cosignedText(text, seconds)));
  return formatNote({ text, signatures: [...others, { name: witness.name, keyId, signature }] });
}

/** RFC 9162 §2.1.3.1. */
export async function inclusionProof(entries: LogEntries, index: number): Promise<readonly Uint8Array[]> {
  if (!(Number.isInteger(index) && index >= 0 && index < entries.length)) throw new RangeError('There is no such entry');
  return pathTo(index, await Promise.all(entries.map(leafHash)));
}

/** From the first `size` entries to all of them: RFC 9162 §2.1.4.1. */
export async function consistencyProof(entries: LogEntries, size: number): Promise<readonly Uint8Array[]> {
  if (!(Number.isInteger(size) && size >= 0 && size <= entries.length)) throw new RangeError('The log never had this size');
  if (size === 0 || size === entries.length) return [];
  return subproof(size, await Promise.all(entries.map(leafHash)), true);
}

type Leaves = readonly Uint8Array[];

async function pathTo(index: number, leaves: Leaves): Promise<Uint8Array[]> {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  return index < split
    ? [...(await pathTo(index, leaves.slice(0, split))), await subtreeHash(leaves.slice(split))]
    : [...(await pathTo(index - split, leaves.slice(split))), await subtreeHash(leaves.slice(0, split))];
}

async function subproof(size: number, leaves: Leaves, isWhole: boolean): Promise<Uint8Array[]> {
  if (size === leaves.length) return isWhole ? [] : [await subtreeHash(leaves)];
  const split = splitOf(leaves.length);
  return size <= split
    ? [...(await subproof(size, leaves.slice(0, split), isWhole)), await subtreeHash(leaves.slice(split))]
    : [...(await subproof(size - split, leaves.slice(split), false)), await subtreeHash(leaves.slice(0, split))];
}

/** The largest power of two below the size. */
function splitOf(size: number): number {
  return 2 ** (31 - Math.clz32(size - 1));
}

async function subtreeHash(leaves: Leaves): Promise<Uint8Array> {
  let tree = EMPTY;
  for (const leaf of leaves) tree = await appendLeaf(tree, leaf);
  return rootOf(tree);
}

/** Beyond this a client that was away for as many releases is refused; each costs 43 bytes of every full handshake. */
const MAX_LEAVES = 256;

/** What an enclave that runs entry `index` says; the checkpoint must be of these entries. Throws a ParseError if it would not fit. */
export async function stateRelease(
  entries: LogEntries,
  index: number,
  checkpoint: string,
  { maxLeaves = MAX_LEAVES } = {},
): Promise<ReleaseStatement> {
  const entry = entries[index];
  if (!entry) throw new RangeError('There is no such entry');
  const { size, root } = await treeHeadOf(entries);
  const signed = parseCheckpoint(checkpoint);
  if (signed.size !== size || !equalBytes(signed.root, root)) throw new ParseError('The checkpoint is of other entries');
  const room = Math.floor((MAX_STATEMENT_BYTES - entry.length - checkpoint.length - RESERVED_BYTES) / 43);
  const start = Math.max(0, size - Math.max(0, Math.min(maxLeaves, room)));
  const leaves = await Promise.all(entries.map(leafHash));
  let tree = EMPTY;
  for (const leaf of leaves.slice(0, start)) tree = await appendLeaf(tree, leaf);
  return { entry, index, inclusion: await pathTo(index, leaves), checkpoint, history: { ...tree, leaves: leaves.slice(start) } };
}

/** For the proof, the peaks, names and escapes. */
const RESERVED_BYTES = 6 * 1024;
