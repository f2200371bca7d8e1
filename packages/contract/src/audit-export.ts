/**
 * The form of an exported audit log: JSON Lines, specified in docs/audit-log.md. Whoever knows the environment's identity key can check it
 * anywhere, without asking anybody.
 */
import * as z from 'zod';
import { Time } from './common.ts';

export const AUDIT_EXPORT_FORMAT = 'privexbot-audit-1';

const KEY_TEXT = z.string().regex(/^[\w-]{43}$/);
const SIGNATURE_TEXT = z.string().regex(/^[\w-]{86}$/);
const DIGEST_TEXT = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.number().int().min(0);
const Fact = z.union([z.string(), z.number(), z.boolean()]);

const Header = z.object({
  type: z.literal('header'),
  format: z.literal(AUDIT_EXPORT_FORMAT),
  organization: z.string(),
  exportedAt: Time,
  /** Whether it holds all there is, and so can be checked against the checkpoints. */
  complete: z.boolean(),
  /** The environment's identity, and the key that signs its audit logs: raw Ed25519 public keys, base64url. */
  identity: KEY_TEXT,
  key: KEY_TEXT,
  /** The identity's signature over `auditKeyText(key)`. */
  keySignature: SIGNATURE_TEXT,
});

const Checkpoint = z.object({
  type: z.literal('checkpoint'),
  id: z.string(),
  at: Time,
  /** `CheckpointChains` as the exact text that was signed. */
  chains: z.string(),
  signature: SIGNATURE_TEXT,
});

const Entry = z.object({
  type: z.literal('entry'),
  writer: z.string(),
  sequence: z.number().int().min(1),
  at: Time,
  action: z.string(),
  actor: z.string(),
  /** Who that is, for people; outside the chain. */
  name: z.string().optional(),
  target: z.string().optional(),
  facts: z.record(z.string(), Fact),
  /** 16 bytes, base64url: keep whoever sees checkpoints from guessing entries. */
  salt: z
    .string()
    .regex(/^[\w-]{22}$/)
    .optional(),
});
export type ExportedEntry = z.output<typeof Entry>;

const End = z.object({
  type: z.literal('end'),
  entries: Count,
  /** Over every line before this one in turn: SHA-256 of the digest so far (32 bytes, zeros at first) and the line with its end. */
  sha256: DIGEST_TEXT,
  /** The audit key's signature over `auditEndText(sha256)`. */
  signature: SIGNATURE_TEXT,
});

export const AuditLine = z.discriminatedUnion('type', [Header, Checkpoint, Entry, End]);

/** The last entry of a chain: its number, its MAC (which only the environment can check) and its link. */
const ChainEnd = z.tuple([z.string(), z.number().int(), z.string(), z.string().optional()]);

/** What a checkpoint says. */
export const CheckpointChains = z.object({
  /** SHA-256 of the signature of the checkpoint before, or nothing. */
  previous: z.string(),
  ends: z.array(ChainEnd),
  /** What was dropped because it was older than the organization keeps: everything up to these ends. */
  dropped: z
    .object({
      before: Time,
      entries: Count,
      checkpoint: z.object({ id: z.string(), digest: z.string() }).optional(),
      ends: z.array(ChainEnd),
    })
    .optional(),
});
export type CheckpointChains = z.output<typeof CheckpointChains>;

type Linked = Pick<ExportedEntry, 'writer' | 'sequence' | 'at' | 'action' | 'actor' | 'target' | 'facts'>;

/** What the link of an entry covers, after the link before it (32 bytes, zeros for the first) and its salt. */
export function auditEntryText(organization: string, { writer, sequence, at, action, actor, target, facts }: Linked): string {
  return JSON.stringify([organization, writer, sequence, at, action, actor, target ?? null, facts]);
}

/** What a checkpoint's signature covers. */
export function auditCheckpointText(organization: string, { id, at, chains }: { id: string; at: string; chains: string }): string {
  return JSON.stringify(['privexbot audit checkpoint v1', organization, id, at, chains]);
}

export function auditKeyText(key: string): string {
  return `privexbot audit key 1\n${key}`;
}

export function auditEndText(sha256: string): string {
  return `privexbot audit export 1\n${sha256}`;
}
