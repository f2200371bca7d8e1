import { setTimeout as sleep } from 'node:timers/promises';
import { ROTATION_PROBLEMS, type RotationId, type RotationProblem } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { lockRotation, type RotationContent, type RotationRecord, type RotationState, updateRotation } from '../../db/rotations.ts';
import { AppError } from '../../errors.ts';
import type { Job } from '../../jobs/jobs.ts';
import { RootKeyProblem } from '../../keys/root-key.ts';
import { signReceipt } from './receipt.ts';
import { countKeys, lockKeyMakers, lockKeysBefore, lockSource, moveKeys } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'log' | 'now'>;

/** Small, so that nobody who deletes a key waits for long, and requests come in between. */
const BATCH = 200;
const OTHERS_HOLD_KEYS_MS = 100;
/** What may pass by itself, so that the queue tries again. A refusal does not: tokens lock after a few wrong PINs. */
const PASSING: ReadonlySet<RotationProblem> = new Set(['unreachable', 'storage_full', 'internal']);

/**
 * Moves every stored key to a new epoch and destroys the old one at its source. Each step is a transaction that finds in the row what is
 * done already, so it goes on after a kill at any moment, on any server. Nothing is destroyed before everything was moved.
 */
export async function rotateKeysJob(ports: Ports, { id }: Job, signal: AbortSignal): Promise<void> {
  const inRotation = <T>(fn: (tx: Transaction<'environment'>, rotation: RotationRecord) => Promise<T>) =>
    ports.db.transaction('environment', 'system', async (tx) => {
      const rotation = await lockRotation(ports.keyring, tx, id as RotationId);
      return rotation && fn(tx, rotation);
    });
  try {
    await inRotation((tx, rotation) => makeEpoch(ports, tx, rotation));
    await inRotation((tx, rotation) => openEpoch(ports, tx, rotation));
    await ports.db.followEpoch();
    for (let isDone: boolean | undefined = false; isDone === false; signal.throwIfAborted())
      isDone = await inRotation((tx, rotation) => moveBatch(ports, tx, rotation));
    await inRotation((tx, rotation) => requireAllMoved(ports, tx, rotation));
    await inRotation((tx, rotation) => destroyEpochs(ports, tx, rotation));
    await ports.db.followEpoch();
  } catch (error) {
    if (signal.aborted) throw error;
    const problem = toProblem(error);
    ports.log.error({ err: error, rotation: id, problem }, 'the rotation of keys waits');
    await inRotation((tx, rotation) => change(ports, tx, rotation, rotation.state, { problem })).catch(() => undefined);
    if (PASSING.has(problem)) throw error;
  }
}

/** Makes the new epoch's key. One that is there without its check was made by an attempt that was cut off, or by somebody else: it goes. */
async function makeEpoch(ports: Ports, tx: Transaction<'environment'>, rotation: RotationRecord): Promise<void> {
  if (rotation.state !== 'started' || rotation.content.check) return;
  const { source } = ports.keyring;
  await lockSource(tx);
  // A row that was set back must not cost the key that stored ones are wrapped under.
  if ((await countKeys(tx)) > (await countKeys(tx, rotation.epoch))) throw new AppError('integrity_failed');
  await source.destroyEpoch(rotation.epoch);
  const secret = await source.createEpoch(rotation.epoch);
  const check = Buffer.from(ports.keyring.checkOf(secret)).toString('base64');
  await change(ports, tx, rotation, 'started', { check });
}

/** From here on new keys are made under the new epoch, on every server: what is counted now is all there is to move. */
async function openEpoch(ports: Ports, tx: Transaction<'environment'>, rotation: RotationRecord): Promise<void> {
  if (rotation.state !== 'started') return;
  await lockKeyMakers(tx);
  await change(ports, tx, rotation, 'wrapping', { keysTotal: await countKeys(tx, rotation.epoch) });
}

/** @returns whether all are moved */
async function moveBatch(ports: Ports, tx: Transaction<'environment'>, rotation: RotationRecord): Promise<boolean> {
  if (rotation.state !== 'wrapping') return true;
  const keys = await lockKeysBefore(tx, rotation.epoch, BATCH);
  if (keys.length === 0) {
    if ((await countKeys(tx, rotation.epoch)) === 0) return true;
    await sleep(OTHERS_HOLD_KEYS_MS);
    return false;
  }
  const moved = [];
  for (const key of keys) moved.push(await ports.keyring.rewrap(tx.keys, key));
  await moveKeys(tx, moved);
  await change(ports, tx, rotation, 'wrapping', { keysRewrapped: rotation.content.keysRewrapped + moved.length });
  return false;
}

/** What was written is read again, and the new key asked for at its source: only then may the old one go. */
async function requireAllMoved(ports: Ports, tx: Transaction<'environment'>, rotation: RotationRecord): Promise<void> {
  if (rotation.state !== 'wrapping') return;
  await lockKeyMakers(tx);
  if ((await countKeys(tx, rotation.epoch)) > 0) throw new Error('keys of the old epoch are left');
  await ports.keyring.useEpoch(rotation.epoch, Buffer.from(rotation.content.check ?? '', 'base64'));
  await ports.keyring.requireStored(tx.keys);
  await change(ports, tx, rotation, 'destroying', {});
}

async function destroyEpochs(ports: Ports, tx: Transaction<'environment'>, rotation: RotationRecord): Promise<void> {
  if (rotation.state !== 'destroying') return;
  const { keyring } = ports;
  const { source } = keyring;
  await lockSource(tx);
  const before = (await source.epochs()).filter((epoch) => epoch < rotation.epoch);
  for (const epoch of before) await source.destroyEpoch(epoch);
  const left = (await source.epochs()).filter((epoch) => epoch < rotation.epoch);
  if (left.length) throw new RootKeyProblem('refused', `The root key source still holds epoch ${left.join(', ')} after it was destroyed.`);
  const { startedAt, keysRewrapped, backupsExpireAt, org } = rotation.content;
  const destruction = {
    id: rotation.id,
    source: source.kind,
    // Those that an attempt destroyed which was cut off are gone from the list, but not from the story.
    epochs: [...new Set([...before, rotation.epoch - 1])],
    newEpoch: rotation.epoch,
    startedAt,
    destroyedAt: ports.now().toISOString(),
    keysRewrapped,
    backupsExpireAt,
  };
  await change(ports, tx, rotation, 'done', { receipt: signReceipt(destruction, keyring.signingKey('identity')) });
  tx.audit('keys.rotated', rotation.id, { epoch: rotation.epoch, keys: keysRewrapped, source: source.kind }, org);
}

/** A step that succeeded takes the problem of the one before away. */
function change(
  { keyring }: Ports,
  tx: Transaction<'environment'>,
  rotation: RotationRecord,
  state: RotationState,
  changes: Partial<RotationContent>,
): Promise<RotationRecord> {
  const { problem: _, ...content } = rotation.content;
  return updateRotation(keyring, tx, rotation, { state, content: { ...content, ...changes } });
}

function toProblem(error: unknown): RotationProblem {
  if (error instanceof RootKeyProblem) return error.failure;
  const code = error instanceof AppError ? error.code : 'internal';
  return ROTATION_PROBLEMS.find((problem) => problem === code) ?? (code === 'unavailable' ? 'unreachable' : 'internal');
}
