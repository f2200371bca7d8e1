/** Which connections are for an address: those of the organization that has proven its domain. */
import type { ConnectionId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { domainOfEmail, domainOwner } from '../domains/index.ts';
import { listConnections } from './store.ts';
import type { Strategies } from './strategies.ts';

type Ports = Pick<Context, 'db' | 'keyring'> & { readonly strategies: Strategies };

export interface WayIn {
  readonly id: ConnectionId;
  readonly name: string;
  readonly way: 'redirect' | 'password' | 'token';
}

/** Says nothing of whether there is somebody with the address. Ways that need a program are left out. */
export async function findConnectionsFor({ db, keyring, strategies }: Ports, email: string): Promise<WayIn[]> {
  const domain = domainOfEmail(email.trim());
  if (domain === undefined) return [];
  const connections = await db.transaction('environment', 'visitor', async (tx) => {
    const org = await domainOwner({ keyring }, tx, domain);
    return org ? listConnections(keyring, tx, org) : [];
  });
  return connections
    .filter(({ state }) => state === 'active')
    .map(({ id, name, kind }) => ({ id, name, way: strategies[kind].way }))
    .filter(({ way }) => way !== 'token');
}
