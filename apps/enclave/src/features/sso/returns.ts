/**
 * Where directories send browsers, or call themselves: the only routes of a sign-in outside the sealed channel. What they
 * bring is kept for the device that asked, and nothing is granted here.
 */
import { type ConnectionId, idSchema } from '@privexbot/contract';
import type { Hono, Context as HonoContext } from 'hono';
import { AppError } from '../../errors.ts';
import { addressOf, type Env } from '../../http/mount.ts';
import { answerChallenge } from '../auth/index.ts';
import type { Ports } from './connections.ts';
import { isEnded } from './ending.ts';
import { readForm } from './form.ts';
import { endByDirectory } from './logout.ts';
import { AT_DIRECTORY, type Returned, requireActive } from './sign-in.ts';
import { findConnection } from './store.ts';
import { toConnection } from './strategies.ts';

const STATE = /^[\w-]{43}$/;
const Id = idSchema('connection');
/** Of a SAML response in base64, with its fields' names. */
const MAX_FORM_BYTES = 400 * 1024;
const MAX_LOGOUT_BYTES = 64 * 1024;
const HEADERS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'content-security-policy': "default-src 'none'" };

type Route = (c: HonoContext<Env>, connection: ConnectionId) => Promise<Response>;

export function mountSso(app: Hono<Env>, ports: Ports): void {
  const { db, keyring, limiter } = ports;
  const at = (route: Route) => async (c: HonoContext<Env>) => {
    limiter.take('directory', addressOf(c.env));
    const id = Id.safeParse(c.req.param('connection'));
    if (!id.success) throw new AppError('not_found');
    return route(c, id.data);
  };
  app.get(
    '/sso/:connection/start',
    at(async (_, connection) => seeOther(`/sign-in/by/${connection}`)),
  );
  app.get(
    '/sso/:connection/callback',
    at(async (c, connection) => keep(connection, c.req.query('state'), c.req.query())),
  );
  app.post(
    '/sso/:connection/acs',
    at(async (c, connection) => {
      const fields = await readForm(c.req.raw, MAX_FORM_BYTES);
      // Nobody asked for this answer: the sign-in is begun here, and asks for one of its own.
      return fields.RelayState && STATE.test(fields.RelayState)
        ? keep(connection, fields.RelayState, fields)
        : seeOther(`/sign-in/by/${connection}`);
    }),
  );
  app.get(
    '/sso/:connection/metadata',
    at((_, connection) => describe(connection)),
  );
  app.get(
    '/sso/:connection/slo',
    at(async (c, connection) => {
      const fields = c.req.query();
      if (fields.SAMLResponse === undefined) return logout(c, connection, 'GET', fields);
      const isThere = await isEnded(ports, connection, fields.RelayState ?? '', queryOf(c));
      return seeOther(isThere ? '/signed-out#there' : '/signed-out');
    }),
  );
  app.post(
    '/sso/:connection/slo',
    at(async (c, connection) => logout(c, connection, 'POST', await readForm(c.req.raw, MAX_LOGOUT_BYTES))),
  );
  app.post(
    '/sso/:connection/backchannel-logout',
    at(async (c, id) => {
      const fields = await readForm(c.req.raw, MAX_LOGOUT_BYTES);
      const connection = await requireActive(ports, id);
      const notice = await endByDirectory(ports, connection, { method: 'POST', fields, query: '' });
      // OpenID Connect Back-Channel Logout §2.8
      return notice ? new Response(null, { status: 200, headers: HEADERS }) : new Response(null, { status: 400, headers: HEADERS });
    }),
  );

  /** The page that asks the sealed channel for the rest learns nothing but which answer is meant. */
  async function keep(connection: ConnectionId, state: string | undefined, fields: Record<string, string>): Promise<Response> {
    if (!state || !STATE.test(state)) return seeOther('/sign-in/return');
    const returned: Returned = { connection, fields };
    try {
      await db.transaction('environment', 'visitor', (tx) => answerChallenge(ports, tx, AT_DIRECTORY, state, returned));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'challenge_invalid') throw error;
    }
    return seeOther(`/sign-in/return#${state}`);
  }

  async function describe(id: ConnectionId): Promise<Response> {
    const connection = await db.transaction('environment', 'visitor', (tx) => findConnection(keyring, tx, undefined, id));
    const described = connection && (await ports.strategies[connection.kind].describe?.(toConnection(connection, ports.origin())));
    if (!described) throw new AppError('not_found');
    return new Response(described.body, { headers: { ...HEADERS, 'content-type': described.type } });
  }

  async function logout(c: HonoContext<Env>, id: ConnectionId, method: 'GET' | 'POST', fields: Record<string, string>): Promise<Response> {
    const connection = await requireActive(ports, id);
    const notice = await endByDirectory(ports, connection, { method, fields, query: queryOf(c) });
    return seeOther(notice?.answerAt ?? '/sign-in');
  }
}

/** As it came: signatures are over its octets. */
function queryOf(c: HonoContext<Env>): string {
  return new URL(c.req.url).search.slice(1);
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { ...HEADERS, location } });
}
