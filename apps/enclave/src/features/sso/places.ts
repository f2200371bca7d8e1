/** Places in workspaces that a connection's map gives the members of its groups. */
import { type Provisioning, type Role, type WorkspaceId, widest } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Realm } from '../../db/audit-chain.ts';
import type { Transaction } from '../../db/database.ts';
import { findAccess, type Group, lockAccess, setAccess } from '../organizations/index.ts';

type Ports = Pick<Context, 'keyring'>;
type Places = ReadonlyMap<WorkspaceId, Role>;

/**
 * Puts a group on the lists of workspaces as the map says, and takes it off where only an earlier map had put it: what an Admin
 * set there stays.
 * @param name as the map names it
 * @param before what the map said until now
 */
export async function placeGroup(
  { keyring }: Ports,
  tx: Transaction<Realm>,
  { id, org }: Pick<Group, 'id' | 'org'>,
  name: string,
  provisioning: Provisioning,
  before: Provisioning,
): Promise<void> {
  const [wanted, given] = [placesOf(provisioning, name), placesOf(before, name)];
  const workspaces = [...new Set([...wanted.keys(), ...given.keys()])];
  if (workspaces.length === 0) return;
  await lockAccess(tx, org);
  for (const [workspace, access] of await findAccess(keyring, tx, org, workspaces)) {
    const own = access.entries.find((entry) => entry.kind === 'group' && entry.id === id);
    const role = wanted.get(workspace);
    const isTheirs = own !== undefined && own.role !== given.get(workspace);
    if (isTheirs || own?.role === role) continue;
    const others = access.entries.filter((entry) => entry !== own);
    const entries = role ? [...others, { kind: 'group', id, role } as const] : others;
    await setAccess(keyring, tx, org, workspace, { ...access, entries });
    tx.audit('workspace.access_changed', workspace, { open: access.open, entries: entries.length, by: 'directory' }, org);
  }
}

function placesOf({ groups }: Provisioning, name: string): Places {
  const places = new Map<WorkspaceId, Role>();
  for (const { group, workspaces } of groups)
    if (group === name)
      for (const { workspace, role } of workspaces)
        places.set(workspace, widest([role, places.get(workspace)].filter((one) => one !== undefined)) ?? role);
  return places;
}
