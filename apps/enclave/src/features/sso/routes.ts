import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { countAttempt, displayNames, requireDevice } from '../auth/index.ts';
import { findMembership } from '../organizations/index.ts';
import { describeAttempt, findLastSignIn, listAttempts } from './attempts.ts';
import {
  activate,
  addConnection,
  change,
  deactivate,
  describe,
  type Forget,
  listAll,
  probe,
  type RequiresSso,
  remove,
  requireConnection,
} from './connections.ts';
import { toWayIn } from './find.ts';
import { applyGroupMap } from './group-map.ts';
import { addKey, removeKey, switchKey } from './roll-keys.ts';
import { askDirectly, complete, requireActive, signIn, start, startTest } from './sign-in.ts';
import type { Strategies } from './strategies.ts';
import { askForSync } from './sync.ts';
import { findResult } from './sync-store.ts';

/** What other features say of connections. */
interface Others {
  readonly forget: Forget;
  readonly requiresSso: RequiresSso;
}

export function ssoRoutes(context: Context, strategies: Strategies, { forget, requiresSso }: Others): Handlers<'sso'> {
  const { db, keyring } = context;
  const ports = { ...context, strategies, requiresSso };
  return {
    async describe(_, { params }) {
      const [found] = toWayIn(await requireActive(ports, params.connection));
      if (!found) throw new AppError('not_found');
      return found;
    },
    start: (scope, { body }) => start(ports, scope, body),
    complete: (scope, { body }) => complete(ports, scope, body.challenge),

    async signIn(scope, { body }) {
      const connection = await requireActive(ports, body.connection);
      // A directory may lock an account after some wrong passwords: strangers must not be able to use that.
      const giveBack = await countAttempt(context, scope, { method: connection.id, email: body.name, isKnown: false });
      const signedIn = await signIn(ports, scope, connection, askDirectly(ports, connection, body));
      giveBack();
      return signedIn;
    },

    async exchange(scope, { body }) {
      const connection = await requireActive(ports, body.connection);
      return signIn(ports, scope, connection, askDirectly(ports, connection, body));
    },

    list: (scope) => listAll(ports, scope),
    create: (scope, { body }) => addConnection(ports, scope, body),
    get: async (scope, { params }) => describe(ports, await requireConnection(ports, scope, params.connection)),
    change: (scope, { params, body }) => change(ports, scope, params.connection, body),
    remove: (scope, { params }) => remove(ports, scope, params.connection, forget),
    probe: (scope, { params }) => probe(ports, scope, params.connection),
    async test(scope, { params, body }) {
      const connection = await requireConnection(ports, scope, params.connection);
      const { user, transaction } = scope;
      return startTest(ports, requireDevice(scope.channel), { by: user, transaction }, connection, body);
    },
    activate: (scope, { params, query }) => activate(ports, scope, params.connection, query.testedAt),
    deactivate: (scope, { params }) => deactivate(ports, scope, params.connection),

    addKey: (scope, { params }) => addKey(ports, scope, params.connection),
    switchKey: (scope, { params }) => switchKey(ports, scope, params.connection, params.ownKey),
    removeKey: (scope, { params }) => removeKey(ports, scope, params.connection, params.ownKey),

    async sync(scope, { params }) {
      const { kind, state } = await requireConnection(ports, scope, params.connection);
      if (state !== 'active' || !strategies[kind].standings)
        throw new AppError('bad_request', { problem: 'only a directory in use that can be asked is looked through' });
      await scope.transaction(async (tx) => {
        await askForSync(context, tx, scope.org, params.connection);
        tx.audit('connection.sync_asked', params.connection);
      });
    },

    async lastSync(scope, { params }) {
      await requireConnection(ports, scope, params.connection);
      const sync = await scope.transaction((tx) => findResult(keyring, tx, { id: params.connection, org: scope.org }));
      return sync ? { sync } : {};
    },

    async attempts(scope, { params }) {
      await requireConnection(ports, scope, params.connection);
      await scope.audit('connection.attempts_read', params.connection);
      const attempts = await scope.transaction((tx) => listAttempts(keyring, tx, params.connection));
      const names = await displayNames(
        { db },
        attempts.flatMap(({ user }) => user ?? []),
      );
      return attempts.map((attempt) => describeAttempt(attempt, attempt.user && names.get(attempt.user)));
    },

    async lastSignIn(scope, { params }) {
      const attempt = await scope.transaction(async (tx) => {
        if (!(await findMembership(keyring, tx, scope.org, params.user))) throw new AppError('not_found');
        return findLastSignIn(keyring, tx, params.user);
      });
      await scope.audit('connection.attempts_read', params.user);
      return attempt ? { attempt: describeAttempt(attempt, (await displayNames({ db }, [params.user])).get(params.user)) } : {};
    },

    preview: (_, { body }) => applyGroupMap(body.provisioning, body.groups),
  };
}
