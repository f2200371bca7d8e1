// What the app and other features may ask of connections.
import type { OrgId } from '@privexbot/contract';
import type { Database, Transaction } from '../../db/database.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { toWayIn } from './find.ts';
import { listConnections, type StoredConnection } from './store.ts';

export { openCertificateWarnings } from './certificate-warnings.ts';
export { leaveDirectory } from './ending.ts';
export { findConnectionOf, findConnectionsFor, type WayIn } from './find.ts';
export { applyGroupMap } from './group-map.ts';
export { handOverRoutes } from './hand-over-routes.ts';
export { placeGroup } from './places.ts';
export { mountSso } from './returns.ts';
export { ssoRoutes } from './routes.ts';
export { findConnection } from './store.ts';
export { createStrategies } from './strategies.ts';
export { openDirectorySync } from './sync.ts';

/** By which people of the organization may sign in now. */
export async function listActiveConnections(db: Database, org: OrgId): Promise<StoredConnection[]> {
  const all = await db.transaction(org, 'system', (tx) => listConnections(db.keyring, tx, org));
  return all.filter(({ state }) => state === 'active');
}

/** Whether one by which people come in is active and its settings were tried; it stays so until the transaction ends. */
export async function hasTestedConnection(keyring: Keyring, tx: Transaction, org: OrgId): Promise<boolean> {
  await tx.lock('connections', org);
  const all = await listConnections(keyring, tx, org);
  return all.some((connection) => toWayIn(connection).length > 0 && connection.testedAt !== undefined);
}
