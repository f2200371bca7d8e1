// A directory as its server sees it: a connection of an organization with a proven domain, and a token.
import { generateKeyPairSync } from 'node:crypto';
import type { ConnectionId, Provisioning } from '@privexbot/contract';
import type { Transport } from '@privexbot/sdk';
import type { Enclave, Person } from '@privexbot/testing/start-enclave.ts';
import { type NameServer, startNameServer } from '../../providers/dns/name-server.fixture.ts';
import type { Method } from './log.ts';

export type Body = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface Directory {
  readonly admin: Person;
  readonly domain: string;
  readonly connection: ConnectionId;
  readonly token: string;
  ask(method: Method, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same with another token, or none, and in plain where there is no sealed session. */
  askWith(send: Transport, method: Method, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

const KEYS = JSON.stringify({ keys: [generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })] });
let made = 0;

export async function startNames(): Promise<NameServer> {
  return startNameServer();
}

export async function connectDirectory(
  enclave: Enclave,
  names: NameServer,
  provisioning: Partial<Provisioning> = {},
  token: { plain?: boolean; readOnly?: boolean; expiresInDays?: number } = {},
): Promise<Directory> {
  const admin = await enclave.signUp();
  const { org, client } = admin;
  const domain = `directory-${++made}.test`;
  const { id, record } = await client.domains.add({ params: { org }, body: { name: domain } });
  names.zone.set(record.name, [record.value]);
  await client.domains.verify({ params: { org, domain: id } });
  const settings = { issuer: `https://${domain}`, audience: 'privexbot', keys: { set: KEYS } };
  const { id: connection } = await client.sso.create({
    params: { org },
    body: { kind: 'jwt', name: 'Company directory', settings, provisioning },
  });
  const given = await client.scim.createToken({ params: { org, connection }, body: { name: 'Directory', ...token } });
  const askWith: Directory['askWith'] = async (send, method, path, body, headers = {}) => {
    const request = new Request(`http://127.0.0.1/scim/v2${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const response = await send(request);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? (JSON.parse(text) as Body) : {} };
  };
  const own = enclave.transport(given.token);
  return {
    admin,
    domain,
    connection,
    token: given.token,
    askWith,
    ask: (...request) => askWith(own, ...request),
  };
}
