import type { Policies } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { OrgScope } from '../../http/scope.ts';
import { hasTestedConnection } from '../sso/index.ts';
import { isSsoOnly, judge } from './judge.ts';
import { canBreakGlass, type LockReason, listAdmins, missingForSso, previewPolicies, REASON_OF } from './preview.ts';
import { findPolicies, replacePolicies } from './store.ts';

export function policyRoutes(context: Pick<Context, 'db' | 'now' | 'mailer'>): Handlers<'policies'> {
  const { db, now } = context;

  /** Why the caller would stay outside themselves. */
  function ownReasons({ org, user, address, facts }: OrgScope, policies: Policies): LockReason[] {
    const at = now();
    const refusal = judge(policies, org, { user, address, facts, seenAt: at }, at);
    return refusal ? [REASON_OF[refusal]] : [];
  }

  return {
    async get({ org, address, transaction }) {
      const stored = await transaction((tx) => findPolicies(db, tx, org));
      return { ...stored, address, admins: await listAdmins(db, org), missing: await missingForSso(db, org, stored.policies) };
    },

    async preview(scope, { body }) {
      const preview = await previewPolicies(context, scope.org, body);
      await scope.audit('policies.previewed', undefined, { locked: preview.locked.length });
      return { ...preview, you: ownReasons(scope, body), missing: await missingForSso(db, scope.org, body) };
    },

    async set(scope, { body }) {
      const { policies, revision } = body;
      const reasons = ownReasons(scope, policies);
      if (reasons.length > 0) throw new AppError('locks_you_out', { reasons: reasons.join(', ') });
      if (isSsoOnly(policies) && !(await canBreakGlass(db, scope.org, policies))) throw new AppError('no_break_glass');
      return scope.transaction(async (tx) => {
        // Only before it is switched on: a connection whose new settings nobody tried must not hinder other changes.
        const isSwitchedOn = isSsoOnly(policies) && !isSsoOnly((await findPolicies(db, tx, scope.org)).policies);
        if (isSwitchedOn && !(await hasTestedConnection(db.keyring, tx, scope.org))) throw new AppError('no_connection');
        const stored = await replacePolicies(db, tx, policies, revision);
        tx.audit('policies.changed', scope.org, factsOf(policies));
        return stored;
      });
    },
  };
}

/** What was set, without the networks themselves. */
function factsOf(policies: Policies) {
  const { mfa, ssoRequired, breakGlass, ways, idleMinutes, sessionMinutes, networks, captureDomains } = policies;
  return {
    mfa,
    sso_required: ssoRequired,
    break_glass: breakGlass.join(' '),
    ways: ways?.join(' ') ?? 'all',
    idle_minutes: idleMinutes ?? 0,
    session_minutes: sessionMinutes ?? 0,
    networks: networks.length,
    capture_domains: captureDomains,
  };
}
