import { type GroupId, narrower, type OrgId, type Role, type UserId, type WorkspaceId, widest } from '@privexbot/contract';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { openValue, type Place, sealValue } from '../../keys/seal.ts';

type Tx = Transaction<Realm>;

export type AccessEntry =
  | { readonly kind: 'user'; readonly id: UserId; readonly role: Role }
  | { readonly kind: 'group'; readonly id: GroupId; readonly role: Role };

export interface WorkspaceAccess {
  /** Whether members who are not named may enter too. */
  readonly open: boolean;
  readonly entries: readonly AccessEntry[];
  readonly revision: number;
}

const OPEN: WorkspaceAccess = { open: true, entries: [], revision: 0 };

function placeOf(row: Omit<Tables['workspace_access'], 'sealed'>): Place {
  return { table: 'workspace_access', realm: row.org_id, id: row.workspace_id, version: row.version };
}

/** Of every workspace that is given. One whose row is gone, though there was one, is refused. */
export async function findAccess(
  keyring: Keyring,
  tx: Tx,
  org: OrgId,
  workspaces: readonly WorkspaceId[],
): Promise<Map<WorkspaceId, WorkspaceAccess>> {
  if (workspaces.length === 0) return new Map();
  const rows = await tx.sql
    .selectFrom('workspace_access')
    .selectAll()
    .where('org_id', '=', org)
    .where('workspace_id', 'in', workspaces)
    .execute();
  const found = new Map(rows.map((row) => [row.workspace_id, row]));
  const key = rows.length > 0 ? await keyring.organization(tx.keys, org) : undefined;
  const access = new Map<WorkspaceId, WorkspaceAccess>();
  for (const workspace of workspaces) {
    const row = found.get(workspace);
    await tx.check('workspace_access', workspace, row?.sealed ?? null, org);
    const content = row && key && openValue<Omit<WorkspaceAccess, 'revision'>>(key, placeOf(row), row.sealed);
    access.set(workspace, content ? { ...content, revision: row.version } : OPEN);
  }
  return access;
}

export function lockAccess(tx: Tx, org: OrgId): Promise<void> {
  return tx.lock('workspace_access', org);
}

/** @throws AppError `conflict` where somebody changed it since `revision` */
export async function setAccess(
  keyring: Keyring,
  tx: Tx,
  org: OrgId,
  workspace: WorkspaceId,
  { open, entries, revision }: WorkspaceAccess,
): Promise<void> {
  await tx.lock('workspace_access', org);
  const before = (await findAccess(keyring, tx, org, [workspace])).get(workspace) ?? OPEN;
  if (before.revision !== revision) throw new AppError('conflict');
  const row = { workspace_id: workspace, org_id: org, version: revision + 1 };
  const sealed = sealValue(await keyring.organization(tx.keys, org), placeOf(row), { open, entries });
  await tx.record('workspace_access', workspace, sealed, org);
  await tx.sql
    .insertInto('workspace_access')
    .values({ ...row, sealed })
    .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet({ version: row.version, sealed }))
    .execute();
}

/** Takes a person who leaves off every list, so that coming back later does not bring old rights back. */
export async function forgetInWorkspaces(keyring: Keyring, tx: Tx, org: OrgId, id: UserId | GroupId): Promise<void> {
  await tx.lock('workspace_access', org);
  const rows = await tx.sql.selectFrom('workspace_access').select('workspace_id').where('org_id', '=', org).execute();
  const all = await findAccess(
    keyring,
    tx,
    org,
    rows.map(({ workspace_id }) => workspace_id),
  );
  for (const [workspace, access] of all) {
    const entries = access.entries.filter((entry) => entry.id !== id);
    if (entries.length < access.entries.length) await setAccess(keyring, tx, org, workspace, { ...access, entries });
  }
}

/**
 * What somebody is in a workspace, or undefined where it is closed to them. It is never more than in the organization; Admins are
 * Admins everywhere. Who is named keeps to that, whatever the groups say; of several groups the best counts.
 */
export function roleIn({ open, entries }: WorkspaceAccess, role: Role, user: UserId, groups: readonly GroupId[]): Role | undefined {
  if (role === 'admin') return role;
  const own = entries.find(({ kind, id }) => kind === 'user' && id === user)?.role;
  const granted = own ?? widest(entries.flatMap((entry) => (entry.kind === 'group' && groups.includes(entry.id) ? entry.role : [])));
  if (granted) return narrower(granted, role);
  return open ? role : undefined;
}
