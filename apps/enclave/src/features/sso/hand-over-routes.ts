import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { countAttempt, requireDevice } from '../auth/index.ts';
import { checkDomain, describeDomain, listDomains } from '../domains/index.ts';
import { describeAttempt, findAttempt, withoutRules } from './attempts.ts';
import { change, describe, type Ports, probe, requireConnection } from './connections.ts';
import {
  createHandOver,
  describeHandOver,
  enterByLink,
  type LinkScope,
  noteByLink,
  openHandOver,
  revokeHandOver,
  SET_UP_LINK,
} from './hand-over.ts';
import { startTest } from './sign-in.ts';
import { findConnection } from './store.ts';
import type { Strategies } from './strategies.ts';

export function handOverRoutes(context: Context, strategies: Strategies): Handlers<'handOver'> {
  const { keyring, now } = context;
  const ports: Ports = { ...context, strategies };

  /** All that whoever sets the connection up sees. */
  async function view(scope: LinkScope) {
    const { handOver, org, transaction } = scope;
    const { connection, domains, last } = await transaction(async (tx) => ({
      connection: await findConnection(keyring, tx, org, handOver.connection),
      domains: await listDomains(keyring, tx, org),
      last: handOver.lastTest && (await findAttempt(keyring, tx, handOver.lastTest)),
    }));
    if (!connection) throw new AppError('link_invalid');
    const { provisioning: _, ...settings } = describe(ports, connection);
    return {
      ...settings,
      endsAt: handOver.expiresAt.toISOString(),
      domains: domains.map(describeDomain),
      ...(last ? { lastTest: withoutRules(describeAttempt(last, undefined)) } : {}),
    };
  }

  return {
    create: (scope, { params }) => createHandOver(context, scope, params.connection),
    async get(scope, { params }) {
      await requireConnection(ports, scope, params.connection);
      return describeHandOver(context, scope, params.connection);
    },
    async revoke(scope, { params }) {
      await requireConnection(ports, scope, params.connection);
      await revokeHandOver(context, scope, params.connection);
    },

    open: (scope, { body }) => openHandOver(context, scope, body.token),
    read: async (scope, { params }) => view(await enterByLink(context, scope, params.connection)),

    async change(scope, { params, body }) {
      const link = await enterByLink(context, scope, params.connection);
      // Whatever is required of members, a connection that is not in use is the last of nobody.
      const requiresSso = () => Promise.resolve(false);
      await change({ ...ports, requiresSso }, link, params.connection, { protocol: body.protocol });
      await noteByLink(context, link, { changedAt: now().toISOString() });
      return view(link);
    },

    probe: async (scope, { params }) => probe(ports, await enterByLink(context, scope, params.connection), params.connection),

    async test(scope, { params, body }) {
      const link = await enterByLink(context, scope, params.connection);
      // A directory may lock an account after some wrong passwords: strangers must not be able to use that.
      const giveBack = body.name && (await countAttempt(context, scope, { method: params.connection, email: body.name, isKnown: false }));
      const started = await startTest(
        ports,
        requireDevice(scope.channel),
        { by: SET_UP_LINK, transaction: link.transaction },
        link.connection,
        body,
      );
      if ('url' in started) return started;
      if (giveBack && started.attempt.outcome === 'test_passed') giveBack();
      await noteByLink(context, link, { lastTest: started.attempt.id });
      return { attempt: withoutRules(started.attempt) };
    },

    async checkDomain(scope, { params }) {
      const { org } = await enterByLink(context, scope, params.connection);
      return describeDomain(await checkDomain(context, org, params.domain, SET_UP_LINK, scope.signal));
    },
  };
}
