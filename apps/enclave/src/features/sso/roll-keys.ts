/** Our own keys at a directory change while people sign in: a new one is made, told, used, and then the old one is taken away. */
import type { AuditAction, ConnectionId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { fingerprintOf } from './certificates.ts';
import { describeKey, type Ports, requireConnection } from './connections.ts';
import { changeConnection, type StoredConnection } from './store.ts';
import type { OwnKey, Strategy } from './strategy.ts';

type Described = ReturnType<typeof describeKey>;
type Ring = NonNullable<Strategy<object, object>['ownKeys']>;

/** The one in use, and the one before or after. */
const MAX_KEYS = 2;

/** Makes a key that signs nothing yet, and that the directory may encrypt for. */
export async function addKey(ports: Ports, scope: OrgScope, id: ConnectionId): Promise<Described[]> {
  const made = await ringOf(ports, await requireConnection(ports, scope, id)).make();
  return roll(ports, scope, id, 'connection.key_added', fingerprintOf(made.certificate), (keys) => {
    if (keys.length >= MAX_KEYS) throw new AppError('bad_request', { problem: 'there are two keys: remove one first' });
    return [...keys, made];
  });
}

/** Signs with it from now on. The other one stays, to open what is encrypted for it and to go back to. */
export function switchKey(ports: Ports, scope: OrgScope, id: ConnectionId, key: string): Promise<Described[]> {
  return roll(ports, scope, id, 'connection.key_switched', key, (keys) => [find(keys, key), ...without(keys, key)]);
}

/** Never the one in use. */
export function removeKey(ports: Ports, scope: OrgScope, id: ConnectionId, key: string): Promise<Described[]> {
  return roll(ports, scope, id, 'connection.key_removed', key, (keys) => {
    if (find(keys, key) === keys[0]) throw new AppError('bad_request', { problem: 'the key in use is not removed' });
    return without(keys, key);
  });
}

async function roll(
  ports: Ports,
  scope: OrgScope,
  id: ConnectionId,
  action: AuditAction,
  key: string,
  change: (keys: readonly OwnKey[]) => readonly OwnKey[],
): Promise<Described[]> {
  const changed = await scope.transaction((tx) => {
    tx.audit(action, id, { key: key.slice(0, 16) });
    return changeConnection(ports.keyring, tx, scope.org, id, (latest) => {
      const ring = ringOf(ports, latest);
      return { secrets: ring.put(latest.secrets, change(ring.of(latest.secrets))), revision: latest.revision + 1 };
    });
  });
  return ringOf(ports, changed).of(changed.secrets).map(describeKey);
}

/** @throws AppError `not_found` for directories that know us by no key */
function ringOf({ strategies }: Ports, { kind }: StoredConnection): Ring {
  const { ownKeys } = strategies[kind];
  if (!ownKeys) throw new AppError('not_found');
  return ownKeys;
}

/** @throws AppError `not_found` */
function find(keys: readonly OwnKey[], id: string): OwnKey {
  const found = keys.find((key) => fingerprintOf(key.certificate) === id);
  if (!found) throw new AppError('not_found');
  return found;
}

function without(keys: readonly OwnKey[], id: string): OwnKey[] {
  return keys.filter((key) => fingerprintOf(key.certificate) !== id);
}
