import * as z from 'zod';
import { Time } from './common.ts';
import { idSchema } from './ids.ts';
import { ROOT_KEY_SOURCES, type RootKeySourceKind } from './privacy.ts';

/** What became of an organization that was deleted. The order of the members is the order in which they are signed. */
export const OrganizationReceipt = z.strictObject({
  v: z.literal(1),
  method: z.literal('organization-keys-destroyed'),
  source: z.enum(Object.keys(ROOT_KEY_SOURCES) as [RootKeySourceKind, ...RootKeySourceKind[]]),
  organization: idSchema('org'),
  name: z.string(),
  askedAt: Time,
  destroyedAt: Time,
  /** Stored keys that were destroyed: without them what they sealed stays closed. */
  keys: z.number().int(),
  members: z.number().int(),
  /** Of the audit log. */
  entries: z.number().int(),
  /** In words, what this does not cover. */
  limits: z.array(z.string()),
});
export type OrganizationReceipt = z.output<typeof OrganizationReceipt>;

export const SignedOrganizationReceipt = z.strictObject({
  format: z.literal('privexbot-organization-receipt-1'),
  receipt: OrganizationReceipt,
  /** The environment's identity: a raw Ed25519 public key, base64url. */
  identity: z.string(),
  /** Ed25519 over `organizationReceiptBytes(receipt)`, base64url. */
  signature: z.string(),
});
export type SignedOrganizationReceipt = z.output<typeof SignedOrganizationReceipt>;

/** What is signed: a label, then the receipt as JSON without spaces, its members in the order of the schema. */
export function organizationReceiptBytes(receipt: OrganizationReceipt): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`privexbot organization receipt 1\n${JSON.stringify(OrganizationReceipt.parse(receipt))}`);
}
