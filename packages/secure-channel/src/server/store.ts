import { SESSION_MAX_MS, TICKET_IDLE_MS } from '../protocol/constants.ts';

const UNCONFIRMED_MS = 30_000;
/** Clocks are set right by small steps now and then. */
const CLOCK_STEP_MS = 60_000;

interface Timed {
  /** When the full handshake was, ms since the epoch. */
  readonly openedAt: number;
}

/**
 * Sessions by id, in memory, bounded. One that never opened a record waits apart and for a short time, so that half-open handshakes push out only each other.
 */
export interface SessionStore<S extends Timed> {
  add(id: string, session: S): void;
  /** @returns undefined for an id that is unknown or too old */
  find(id: string): S | undefined;
  /** A record of it opened: it is in use, from now for another idle time. */
  touch(id: string): void;
  clear(): void;
  readonly size: number;
}

export function sessionStore<S extends Timed>(limits: { sessions: number; unconfirmed: number }, nowMs: () => number): SessionStore<S> {
  // Maps keep the order of insertion: the first is the one unused longest.
  const confirmed = new Map<string, { session: S; until: number }>();
  const unconfirmed = new Map<string, { session: S; until: number }>();

  function put(map: typeof confirmed, id: string, session: S, idleMs: number, most: number): void {
    const now = nowMs();
    map.delete(id);
    map.set(id, { session, until: Math.min(now + idleMs, session.openedAt + SESSION_MAX_MS) });
    for (const [oldest, { until }] of map) {
      if (map.size <= most && until > now) break;
      map.delete(oldest);
    }
  }

  return {
    add: (id, session) => put(unconfirmed, id, session, UNCONFIRMED_MS, limits.unconfirmed),
    find(id) {
      const found = confirmed.get(id) ?? unconfirmed.get(id);
      const now = nowMs();
      // A clock that was set back would let it live as much longer.
      if (found && found.until > now && found.session.openedAt <= now + CLOCK_STEP_MS) return found.session;
      confirmed.delete(id);
      unconfirmed.delete(id);
      return undefined;
    },
    touch(id) {
      const found = confirmed.get(id) ?? unconfirmed.get(id);
      if (!found) return;
      unconfirmed.delete(id);
      put(confirmed, id, found.session, TICKET_IDLE_MS, limits.sessions);
    },
    clear() {
      confirmed.clear();
      unconfirmed.clear();
    },
    get size() {
      return confirmed.size + unconfirmed.size;
    },
  };
}
