import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('without any setting it is a laptop: loopback, data beside the program, key beside the data', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    dataFolder: resolve('.data'),
    publicUrl: undefined,
    rootKeyPath: resolve('.data.key'),
    model: undefined,
    embeddings: undefined,
    privateHosts: new Set(),
    mail: undefined,
    signUp: 'open',
    logLevel: 'warn',
    database: undefined,
  });
});

test.each<[Record<string, string>, object]>([
  [{ PRIVEXBOT_HOST: '0.0.0.0' }, { host: '0.0.0.0', signUp: 'first' }],
  [{ PRIVEXBOT_HOST: '::1' }, { host: '::1', signUp: 'open' }],
  [{ PRIVEXBOT_HOST: '127.evil.example' }, { signUp: 'first' }],
  [{ PRIVEXBOT_PORT: '0' }, { port: 0 }],
  [{ PRIVEXBOT_DATA: '/srv/data' }, { dataFolder: '/srv/data', rootKeyPath: '/srv/data.key' }],
  [{ PRIVEXBOT_DATA: '/srv/data/' }, { dataFolder: '/srv/data', rootKeyPath: '/srv/data.key' }],
  [{ PRIVEXBOT_PUBLIC_URL: 'https://chat.example.com/' }, { publicUrl: 'https://chat.example.com' }],
  [{ PRIVEXBOT_ROOT_KEY: 'file:/etc/root.key' }, { rootKeyPath: '/etc/root.key' }],
  [{ PRIVEXBOT_TEE: 'simulated-tdx' }, {}],
  [
    { PRIVEXBOT_MODEL_URL: 'http://10.0.0.7:8000/v1', PRIVEXBOT_MODEL_KEY: 'sk' },
    { model: { url: 'http://10.0.0.7:8000/v1', key: 'sk' }, privateHosts: new Set(['10.0.0.7:8000']) },
  ],
  [
    { PRIVEXBOT_EMBEDDINGS_URL: 'http://gpu:1/v1', PRIVEXBOT_EMBEDDINGS_MODEL: 'e5' },
    { embeddings: { url: 'http://gpu:1/v1', model: 'e5' }, privateHosts: new Set(['gpu:1']) },
  ],
  [{ PRIVEXBOT_EMBEDDINGS_URL: 'https://e.example' }, { embeddings: { url: 'https://e.example', model: 'default' } }],
  [{ PRIVEXBOT_PRIVATE_HOSTS: ' Gpu.Internal , 10.0.0.1:80,' }, { privateHosts: new Set(['gpu.internal', '10.0.0.1:80']) }],
  [
    { PRIVEXBOT_SMTP_URL: 'smtp://mail:25', PRIVEXBOT_MAIL_FROM: 'Us <us@example.com>' },
    { mail: { url: 'smtp://mail:25', from: 'Us <us@example.com>' } },
  ],
  [{ PRIVEXBOT_SIGN_UP: 'invited' }, { signUp: 'invited' }],
  [{ PRIVEXBOT_LOG: 'debug' }, { logLevel: 'debug' }],
  [
    { DATABASE_URL: 'postgres://app@db/x', DATABASE_OWNER_URL: 'postgresql://owner@db/x' },
    { database: { appUrl: 'postgres://app@db/x', ownerUrl: 'postgresql://owner@db/x' } },
  ],
])('%o is read', (env, expected) => {
  expect(readConfig(env)).toMatchObject(expected);
});

test.each([
  ['PRIVEXBOT_PORT', 'http', '65535'],
  ['PRIVEXBOT_PORT', '65536', '65535'],
  ['PRIVEXBOT_PORT', '80.5', 'whole number'],
  ['PRIVEXBOT_PUBLIC_URL', 'chat.example.com', 'http or https'],
  ['PRIVEXBOT_PUBLIC_URL', 'javascript:alert(1)', 'http or https'],
  ['PRIVEXBOT_PUBLIC_URL', 'https://chat.example.com/path', 'without a path'],
  ['PRIVEXBOT_ROOT_KEY', '/etc/root.key', 'file:PATH'],
  ['PRIVEXBOT_ROOT_KEY', 'file:', 'file:PATH'],
  ['PRIVEXBOT_TEE', 'tdx', 'simulated-tdx'],
  ['PRIVEXBOT_MODEL_URL', 'localhost:8000', 'http or https'],
  ['PRIVEXBOT_EMBEDDINGS_URL', 'ftp://gpu', 'http or https'],
  ['PRIVEXBOT_SMTP_URL', 'mail.example.com', 'smtp://'],
  ['PRIVEXBOT_SIGN_UP', 'everyone', 'open'],
  ['PRIVEXBOT_LOG', 'loud', 'debug'],
  ['DATABASE_URL', 'mysql://db/x', 'postgres://'],
  ['DATABASE_OWNER_URL', 'db', 'postgres://'],
])('a wrong %s (%s) stops the start with its name and what was expected', (name, value, expected) => {
  expect(() => readConfig({ [name]: value })).toThrow(
    expect.objectContaining({ name: 'StartProblem', message: expect.stringMatching(new RegExp(`${name}.*${expected}`)) }),
  );
});

test('what a setting holds is never said', () => {
  for (const name of ['DATABASE_URL', 'PRIVEXBOT_SMTP_URL', 'PRIVEXBOT_MODEL_URL']) {
    const refusal = (() => {
      try {
        return readConfig({ [name]: 'x://user:hunter2@' });
      } catch (error) {
        return String(error);
      }
    })();
    expect(refusal).toContain(name);
    expect(refusal).not.toContain('hunter2');
  }
});

test('one database address without the other is refused, and the missing one named', () => {
  const app = { DATABASE_URL: 'postgres://app@db/x' };
  const owner = { DATABASE_OWNER_URL: 'postgres://owner@db/x' };
  expect(() => readConfig(app)).toThrow('Missing: DATABASE_OWNER_URL');
  expect(() => readConfig(owner)).toThrow('Missing: DATABASE_URL');
});

test('an empty setting counts as not set, and other variables are not looked at', () => {
  expect(readConfig({ PRIVEXBOT_PORT: '', PRIVEXBOT_TEE: '', DATABASE_URL: '', PATH: '/bin', PRIVEXBOT_PORTS: 'x' })).toEqual(
    readConfig({}),
  );
});

test('the configuration cannot be changed afterwards', () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});
