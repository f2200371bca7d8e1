import type { Policies } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import type { OrgScope } from '../../http/scope.ts';
import { judge } from './judge.ts';
import { canBreakGlass, type LockReason, listAdmins, previewPolicies, REASON_OF } from './preview.ts';
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
      return { ...(await transaction((tx) => findPolicies(db, tx, org))), address, admins: await listAdmins(db, org) };
    },

    async preview(scope, { body }) {
      const preview = await previewPolicies(context, scope.org, body);
      await scope.audit('policies.previewed', undefined, { locked: preview.locked.length });
      return { ...preview, you: ownReasons(scope, body) };
    },

    async set(scope, { body }) {
      const { policies, revision } = body;
      const reasons = ownReasons(scope, policies);
      if (reasons.length > 0) throw new AppError('locks_you_out', { reasons: reasons.join(', ') });
      if (policies.ssoRequired && !(await canBreakGlass(db, scope.org, policies.breakGlass)))
        throw new AppError('bad_request', {
          problem: 'breakGlass: name an Admin with a password or a passkey, and a second factor, for the day the identity provider is down',
          field: 'breakGlass',
        });
      return scope.transaction(async (tx) => {
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
