/** What was started, and how: written down before anything else runs, measured, and shown with the evidence. */
import { ParseError } from '../bytes.ts';
import { asObject, decodeCanonical, encodeCanonical, listOf, requireMembers, SHA256_HEX, textMapOf, textOf } from '../canonical-json.ts';
import { sha384 } from '../event-log/replay.ts';

export interface LaunchManifest {
  readonly v: 1;
  /** `options`: those of the command line and of NODE_OPTIONS, which can load foreign code. */
  readonly node: { readonly version: string; readonly options: readonly string[] };
  /** Every setting that acts on privacy, by its name. Never a secret: those by SHA-256 or left out. */
  readonly settings: Readonly<Record<string, string>>;
  /** In-process models that are known at launch; SHA-256 in hexadecimal. */
  readonly models: readonly Model[];
}

export interface Model {
  readonly name: string;
  readonly sha256: string;
}

const MAX_BYTES = 64 * 1024;
const MAX_OPTIONS = 64;
const MAX_SETTINGS = 256;
export const MAX_MODELS = 64;

/** Canonical JSON, byte for byte what is measured. */
export function encodeLaunchManifest(manifest: LaunchManifest): Uint8Array<ArrayBuffer> {
  const bytes = encodeCanonical(manifest);
  decodeLaunchManifest(bytes); // What nobody could read again must not be measured.
  return bytes;
}

/** Throws a ParseError unless the bytes are the one form that `encodeLaunchManifest` writes. */
export function decodeLaunchManifest(bytes: Uint8Array): LaunchManifest {
  const json = decodeCanonical(bytes, 'The launch manifest', MAX_BYTES);
  requireMembers(json, 'The launch manifest', 'v', 'node', 'settings', 'models');
  if (json.v !== 1) throw new ParseError('The launch manifest is of an unknown version');
  const node = asObject(json.node, 'node');
  requireMembers(node, 'node', 'version', 'options');
  return {
    v: 1,
    node: { version: textOf(node, 'version'), options: listOf(node, 'options', MAX_OPTIONS, (option) => textOf({ option }, 'option')) },
    settings: textMapOf(json, 'settings', MAX_SETTINGS),
    models: listOf(json, 'models', MAX_MODELS, readModel),
  };
}

export function readModel(value: unknown): Model {
  const json = asObject(value, 'A model');
  requireMembers(json, 'A model', 'name', 'sha256');
  return { name: textOf(json, 'name', /^.{1,200}$/s), sha256: textOf(json, 'sha256', SHA256_HEX) };
}

/** SHA-384, 48 bytes: `launchManifest` of the channel's answer. */
export function launchManifestDigest(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return sha384(bytes);
}
