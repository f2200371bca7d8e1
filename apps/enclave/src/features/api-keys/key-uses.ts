import type { ApiKeyId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { keepUse } from './store.ts';

const MINUTE_MS = 60_000;
const MAX_REMEMBERED = 10_000;

/** Keeps when keys were last used, at most once a minute for each; nobody waits for it. */
export class KeyUses {
  readonly #ports: Pick<Context, 'db' | 'keyring' | 'log' | 'now'>;
  #kept = new Map<string, number>();

  constructor(ports: Pick<Context, 'db' | 'keyring' | 'log' | 'now'>) {
    this.#ports = ports;
  }

  note({ id, org }: { id: ApiKeyId; org: OrgId }, address: string): void {
    const { db, keyring, log, now } = this.#ports;
    const at = now();
    const last = this.#kept.get(id) ?? Number.NEGATIVE_INFINITY;
    if (at.getTime() - last < MINUTE_MS) return;
    if (this.#kept.size >= MAX_REMEMBERED) this.#kept = new Map();
    this.#kept.set(id, at.getTime());
    // The key may be revoked, or the database closed, in the meantime.
    db.transaction(org, id, (tx) => keepUse(keyring, tx, id, { at, address }, MINUTE_MS)).catch((error: unknown) =>
      log.debug({ key: id, err: error }, 'the use of a key was not kept'),
    );
  }
}
