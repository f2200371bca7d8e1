import type { Account, OrgId, WorkspaceId } from '@privexbot/contract';
import { ApiError, type Client, createClient, fetchTransport, type Transport } from '@privexbot/sdk';
import type * as z from 'zod';
import { Refusal, UsageError } from './command.ts';
import { readLogin } from './stored-login.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Belonging = z.output<typeof Account>['organizations'][number];

/** Signed in, at one organization and one of its workspaces. */
export interface Connection {
  readonly client: Client;
  readonly org: OrgId;
  readonly organization: Belonging;
  readonly workspace: WorkspaceId;
  /** The workspace that was named, else all. */
  readonly workspaces: Belonging['workspaces'];
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

/**
 * Signs in with `PRIVEXBOT_API_KEY`, else with the stored login.
 * @throws ApiError `not_signed_in`; UsageError where the organization or workspace that was named is not there
 */
export async function connect(values: Record<string, unknown>, env: Env): Promise<Connection> {
  const stored = await readLogin(env);
  const url = serverUrl(values, env, stored?.url);
  const key = env.PRIVEXBOT_API_KEY;
  const session = stored?.url === url ? stored.cookie : undefined; // a session goes to its own server only
  if (!key && !session)
    throw new ApiError('not_signed_in', `Not signed in at ${url}. Run "privexbot login --url ${url}", or set PRIVEXBOT_API_KEY.`);
  const client = openClient(url, key ? { authorization: `Bearer ${key}` } : { cookie: session ?? '' });
  const organizations = key ? [await client.organizations.ofKey()] : (await client.auth.me()).organizations;
  const organization = choose('organization', organizations, values.org);
  const workspace = choose('workspace', organization.workspaces, values.workspace);
  const workspaces = values.workspace === undefined ? organization.workspaces : [workspace];
  return { client, org: organization.id, organization, workspace: workspace.id, workspaces };
}

/** The server's origin. @throws UsageError if it is no http address */
export function serverUrl(values: Record<string, unknown>, env: Env, stored?: string): string {
  const given = typeof values.url === 'string' ? values.url : env.PRIVEXBOT_URL;
  const url = URL.parse(given || stored || DEFAULT_URL);
  if (!url || !/^https?:$/.test(url.protocol)) throw new UsageError('the server is not an address like http://127.0.0.1:8080');
  return url.origin;
}

/** The typed client over fetch. It waits where the server asks to slow down. */
export function openClient(url: string, headers: Readonly<Record<string, string>>): Client {
  return createClient(politeTransport(url, headers));
}

/** @throws Refusal that names the server, where it cannot be reached */
export function politeTransport(url: string, headers: Readonly<Record<string, string>> = {}): Transport {
  const send = fetchTransport(url, headers);
  return patient((request) =>
    send(request).catch((cause: unknown) => {
      throw new Refusal(`There is no PrivexBot at ${url}. Start it, or name another server with --url.`, { cause });
    }),
  );
}

function patient(send: Transport): Transport {
  return async (request) => {
    for (;;) {
      const response = await send(request.clone());
      const seconds = Number(response.headers.get('retry-after'));
      if (response.status !== 429 || !(seconds > 0 && seconds <= 60)) return response;
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    }
  };
}

/** The one that was named by id or name, else the first. */
function choose<T extends { id: string; name: string }>(kind: string, all: readonly T[], wished: unknown): T {
  const found = wished === undefined ? all[0] : (all.find(({ id }) => id === wished) ?? all.find(({ name }) => name === wished));
  if (found) return found;
  const there = all.map(({ id, name }) => `${name} (${id})`).join(', ');
  throw new UsageError(`you are in no such ${kind}; there is: ${there || 'none'}`);
}
