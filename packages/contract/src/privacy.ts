import * as z from 'zod';
import { InOrg, Time } from './common.ts';
import { endpoint } from './endpoint.ts';

/**
 * Where the root key can come from, and what each can promise. `destruction`: whether destroying a key there closes every copy of
 * what was wrapped under it (`device`: inside tamper-resistant hardware; `service`: by another's word; `none`: cannot be shown).
 * `limit` is what a receipt says about it.
 */
export const ROOT_KEY_SOURCES = {
  file: {
    destruction: 'none',
    limit: 'The key was a file. A file may have been copied before, so nothing here can show that it was destroyed.',
  },
  tpm: {
    destruction: 'device',
    limit:
      'The TPM removed the key from its memory. Who gave this machine its TPM is trusted with that: a virtual one may have been copied.',
  },
  pkcs11: {
    destruction: 'device',
    limit: 'The token removed the key, which never left it. Backups that the token itself makes of its keys are out of reach.',
  },
  vault: {
    destruction: 'service',
    limit: 'Vault deleted the key. Snapshots of Vault’s own storage are out of reach.',
  },
  'aws-kms': {
    destruction: 'none',
    limit:
      'The wrapped key was deleted here. A copy of it can be opened by the enclave as long as the key of AWS KMS exists: only deleting that one closes it.',
  },
  dstack: {
    destruction: 'none',
    limit: 'The wrapped key was deleted here. A copy of it can be opened by the application as long as dstack derives its keys.',
  },
} as const satisfies Record<string, { destruction: 'device' | 'service' | 'none'; limit: string }>;
export type RootKeySourceKind = keyof typeof ROOT_KEY_SOURCES;
export const DESTRUCTIONS = ['device', 'service', 'none'] as const;

const SourceKind = z.enum(Object.keys(ROOT_KEY_SOURCES) as [RootKeySourceKind, ...RootKeySourceKind[]]);
const Epoch = z.number().int().min(1);

/** What was destroyed, how, and what that does not cover. The order of the members is the order in which they are signed. */
export const Receipt = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  method: z.literal('epoch-key-destroyed'),
  source: SourceKind,
  /** Epochs whose keys were destroyed. */
  epochs: z.array(Epoch),
  /** The epoch that took over. */
  newEpoch: Epoch,
  startedAt: Time,
  destroyedAt: Time,
  /** Keys that were moved to the new epoch before the old one was destroyed. */
  keysRewrapped: z.number().int().min(0),
  /** When the last backup with data of the old epoch expires, as whoever asked for the rotation said; `null` where nobody said so. */
  backupsExpireAt: Time.nullable(),
  /** In words, the limits of this receipt. */
  limits: z.array(z.string()),
});
export type Receipt = z.output<typeof Receipt>;

const KEY_TEXT = /^[\w-]{43}$/;
const SIGNATURE_TEXT = /^[\w-]{86}$/;

/** A receipt as it is downloaded: whoever knows the environment's identity key can check it anywhere. */
export const SignedReceipt = z.strictObject({
  format: z.literal('privexbot-receipt-1'),
  receipt: Receipt,
  /** The environment's identity: a raw Ed25519 public key, base64url. */
  identity: z.string().regex(KEY_TEXT),
  /** Ed25519 over `receiptBytes(receipt)`, base64url. */
  signature: z.string().regex(SIGNATURE_TEXT),
});
export type SignedReceipt = z.output<typeof SignedReceipt>;

/** What is signed: a label, then the receipt as JSON without spaces, its members in the order of the schema. */
export function receiptBytes(receipt: Receipt): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`privexbot receipt 1\n${JSON.stringify(Receipt.parse(receipt))}`);
}

export const ROTATION_STEPS = ['started', 'wrapping', 'destroying', 'done'] as const;
/** Why a rotation waits. It goes on by itself, or when it is asked for again. */
export const ROTATION_PROBLEMS = ['missing', 'damaged', 'refused', 'unreachable', 'storage_full', 'integrity_failed', 'internal'] as const;
export type RotationProblem = (typeof ROTATION_PROBLEMS)[number];

const Rotation = z.object({
  id: z.string(),
  step: z.enum(ROTATION_STEPS),
  epoch: Epoch,
  startedAt: Time,
  keysRewrapped: z.number().int(),
  keysTotal: z.number().int(),
  problem: z.enum(ROTATION_PROBLEMS).optional(),
});

export const KeysState = z.object({
  source: z.object({ kind: SourceKind, destruction: z.enum(DESTRUCTIONS) }),
  /** The epoch that new keys are wrapped under. */
  epoch: Epoch,
  /** How many stored keys there are. */
  keys: z.number().int(),
  /** The rotation that is under way. */
  rotation: Rotation.optional(),
});

const Refusals = ['not_found', 'not_allowed'] as const;

export const privacy = {
  keys: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/root-key',
    summary: 'Where the environment’s root key lies, its epoch, and the rotation that is under way',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: Refusals,
    params: InOrg,
    response: KeysState,
  }),
  rotate: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/root-key/rotations',
    summary: 'Start a new epoch, move every key to it and destroy the old one; goes on with a rotation that is under way',
    access: 'people.manage',
    rate: 'rotation',
    audit: 'keys.rotation_started',
    fresh: true,
    failures: Refusals,
    params: InOrg,
    body: z.object({ backupsExpireAt: Time.optional() }),
    response: KeysState,
  }),
  receipts: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/root-key/receipts',
    summary: 'Signed receipts of destroyed epochs, newest first',
    access: 'people.manage',
    rate: 'read',
    audit: null,
    failures: Refusals,
    params: InOrg,
    response: z.object({ items: z.array(SignedReceipt) }),
  }),
};
