import type { ApiKeyId, AuditAction, ConnectionId, OrgId, Permission, Role, SessionId, UserId, WorkspaceId } from '@privexbot/contract';
import type { Session } from '@privexbot/secure-channel/server';
import type { AuditRecord } from '../db/audit-chain.ts';
import type { Transaction } from '../db/database.ts';
import type { AppError } from '../errors.ts';

/** Who is calling: a person by session, or a program by an API key with its maker's current rights. */
export interface Principal {
  readonly user: UserId;
  readonly session?: SessionId;
  /** Set for an API key. */
  readonly key?: CallingKey;
  /** Set for an access token that was asked for one organization, or for one workspace of it: it works nowhere else. */
  readonly within?: { readonly org: OrgId; readonly workspace: WorkspaceId | undefined };
  /** How the session was begun; absent for API keys. */
  readonly facts?: SessionFacts;
}

/** An API key that makes a call. */
export interface CallingKey {
  readonly id: ApiKeyId;
  /** The one organization it works in. */
  readonly org: OrgId;
  /** Whether it may be used outside the sealed channel. */
  readonly plain: boolean;
  /** All it may do of what its maker may; everything where it is absent. */
  readonly scopes?: readonly Permission[] | undefined;
  /** The only networks it is taken from; all where there are none. */
  readonly networks: readonly string[];
  readonly expiresAt?: Date | undefined;
}

/** What policies ask of a session. */
export interface SessionFacts {
  readonly method: string;
  /** How it was proven (RFC 8176). */
  readonly amr: readonly string[];
  readonly authTime: Date;
  readonly startedAt: Date;
  /** The organization's identity provider that vouched for the person, and what it wants to be told at the end. */
  readonly connection?: { readonly id: ConnectionId; readonly org: OrgId; readonly ending?: object };
}

/** The sealed session a request came through: one object for all requests of that session. */
export interface ChannelCaller {
  readonly session: Session;
  /** RFC 7638 thumbprint of the device key that was proven in this session. */
  device?: string;
  /** What that device calls itself. */
  deviceName?: string;
}

/** What every handler gets. */
export interface PublicScope {
  readonly requestId: string;
  /** Aborted when the caller goes away, or is cut off because the server has drained long enough. */
  readonly signal: AbortSignal;
  /** The caller's network address, for rate limits and session lists; never logged. */
  readonly address: string;
  readonly request: Request;
  /** Absent where the request came in plain. */
  readonly channel: ChannelCaller | undefined;
  /** Headers of the answer. */
  readonly headers: Headers;
  /** The origin that links should carry. */
  readonly origin: string;
  /** For a failure after the answer began: logs and audits it as one before, and says what to tell the caller. */
  fail(thrown: unknown): Promise<AppError>;
}

export interface AccountScope extends PublicScope {
  readonly user: UserId;
  readonly session: SessionId;
  readonly facts: SessionFacts;
}

/** A caller inside one organization. Workspaces named in the path belong to it. */
export interface OrgScope extends PublicScope {
  readonly org: OrgId;
  readonly user: UserId;
  readonly role: Role;
  /** How the caller's session was begun; absent for API keys. */
  readonly facts: SessionFacts | undefined;
  /** Set for an API key, which may have been made for less than its maker may. */
  readonly key: CallingKey | undefined;
  /** Whether the caller holds a permission beyond that of the endpoint. */
  can(permission: Permission): boolean;
  /** Id for the audit log: the user's, or the API key's. */
  readonly actor: string;
  /** One transaction of the organization; what it audits is committed with it. */
  transaction<T>(fn: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Writes an audit entry for a read of content, before the content is handed out. */
  audit(action: AuditAction, target?: string, facts?: AuditRecord['facts']): Promise<void>;
}

/** What the http layer asks of the feature that knows people. */
export interface Identity {
  /** Finds the caller by API key, by the device proven in the sealed session, with or without its access token. @throws AppError `not_signed_in` */
  authenticate(request: Request, channel: ChannelCaller | undefined): Promise<Principal>;
  /** The caller's role, or undefined where it is no member; in a workspace it may be a narrower one. */
  findRole(user: UserId, org: OrgId, workspace?: WorkspaceId): Promise<Role | undefined>;
  /** Whether somebody without a role is a member whose membership was suspended. */
  isSuspended(user: UserId, org: OrgId): Promise<boolean>;
  /** Whether the organization is suspended or about to be deleted. */
  isClosed(org: OrgId): Promise<boolean>;
  /** Lets a member in as far as the organization's policies do. @throws AppError `sso_required`, `mfa_required`, `policy_refused` */
  admit(principal: Principal, org: OrgId, address: string): Promise<void>;
  /** How the person may prove again who they are. */
  waysToProve(user: UserId): Promise<readonly string[]>;
  hasWorkspace(org: OrgId, workspace: WorkspaceId): Promise<boolean>;
  /** Notes that an API key was let in. */
  noteUse(key: CallingKey, address: string): void;
  /** Whether somebody signed in on the device before. */
  isKnownDevice(device: string): Promise<boolean>;
}
