import { type KeysState, type OrgId, ROOT_KEY_SOURCES, type SignedReceipt, type UserId } from '@privexbot/contract';
import type * as z from 'zod';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { findLatestRotation, insertRotation, listRotations, lockRotation, type RotationRecord } from '../../db/rotations.ts';
import { countKeys, lockStart } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'jobs' | 'newId' | 'now'>;
type State = z.input<typeof KeysState>;

const RECEIPTS = 100;

export function readKeysState({ db, keyring }: Ports): Promise<State> {
  return db.transaction('environment', 'system', async (tx) => describe({ keyring }, tx, await findLatestRotation(keyring, tx)));
}

export function listReceipts({ db, keyring }: Ports): Promise<SignedReceipt[]> {
  return db.transaction('environment', 'system', async (tx) =>
    (await listRotations(keyring, tx, RECEIPTS)).flatMap(({ content }) => content.receipt ?? []),
  );
}

interface Wish {
  readonly org: OrgId;
  readonly user: UserId;
  readonly actor: string;
  readonly backupsExpireAt: string | undefined;
}

/** Starts a rotation, or gives the one that is under way another job to go on with. */
export function startRotation({ db, keyring, jobs, newId, now }: Ports, { org, user, actor, backupsExpireAt }: Wish): Promise<State> {
  return db.transaction('environment', actor, async (tx) => {
    // Two who start at once: the second finds the rotation of the first.
    await lockStart(tx);
    const latest = await findLatestRotation(keyring, tx);
    const running = latest && latest.state !== 'done' ? await lockRotation(keyring, tx, latest.id) : undefined;
    const rotation = running ?? (await insertRotation(keyring, tx, begin(latest), now()));
    await jobs.enqueue(tx, 'rotate-keys', rotation.id, org);
    tx.audit('keys.rotation_started', rotation.id, { epoch: rotation.epoch, resumed: running !== undefined }, org);
    return describe({ keyring }, tx, rotation);
  });

  function begin(latest: RotationRecord | undefined) {
    return {
      id: newId('rotation'),
      epoch: Math.max(keyring.epoch, latest?.epoch ?? 0) + 1,
      content: {
        startedAt: now().toISOString(),
        startedBy: user,
        org,
        backupsExpireAt: backupsExpireAt ?? null,
        keysRewrapped: 0,
        keysTotal: 0,
      },
    };
  }
}

async function describe(
  { keyring }: Pick<Ports, 'keyring'>,
  tx: Transaction<'environment'>,
  rotation: RotationRecord | undefined,
): Promise<State> {
  const { kind } = keyring.source;
  const keys = await countKeys(tx);
  const { destruction } = ROOT_KEY_SOURCES[kind];
  const epoch = rotation && rotation.state !== 'started' ? rotation.epoch : keyring.epoch;
  if (!rotation || rotation.state === 'done') return { source: { kind, destruction }, epoch, keys };
  const { startedAt, keysRewrapped, keysTotal, problem } = rotation.content;
  const progress = { startedAt, keysRewrapped, keysTotal: rotation.state === 'started' ? keys : keysTotal };
  return {
    source: { kind, destruction },
    epoch,
    keys,
    rotation: { id: rotation.id, step: rotation.state, epoch: rotation.epoch, ...progress, ...(problem ? { problem } : {}) },
  };
}
