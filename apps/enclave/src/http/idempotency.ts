import { createHash } from 'node:crypto';
import type { ErrorCode } from '@privexbot/contract';
import { AppError } from '../errors.ts';
import { toAppError } from './errors.ts';
import type { PublicScope } from './scope.ts';
import type { SharedLimits } from './shared-limits.ts';

/** Runs the work of a request, unless one with the same key was received before. @throws AppError `already_received`, `bad_request` */
export type Once = <T>(scope: Pick<PublicScope, 'request' | 'channel'>, work: () => Promise<T>) => Promise<T>;

const KEPT_MS = 24 * 60 * 60 * 1_000;
const MAX_KEYS = 10_000;
const KEY = /^[\x21-\x7e]{1,200}$/;
/** Refusals that come before anything was changed, and that pass: the same request may run again. */
const UNTOUCHED: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'busy', 'storage_full', 'unavailable']);

/**
 * Keeps in memory which keyed requests were received, and with several servers what all of them received. Whoever is on the
 * way can keep an answer back and have the client send its request again; this way it is acted on once.
 */
export function rememberReceived(now: () => Date, shared?: Pick<SharedLimits, 'receive' | 'forget'>): Once {
  /** When each was received, oldest first. */
  const received = new Map<string, number>();

  function requireNew(name: string, at: number): void {
    const since = received.get(name);
    if (since !== undefined && at - since < KEPT_MS) throw new AppError('already_received');
  }

  function add(name: string, at: number): void {
    for (const [oldest, since] of received) {
      if (at - since < KEPT_MS && received.size < MAX_KEYS) break;
      received.delete(oldest);
    }
    received.set(name, at);
  }

  return async (scope, work) => {
    const name = nameOf(scope);
    if (!name) return work();
    const at = now().getTime();
    requireNew(name, at);
    add(name, at);
    if (shared && !(await shared.receive(name, at))) throw new AppError('already_received');
    try {
      return await work();
    } catch (error) {
      if (UNTOUCHED.has(toAppError(error).code)) {
        received.delete(name);
        await shared?.forget(name);
      }
      throw error;
    }
  };
}

/** A digest, since paths and keys may be long, and tokens are not to be kept. */
function nameOf({ request, channel }: Pick<PublicScope, 'request' | 'channel'>): string | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null || request.method === 'GET') return undefined;
  if (!KEY.test(key)) throw new AppError('bad_request', { problem: 'idempotency-key: not 1 to 200 visible ASCII characters' });
  const parts = [...callerOf(request, channel), request.method, new URL(request.url).pathname, key];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

/** Whoever opens another sealed session is the same caller, as far as something names it. */
function callerOf({ headers }: Request, channel: PublicScope['channel']): [kind: string, id: string] {
  if (channel?.device) return ['device', channel.device];
  const token = headers.get('authorization');
  if (token !== null) return ['token', token];
  return channel ? ['session', Buffer.from(channel.session.id).toString('base64')] : ['plain', ''];
}
