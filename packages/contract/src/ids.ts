import * as z from 'zod';

/** Prefix of each kind of id. An id is `<prefix>_` and 26 characters of Crockford base 32: a UUIDv7, so ids sort by time of making. */
const PREFIXES = {
  user: 'usr',
  session: 'ses',
  org: 'org',
  workspace: 'wsp',
  membership: 'mem',
  invitation: 'inv',
  apiKey: 'key',
  upload: 'upl',
  knowledgeBase: 'kb',
  document: 'doc',
  bot: 'bot',
  version: 'ver',
  conversation: 'cnv',
  message: 'msg',
  model: 'mdl',
  entry: 'aud',
  dataKey: 'dky',
  rotation: 'rot',
  identity: 'idn',
  credential: 'crd',
  connection: 'con',
  attempt: 'att',
  group: 'grp',
  domain: 'dom',
  scimToken: 'sct',
  sink: 'snk',
  agency: 'agy',
  grant: 'gra',
} as const;

export type IdKind = keyof typeof PREFIXES;
export type Id<K extends IdKind> = string & z.core.$brand<K>;
export type UserId = Id<'user'>;
export type SessionId = Id<'session'>;
export type OrgId = Id<'org'>;
export type WorkspaceId = Id<'workspace'>;
export type InvitationId = Id<'invitation'>;
export type ApiKeyId = Id<'apiKey'>;
export type UploadId = Id<'upload'>;
export type KnowledgeBaseId = Id<'knowledgeBase'>;
export type DocumentId = Id<'document'>;
export type BotId = Id<'bot'>;
export type VersionId = Id<'version'>;
export type ConversationId = Id<'conversation'>;
export type MessageId = Id<'message'>;
export type ModelId = Id<'model'>;
export type DataKeyId = Id<'dataKey'>;
export type RotationId = Id<'rotation'>;
export type IdentityId = Id<'identity'>;
export type CredentialId = Id<'credential'>;
export type ConnectionId = Id<'connection'>;
export type AttemptId = Id<'attempt'>;
export type GroupId = Id<'group'>;
export type DomainId = Id<'domain'>;
export type ScimTokenId = Id<'scimToken'>;
export type SinkId = Id<'sink'>;
export type AgencyId = Id<'agency'>;
export type GrantId = Id<'grant'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Schema of one kind of id. */
export function idSchema<K extends IdKind>(kind: K): z.ZodType<Id<K>, string> {
  return z
    .string()
    .regex(
      new RegExp(`^${PREFIXES[kind]}_[0-7][${ALPHABET}]{25}$`),
      `Expected an id that starts with ${PREFIXES[kind]}_`,
    ) as unknown as z.ZodType<Id<K>, string>;
}

/**
 * Makes an id from a time and 10 random bytes (RFC 9562 §5.7 layout).
 * @param at milliseconds since 1970
 */
export function makeId<K extends IdKind>(kind: K, at: number, random: Uint8Array): Id<K> {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = ALPHABET.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return `${PREFIXES[kind]}_${text}` as Id<K>;
}
