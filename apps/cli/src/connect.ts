import type { Account, OrgId, WorkspaceId } from '@privexbot/contract';
import { ApiError, type Client, createClient } from '@privexbot/sdk';
import type * as z from 'zod';
import { UsageError } from './command.ts';
import type { Env } from './config-folder.ts';
import { openEnvironment } from './environment.ts';
import type { Screen } from './screen.ts';
import { readLogin } from './stored-login.ts';

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
export async function connect(values: Record<string, unknown>, env: Env, screen: Screen): Promise<Connection> {
  const stored = await readLogin(env);
  const url = serverUrl(values, env, stored?.url);
  const key = env.PRIVEXBOT_API_KEY;
  const device = stored?.url === url ? stored.device : undefined; // a device shows itself to its own server only
  if (!key && !device)
    throw new ApiError('not_signed_in', `Not signed in at ${url}. Run "privexbot login --url ${url}", or set PRIVEXBOT_API_KEY.`);
  const caller = key ? { headers: { authorization: `Bearer ${key}` } } : { ...(device && { device }) };
  const { transport } = await openEnvironment({ url, values, env, screen, ...caller });
  const client = createClient(transport);
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

/** The one that was named by id or name, else the first. */
function choose<T extends { id: string; name: string }>(kind: string, all: readonly T[], wished: unknown): T {
  const found = wished === undefined ? all[0] : (all.find(({ id }) => id === wished) ?? all.find(({ name }) => name === wished));
  if (found) return found;
  const there = all.map(({ id, name }) => `${name} (${id})`).join(', ');
  throw new UsageError(`you are in no such ${kind}; there is: ${there || 'none'}`);
}
