import type { OrgId, SessionId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Principal } from '../../http/scope.ts';
import { Recent } from '../../recent.ts';
import { findRole } from '../organizations/index.ts';
import { judge, type Refusal } from './judge.ts';
import { findActivity, findPolicies, noteActivity, type Stored } from './store.ts';

/** Lets a member in as far as the organization's policies do. @throws AppError `sso_required`, `mfa_required`, `policy_refused` */
export type Admit = (principal: Principal, org: OrgId, address: string) => Promise<void>;

/** How exact the last use of a session is on disk. */
const NOTED_EVERY_MS = 60_000;
const MAX_REMEMBERED = 20_000;

export function createAdmission({ db, now }: Pick<Context, 'db' | 'now'>): Admit {
  const policies = new Recent<Stored>(now, () => db.heads.changes);
  const activities = new Activities({ db, now });
  return async (principal, org, address) => {
    const { user, facts, session } = principal;
    const { policies: all } = await policies.get(org, () => db.transaction(org, 'system', (tx) => findPolicies(db, tx, org)));
    // Who is no Admin any more breaks no glass.
    const isNamed = all.ssoRequired && all.breakGlass.includes(user);
    const own = isNamed && (await findRole(db, user, org)) !== 'admin' ? { ...all, breakGlass: [] } : all;
    const isIdleLimited = own.idleMinutes !== undefined && session !== undefined;
    const judged = (seenAt: Date | undefined) => judge(own, org, { user, address, facts, seenAt }, now());
    let refusal = judged(isIdleLimited ? await activities.seenAt(org, session) : undefined);
    // Another server may have seen the session since.
    if (refusal === 'idle' && isIdleLimited) refusal = judged(await activities.reload(org, session));
    if (refusal) throw toError(refusal);
    if (isIdleLimited) await activities.touch(org, session);
  };
}

function toError(refusal: Refusal): AppError {
  return refusal === 'sso_required' || refusal === 'mfa_required'
    ? new AppError(refusal)
    : new AppError('policy_refused', { policy: refusal });
}

interface Activity {
  seenAt: Date | undefined;
  notedAt: Date | undefined;
}

/** When sessions were last used, by organization: in memory at once, on disk once a minute. */
class Activities {
  readonly #ports: Pick<Context, 'db' | 'now'>;
  readonly #known = new Map<string, Activity>();

  constructor(ports: Pick<Context, 'db' | 'now'>) {
    this.#ports = ports;
  }

  async seenAt(org: OrgId, session: SessionId): Promise<Date | undefined> {
    const known = this.#known.get(`${org} ${session}`);
    return known ? known.seenAt : this.reload(org, session);
  }

  async reload(org: OrgId, session: SessionId): Promise<Date | undefined> {
    const { db } = this.#ports;
    const seenAt = await db.transaction(org, 'system', (tx) => findActivity(db.keyring, tx, session));
    this.#remember(org, session, { seenAt, notedAt: seenAt });
    return seenAt;
  }

  async touch(org: OrgId, session: SessionId): Promise<void> {
    const { db, now } = this.#ports;
    const known = this.#known.get(`${org} ${session}`);
    const at = now();
    const isNoted = known?.notedAt && at.getTime() - known.notedAt.getTime() < NOTED_EVERY_MS;
    this.#remember(org, session, { seenAt: at, notedAt: isNoted ? known.notedAt : at });
    if (!isNoted) await db.transaction(org, 'system', (tx) => noteActivity(db.keyring, tx, session, at));
  }

  #remember(org: OrgId, session: SessionId, activity: Activity): void {
    if (this.#known.size >= MAX_REMEMBERED) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(`${org} ${session}`, activity);
  }
}
