import type { OrgId, SinkId } from '@privexbot/contract';
import type { Context } from '../../../context.ts';
import type { Transaction } from '../../../db/database.ts';
import { type Entry, openEntry } from '../entries.ts';
import { namesOf } from '../names.ts';
import { lastOf, listChain, listWriters } from '../store.ts';
import { type Message, toFailure, toMessage } from './message.ts';
import { claimDue, findSink, findState, replaceState, type State, type Target } from './store.ts';
import { sendSyslog } from './syslog.ts';
import { postEntries } from './webhook.ts';

export type Ports = Pick<Context, 'db' | 'outbound' | 'now' | 'log'>;

const TICK_MS = 3_000;
/** How long a server may be at one delivery before another one takes over. */
const CLAIM_MS = 60_000;
const AT_ONCE = 4;
const BATCH = 200;
const RETRY_FIRST_MS = 5_000;
const RETRY_LAST_MS = 60 * 60_000;

/** Sends what is new to every sink, until it is disposed of. */
export function openSinks(ports: Ports): AsyncDisposable {
  const closing = new AbortController();
  let round = Promise.resolve();
  const tick = () => {
    round = round
      .then(() => deliverDue(ports, closing.signal))
      .catch((err: unknown) => ports.log.warn({ err }, 'audit entries were not sent'));
  };
  const timer = setInterval(tick, TICK_MS).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      closing.abort(new Error('the server stops'));
      await round;
    },
  };
}

/** One look at every sink whose time has come. */
export async function deliverDue(ports: Ports, signal: AbortSignal): Promise<void> {
  const { db, now } = ports;
  if (signal.aborted) return;
  const at = now();
  const due = await db.transaction('environment', 'system', (tx) => claimDue(tx, at, new Date(at.getTime() + CLAIM_MS), AT_ONCE));
  await Promise.all(due.map(({ org, id }) => deliver(ports, org, id, signal)));
}

/** Sends everything that is new, batch by batch, and notes how far it came. */
async function deliver(ports: Ports, org: OrgId, id: SinkId, signal: AbortSignal): Promise<void> {
  const { db, now } = ports;
  const isMore = async (): Promise<boolean> => {
    const found = await db.transaction(org, 'system', async (tx) => {
      const sink = await findSink(db, tx, id);
      const state = sink && (await findState(db, tx, id));
      return sink && state && { target: sink.target, state, entries: await listNew(ports, tx, state) };
    });
    if (!found) return false;
    const { target, state, entries } = found;
    const next = entries.length > 0 ? await attempt(ports, org, target, state, entries, signal) : state;
    const failures = next.failures ?? 0;
    const wait = failures > 0 ? Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_LAST_MS) : 0;
    const isFull = failures === 0 && entries.length === BATCH;
    const due = new Date(now().getTime() + (isFull ? CLAIM_MS : wait));
    const isOurs = await db.transaction(org, 'system', (tx) => replaceState(db, tx, id, state.version, withoutVersion(next), due));
    return isOurs && isFull && !signal.aborted;
  };
  while (await isMore());
}

async function attempt(
  ports: Ports,
  org: OrgId,
  target: Target,
  state: State,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<State> {
  const { db, now } = ports;
  const at = now().toISOString();
  try {
    const names = await namesOf(db, (fn) => db.transaction(org, 'system', fn), entries);
    await send(
      ports,
      org,
      target,
      entries.map((entry) => toMessage(org, entry, names(entry.record.actor))),
      signal,
    );
  } catch (error) {
    return { ...state, failure: toFailure(error), failingSince: state.failingSince ?? at, failures: (state.failures ?? 0) + 1 };
  }
  const taken = { ...state.taken };
  for (const { writer, sequence } of entries) taken[writer] = sequence;
  const { failure: _, failingSince: __, failures: ___, ...rest } = state;
  return { ...rest, taken, delivered: state.delivered + entries.length, deliveredAt: at };
}

/** @throws what the way there throws; see `toFailure` */
export async function send(ports: Ports, org: OrgId, target: Target, messages: readonly Message[], signal: AbortSignal): Promise<void> {
  if (target.kind === 'webhook') return postEntries(ports, org, target, messages, signal);
  return sendSyslog(ports, org, target, messages, signal);
}

/** Entries that were not taken yet, each chain in its order. */
async function listNew({ db }: Ports, tx: Transaction, { taken }: State): Promise<Entry[]> {
  const key = await db.key(tx);
  const found: Entry[] = [];
  for (const writer of await listWriters(tx)) {
    if (found.length >= BATCH) break;
    const rows = await listChain(tx, writer, taken[writer] ?? 0, BATCH - found.length);
    found.push(...rows.map((row) => openEntry(key, row)));
  }
  return found;
}

/** Where a new sink begins: after everything that is there. */
export async function takenSoFar(tx: Transaction): Promise<Record<string, number>> {
  const taken: Record<string, number> = {};
  for (const writer of await listWriters(tx)) taken[writer] = await lastOf(tx, writer);
  return taken;
}

function withoutVersion({ version: _, ...progress }: State) {
  return progress;
}
