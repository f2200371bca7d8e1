/**
 * A stand-in for Vault's Transit engine, from its API documentation: keys are made, read, listed, configured and deleted,
 * and HMACs computed. Vault itself was never run against this code.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { openVault } from '../vault.ts';
import type { Harness } from './harness.fixture.ts';
import { type FakeAnswer, type KeyServer, startKeyServer } from './key-server.fixture.ts';

export interface FakeVault extends Harness {
  readonly server: KeyServer;
  readonly keys: Map<string, { readonly secret: Uint8Array; mayBeDeleted: boolean }>;
}

const TOKEN = 'hvs.correct-token';

export async function startFakeVault(): Promise<FakeVault> {
  const keys: FakeVault['keys'] = new Map();
  const notFound: FakeAnswer = { status: 404, body: { errors: [] } };
  const server = await startKeyServer(({ method, path, headers, body }) => {
    if (headers['x-vault-token'] !== TOKEN) return { status: 403, body: { errors: ['permission denied'] } };
    const given = body ? (JSON.parse(body) as Record<string, unknown>) : {};
    if (path === '/v1/transit/keys?list=true') return keys.size ? { status: 200, body: { data: { keys: [...keys.keys()] } } } : notFound;
    const [, kind = '', name = '', rest = ''] = /^\/v1\/transit\/(keys|hmac)\/([\w-]+)(?:\/(.*))?$/.exec(path) ?? [];
    const key = keys.get(name);
    if (kind === 'hmac') {
      if (!key || rest !== 'sha2-256') return { status: 400, body: { errors: ['encryption key not found'] } };
      const mac = createHmac('sha256', key.secret)
        .update(Buffer.from(String(given.input), 'base64'))
        .digest('base64');
      return { status: 200, body: { data: { hmac: `vault:v1:${mac}` } } };
    }
    if (method === 'POST' && !rest) {
      if (!key) keys.set(name, { secret: randomBytes(32), mayBeDeleted: false });
      return { status: 200, body: { data: { name } } };
    }
    if (!key) return notFound;
    if (method === 'GET') return { status: 200, body: { data: { name, type: 'aes256-gcm96', exportable: false } } };
    if (rest === 'config') {
      key.mayBeDeleted = given.deletion_allowed === true;
      return { status: 200, body: { data: {} } };
    }
    if (method !== 'DELETE' || !key.mayBeDeleted) return { status: 400, body: { errors: ['deletion is not allowed for this key'] } };
    keys.delete(name);
    return { status: 204 };
  });
  return {
    server,
    keys,
    secrets: [TOKEN],
    open: async () => openFakeVault(server),
    takeAway: async () => server[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export function openFakeVault({ url }: KeyServer, token = TOKEN, patienceMs = 5_000) {
  return openVault({ url: `${url}/v1/transit`, key: 'acme', token: async () => Buffer.from(token), patienceMs });
}
