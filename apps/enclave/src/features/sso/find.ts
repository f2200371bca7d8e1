/** Which connections are for an address: those of the organization that has proven its domain. */
import type { ConnectionId, ConnectionKind } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { domainOfEmail, domainOwner } from '../domains/index.ts';
import { findConnection, listConnections, type StoredConnection } from './store.ts';

export interface WayIn {
  readonly id: ConnectionId;
  readonly name: string;
  readonly kind: Exclude<ConnectionKind, 'jwt'>;
}

/** Says nothing of whether there is somebody with the address. */
export async function findConnectionsFor({ db, keyring }: Pick<Context, 'db' | 'keyring'>, email: string): Promise<WayIn[]> {
  const domain = domainOfEmail(email.trim());
  if (domain === undefined) return [];
  const connections = await db.transaction('environment', 'visitor', async (tx) => {
    const org = await domainOwner({ keyring }, tx, domain);
    return org ? listConnections(keyring, tx, org) : [];
  });
  return connections.flatMap(toWayIn);
}

/** For people: nothing where it is not active, or where only programs bring what it takes. */
export function toWayIn({ id, name, kind, state }: StoredConnection): WayIn[] {
  return state === 'active' && kind !== 'jwt' ? [{ id, name, kind }] : [];
}

/** By which somebody who came by the connection comes in again. */
export async function findConnectionOf({ db, keyring }: Pick<Context, 'db' | 'keyring'>, id: ConnectionId): Promise<WayIn | undefined> {
  const connection = await db.transaction('environment', 'visitor', (tx) => findConnection(keyring, tx, undefined, id));
  return connection && toWayIn(connection)[0];
}
