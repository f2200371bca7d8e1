/** Accounts of programs: a person's row without any way in. */
import type { UserId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { insertPerson } from './accounts.ts';
import { changeUser, deleteUser, type Tx } from './store.ts';

type Ports = Pick<Context, 'config' | 'keyring' | 'now' | 'newId'>;

export async function insertServiceUser(ports: Ports, tx: Tx, name: string): Promise<UserId> {
  const id = ports.newId('user');
  await insertPerson(ports, tx, { id, name, emailVerified: false, links: 0 }, ports.now());
  return id;
}

export async function renameServiceUser({ keyring }: Pick<Ports, 'keyring'>, tx: Tx, id: UserId, name: string): Promise<void> {
  await changeUser(keyring, tx, id, () => ({ name }));
}

/** Its membership and its keys must be gone. */
export async function deleteServiceUser(tx: Tx, id: UserId): Promise<void> {
  await tx.lock('users');
  await deleteUser(tx, id);
}
