import type {
  ApiKeyId,
  AttemptId,
  BotId,
  ConnectionId,
  ConnectionKind,
  ConversationId,
  CredentialId,
  DataKeyId,
  DOMAIN_STATES,
  DocumentId,
  DomainId,
  GrantId,
  GroupId,
  IdentityId,
  InvitationId,
  KnowledgeBaseId,
  MessageId,
  ModelId,
  OrgId,
  Role,
  RotationId,
  ScimTokenId,
  SessionId,
  SinkId,
  UploadId,
  UserId,
  VersionId,
  WorkspaceId,
} from '@privexbot/contract';
import type { StoredKey } from '../keys/keyring.ts';

/** A passkey, an authenticator app's secret, or the recovery codes. */
export type CredentialKind = 'passkey' | 'totp' | 'recovery';
export type MembershipState = 'active' | 'suspended';
/** Of an organization that is not simply active. */
export type OrganizationState = 'active' | 'suspended' | 'deleting';

interface Sealed {
  version: number;
  sealed: Uint8Array;
}

/** Columns of every table, as in `migrations/`. What is not listed here is inside `sealed`. */
export interface Tables {
  'keystore.keys': StoredKey;
  users: Sealed & { id: UserId; email_index: Uint8Array | null; created_at: Date };
  identities: Sealed & { id: IdentityId; user_id: UserId; subject_index: Uint8Array; connection_id: ConnectionId | null; created_at: Date };
  credentials: Sealed & { id: CredentialId; user_id: UserId; kind: CredentialKind; lookup: Uint8Array | null; created_at: Date };
  challenges: Sealed & { id: string; purpose: string; expires_at: Date };
  sessions: Sealed & { id: SessionId; user_id: UserId; token_hash: Uint8Array; expires_at: Date; created_at: Date };
  domains: Sealed & {
    id: DomainId;
    org_id: OrgId;
    domain_index: Uint8Array;
    state: (typeof DOMAIN_STATES)[number];
    check_at: Date;
    created_at: Date;
  };
  audit_settings: Sealed & { org_id: OrgId };
  audit_sinks: Sealed & { id: SinkId; org_id: OrgId; created_at: Date };
  audit_sink_states: Sealed & { id: SinkId; org_id: OrgId; due_at: Date };
  policies: Sealed & { org_id: OrgId };
  session_activity: { org_id: OrgId; session_id: SessionId; seen_at: Date; mac: Uint8Array };
  heads: { realm: string; name: string; counter: number; sum: Uint8Array; mac: Uint8Array };
  known_devices: { device: Uint8Array; user_id: UserId; at: Date };
  head_changes: { realm: string; name: string; before: number; counter: number; digests: string; mac: Uint8Array };
  organizations: Sealed & { org_id: OrgId; created_at: Date };
  workspaces: Sealed & { id: WorkspaceId; org_id: OrgId; created_at: Date };
  memberships: Sealed & { id: string; org_id: OrgId; user_id: UserId; role: Role; state: MembershipState; created_at: Date };
  invitations: Sealed & { id: InvitationId; org_id: OrgId; role: Role; token_hash: Uint8Array; expires_at: Date; created_at: Date };
  agency_grants: Sealed & {
    id: GrantId;
    org_id: OrgId;
    agency_id: OrgId | null;
    role: Role;
    token_hash: Uint8Array | null;
    expires_at: Date;
    created_at: Date;
  };
  groups: Sealed & {
    id: GroupId;
    org_id: OrgId;
    connection_id: ConnectionId | null;
    name_index: Uint8Array;
    external_index: Uint8Array | null;
    created_at: Date;
  };
  group_members: Sealed & { id: string; org_id: OrgId; group_id: GroupId; user_id: UserId };
  workspace_access: Sealed & { workspace_id: WorkspaceId; org_id: OrgId };
  organization_states: Sealed & { org_id: OrgId; state: OrganizationState; ends_at: Date | null };
  organization_receipts: { id: string; user_id: UserId; sealed: Uint8Array; created_at: Date };
  connections: Sealed & {
    id: ConnectionId;
    org_id: OrgId;
    kind: ConnectionKind;
    state: 'draft' | 'tested' | 'active';
    created_at: Date;
  };
  sign_in_attempts: {
    id: AttemptId;
    org_id: OrgId;
    connection_id: ConnectionId;
    user_id: UserId | null;
    outcome: 'signed_in' | 'refused' | 'test_passed' | 'test_failed';
    sealed: Uint8Array;
    created_at: Date;
  };
  directory_syncs: { connection_id: ConnectionId; org_id: OrgId; started_at: Date; version: number; sealed: Uint8Array | null };
  connection_hand_overs: Sealed & {
    connection_id: ConnectionId;
    org_id: OrgId;
    token_hash: Uint8Array;
    expires_at: Date;
    created_at: Date;
  };
  connection_sessions: { session_id: SessionId; connection_id: ConnectionId; subject_index: Uint8Array; name_index: Uint8Array | null };
  api_keys: Sealed & { id: ApiKeyId; org_id: OrgId; user_id: UserId; secret_hash: Uint8Array; created_at: Date };
  api_key_uses: { key_id: ApiKeyId; org_id: OrgId; used_at: Date; sealed: Uint8Array };
  uploads: Sealed & {
    id: UploadId;
    org_id: OrgId;
    user_id: UserId;
    purpose: 'document' | 'model';
    size_bytes: number;
    data_key: DataKeyId;
    created_at: Date;
  };
  knowledge_bases: Sealed & { id: KnowledgeBaseId; org_id: OrgId; workspace_id: WorkspaceId; data_key: DataKeyId; created_at: Date };
  documents: Sealed & {
    id: DocumentId;
    org_id: OrgId;
    knowledge_base_id: KnowledgeBaseId;
    user_id: UserId;
    name_index: Uint8Array;
    content_index: Uint8Array | null;
    state: 'queued' | 'reading' | 'ready' | 'failed' | 'cancelled';
    failure: string | null;
    size_bytes: number;
    passages: number;
    embedded: number;
    content_version: number;
    created_at: Date;
  };
  passages: { org_id: OrgId; document_id: DocumentId; content_version: number; ordinal: number; sealed: Uint8Array };
  passage_vectors: {
    org_id: OrgId;
    document_id: DocumentId;
    content_version: number;
    ordinal: number;
    /** Which embedding model made them: those of another say nothing beside a question's. */
    model: string;
    sealed: Uint8Array;
  };
  bots: Sealed & { id: BotId; org_id: OrgId; workspace_id: WorkspaceId; data_key: DataKeyId; created_at: Date };
  bot_versions: { id: VersionId; org_id: OrgId; bot_id: BotId; number: number; sealed: Uint8Array; created_at: Date };
  live_versions: Sealed & { bot_id: BotId; org_id: OrgId; version_id: VersionId };
  deployments: Sealed & { id: string; org_id: OrgId; bot_id: BotId; channel: 'page' | 'widget' | 'api'; enabled: boolean };
  public_names: { name_index: Uint8Array; org_id: OrgId; bot_id: BotId };
  conversations: {
    id: ConversationId;
    org_id: OrgId;
    bot_id: BotId;
    channel: string;
    user_id: UserId | null;
    token_hash: Uint8Array | null;
    data_key: DataKeyId;
    sealed: Uint8Array;
    created_at: Date;
  };
  messages: Sealed & { id: MessageId; org_id: OrgId; conversation_id: ConversationId; created_at: Date };
  models: Sealed & { id: ModelId; org_id: OrgId; created_at: Date };
  spending_rules: Sealed & { org_id: OrgId };
  member_usage: { org_id: OrgId; user_id: UserId; day: string; meter: string; amount: number };
  usage: { org_id: OrgId; day: string; meter: string; model: string; amount: number };
  key_rotations: Sealed & { id: RotationId; epoch: number; state: 'started' | 'wrapping' | 'destroying' | 'done'; created_at: Date };
  scim_tokens: Sealed & {
    id: ScimTokenId;
    org_id: OrgId;
    connection_id: ConnectionId;
    secret_hash: Uint8Array;
    expires_at: Date | null;
    created_at: Date;
  };
  scim_users: Sealed & {
    id: string;
    org_id: OrgId;
    connection_id: ConnectionId;
    user_id: UserId;
    name_index: Uint8Array;
    external_index: Uint8Array | null;
    removed: boolean;
    created_at: Date;
  };
  scim_log: { id: string; org_id: OrgId; connection_id: ConnectionId; sealed: Uint8Array; created_at: Date };
  audit_entries: { org_id: string; writer: string; sequence: number; at: Date; sealed: Uint8Array; mac: Uint8Array };
  audit_checkpoints: { org_id: string; id: string; at: Date; chains: string; signature: Uint8Array };
}
