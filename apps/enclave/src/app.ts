import type { IncomingMessage, ServerResponse } from 'node:http';
import { renderOpenApi } from '@privexbot/contract';
import { Hono } from 'hono';
import type { Context } from './context.ts';
import { apiKeyRoutes } from './features/api-keys/routes.ts';
import { mountEvidence, openEnvironment } from './features/attestation/index.ts';
import { openAudit } from './features/audit/index.ts';
import { auditRoutes } from './features/audit/routes.ts';
import { credentialRoutes } from './features/auth/credentials/routes.ts';
import { createIdentity, createPasswords } from './features/auth/index.ts';
import { openNotices } from './features/auth/notices.ts';
import { authRoutes } from './features/auth/routes.ts';
import { walletRoutes } from './features/auth/wallets.ts';
import { countUsers, LiveBots } from './features/bots/index.ts';
import { botRoutes } from './features/bots/routes.ts';
import { TurnWriter, visitorRoutes } from './features/conversations/index.ts';
import { openDomains } from './features/domains/index.ts';
import { domainRoutes } from './features/domains/routes.ts';
import { openKnowledge } from './features/knowledge/index.ts';
import { knowledgeRoutes } from './features/knowledge/routes.ts';
import { Models } from './features/models/index.ts';
import { modelRoutes } from './features/models/routes.ts';
import { openaiRoutes } from './features/openai/routes.ts';
import { agencyRoutes } from './features/organizations/agency-routes.ts';
import { Directories } from './features/organizations/directory.ts';
import { groupRoutes } from './features/organizations/group-routes.ts';
import { openOrganizations } from './features/organizations/life.ts';
import { memberRoutes } from './features/organizations/member-routes.ts';
import { organizationRoutes } from './features/organizations/routes.ts';
import { createAdmission, requiresSso } from './features/policies/index.ts';
import { policyRoutes } from './features/policies/routes.ts';
import { openPrivacy, privacyRoutes } from './features/privacy/index.ts';
import { forgetDirectory, mountScim } from './features/scim/index.ts';
import { scimRoutes } from './features/scim/routes.ts';
import { serviceAccountRoutes } from './features/service-accounts/routes.ts';
import {
  createStrategies,
  findConnectionOf,
  findConnectionsFor,
  handOverRoutes,
  leaveDirectory,
  mountSso,
  openCertificateWarnings,
  openDirectorySync,
  ssoRoutes,
} from './features/sso/index.ts';
import { uploadRoutes } from './features/uploads/routes.ts';
import { Meter } from './features/usage/index.ts';
import { usageRoutes } from './features/usage/routes.ts';
import { callerAddress } from './http/caller-address.ts';
import { harden, refuseForeignOrigin } from './http/hardening.ts';
import { mountHealth } from './http/health.ts';
import { rememberReceived } from './http/idempotency.ts';
import { addressOf, type Env, mountAll } from './http/mount.ts';
import { mountPages } from './http/pages.ts';
import { openSecureChannel } from './http/secure-channel.ts';

export interface App extends AsyncDisposable {
  /** Answers any request, sealed ones too. */
  fetch(request: Request, env?: Env['Bindings'] & { incoming?: IncomingMessage }): Response | Promise<Response>;
  /** The same for sealed requests over the listener's own streams, which cost less. */
  readonly sealed: {
    takes(incoming: IncomingMessage): boolean;
    serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  };
  /** Tells the port that the server listens on. */
  listensAt(port: number): void;
}

/**
 * The table of contents: every feature, mounted. Dispose it to finish what is being written and stop the workers.
 * @param draining aborted when no new work is taken
 */
export async function createApp(context: Context, draining: AbortSignal): Promise<App> {
  const { db, limiter, log } = context;
  await using stack = new AsyncDisposableStack();
  const admit = createAdmission(context);
  const identity = createIdentity(context, admit);
  // What goes on in the background stops with the organization.
  const findWorker: typeof identity.findRole = async (user, org, workspace) =>
    (await identity.isClosed(org)) ? undefined : identity.findRole(user, org, workspace);
  const meter = new Meter(context, findWorker);
  const knowledge = stack.use(await openKnowledge({ ...context, meter }, findWorker));
  stack.use(await openOrganizations(context));
  const directories = new Directories(db);
  stack.use(await openPrivacy(context));
  stack.use(openDomains(context));
  stack.use(openAudit(context));
  const models = stack.use(new Models(context));
  const live = new LiveBots(context);
  const turns = new TurnWriter({ ...context, models, knowledge, meter });
  stack.defer(() => turns.drain());
  const ports = { ...context, knowledge, models, live, turns, meter };
  const environment = await openEnvironment(context, context.release, () => models.files);
  const channel = stack.use(
    openSecureChannel({ ...context, environment: environment.current, evidence: environment.evidence }, !context.tee.isSimulated),
  );

  const passwords = createPasswords();
  const strategies = createStrategies(context);
  stack.use(await openDirectorySync({ ...context, strategies }));
  stack.use(await openCertificateWarnings({ ...context, strategies }));
  await openNotices(context);
  const app = new Hono<Env>();
  mountHealth(app, context, draining);
  mountEvidence(app, context, environment);
  mountSso(app, { ...context, strategies });
  mountScim(app, context, draining);
  app.get('/v1/openapi.json', (c) => c.json(renderOpenApi()));
  mountAll(
    app,
    {
      auth: authRoutes({ ...context, passwords, admit, leaveDirectory: (facts) => leaveDirectory({ ...context, strategies }, facts) }),
      credentials: credentialRoutes({
        ...context,
        passwords,
        connectionsFor: (email) => findConnectionsFor(context, email),
        connectionOf: (id) => findConnectionOf(context, id),
      }),
      organizations: organizationRoutes(context),
      members: memberRoutes({ ...context, passwords }, directories),
      groups: groupRoutes(context, directories),
      agencies: agencyRoutes(context),
      domains: domainRoutes(context),
      policies: policyRoutes(context),
      apiKeys: apiKeyRoutes(context),
      serviceAccounts: serviceAccountRoutes(context),
      uploads: uploadRoutes(context),
      knowledge: knowledgeRoutes(ports, knowledge),
      bots: botRoutes(ports),
      publicChat: visitorRoutes(ports),
      models: modelRoutes(ports, models, (tx, model) => countUsers(ports, tx, model)),
      audit: auditRoutes(context),
      usage: usageRoutes(context),
      privacy: privacyRoutes(context),
      openai: openaiRoutes({ ...ports, findRole: identity.findRole }),
      scim: scimRoutes(context),
      wallets: walletRoutes(context),
      sso: ssoRoutes(context, strategies, { forget: forgetDirectory, requiresSso: (tx, org) => requiresSso(db, tx, org) }),
      handOver: handOverRoutes(context, strategies),
    },
    {
      db,
      identity,
      limiter,
      once: rememberReceived(context.now, context.shared),
      now: context.now,
      log,
      draining,
      origin: (request) => context.config.publicUrl ?? new URL(request.url).origin,
    },
  );
  await mountPages(app, { widgetSites: async (slug) => (await live.findByName(slug, 'widget'))?.widgetSites });

  const owned = stack.move();
  const { proxies, publicUrl } = context.config;
  const servePlain = async (request: Request, env: Env['Bindings']): Promise<Response> => {
    // In process, a request may come with the session it was opened from.
    if (env.channel) return app.fetch(request, env);
    const origin = publicUrl ?? new URL(request.url).origin;
    return harden(refuseForeignOrigin(request, origin) ?? (await app.fetch(request, env)), origin.startsWith('https:'));
  };
  return {
    fetch(request, { incoming, ...given } = {}) {
      const env = incoming ? { ...given, address: callerAddress(incoming, proxies) } : given;
      return channel.takes({ method: request.method, url: new URL(request.url).pathname })
        ? channel.handle(request, (inner, caller) => app.fetch(inner, { ...env, channel: caller }), addressOf(env))
        : servePlain(request, env);
    },
    sealed: {
      takes: channel.takes,
      serve(incoming, outgoing) {
        const address = callerAddress(incoming, proxies);
        return channel.serve(incoming, outgoing, (inner, caller) => app.fetch(inner, { address, channel: caller }), address);
      },
    },
    listensAt: environment.listensAt,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
