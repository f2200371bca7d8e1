import { resolve } from 'node:path';
import { encodeLaunchManifest, type LaunchManifest } from '@privexbot/attestation';
import { expect, test } from 'vitest';
import { readConfig as read } from './config.ts';
import { type Environment, type Launch, nodeOf } from './launch.ts';

const NOWHERE: Launch = { isProductionImage: false };
const ALLOWED = { PRIVEXBOT_ALLOW_SIMULATED: '1' };
const readConfig = (env: Environment, launch = NOWHERE) => read(env, launch);

test('without any setting it is a laptop: loopback, data beside the program, key beside the data', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    dataFolder: resolve('.data'),
    publicUrl: undefined,
    rootKey: { kind: 'file', path: resolve('.data.key') },
    rootKeySecretFile: undefined,
    model: undefined,
    embeddings: undefined,
    privateHosts: new Set(),
    proxies: new Set(),
    dns: [],
    mail: undefined,
    signUp: 'open',
    logLevel: 'warn',
    database: undefined,
    tee: 'simulated-tdx',
    collateralFolder: undefined,
    launchManifest: undefined,
    statedSettings: { PRIVEXBOT_TEE: 'simulated-tdx', PRIVEXBOT_SIGN_UP: 'open' },
    node: { version: process.version, options: process.execArgv },
  });
});

test.each<[Record<string, string>, object]>([
  [
    { PRIVEXBOT_HOST: '0.0.0.0', ...ALLOWED },
    { host: '0.0.0.0', signUp: 'first' },
  ],
  [{ PRIVEXBOT_HOST: '::1' }, { host: '::1', signUp: 'open' }],
  [{ PRIVEXBOT_HOST: '127.evil.example', ...ALLOWED }, { signUp: 'first' }],
  [{ PRIVEXBOT_PORT: '0' }, { port: 0 }],
  [{ PRIVEXBOT_DATA: '/srv/data' }, { dataFolder: '/srv/data', rootKey: { kind: 'file', path: '/srv/data.key' } }],
  [{ PRIVEXBOT_DATA: '/srv/data/' }, { dataFolder: '/srv/data', rootKey: { kind: 'file', path: '/srv/data.key' } }],
  [{ PRIVEXBOT_PUBLIC_URL: 'https://chat.example.com/', ...ALLOWED }, { publicUrl: 'https://chat.example.com' }],
  [{ PRIVEXBOT_ROOT_KEY: 'file:/etc/root.key' }, { rootKey: { kind: 'file', path: '/etc/root.key' } }],
  [{ PRIVEXBOT_PUBLIC_URL: 'http://[::1]:8080' }, { publicUrl: 'http://[::1]:8080' }],
  [{ PRIVEXBOT_TEE: 'simulated-nitro' }, { tee: 'simulated-nitro' }],
  [{ PRIVEXBOT_COLLATERAL: '/srv/collateral' }, { collateralFolder: '/srv/collateral' }],
  [
    { PRIVEXBOT_MODEL_URL: 'http://10.0.0.7:8000/v1', PRIVEXBOT_MODEL_KEY: 'sk' },
    { model: { url: 'http://10.0.0.7:8000/v1', key: 'sk' }, privateHosts: new Set(['10.0.0.7:8000']) },
  ],
  [
    { PRIVEXBOT_EMBEDDINGS_URL: 'http://gpu:1/v1', PRIVEXBOT_EMBEDDINGS_MODEL: 'e5' },
    { embeddings: { url: 'http://gpu:1/v1', model: 'e5' }, privateHosts: new Set(['gpu:1']) },
  ],
  [{ PRIVEXBOT_EMBEDDINGS_URL: 'https://e.example' }, { embeddings: { url: 'https://e.example', model: 'default' } }],
  [{ PRIVEXBOT_PROXIES: '10.0.0.1, fd00::1' }, { proxies: new Set(['10.0.0.1', 'fd00::1']) }],
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
  ['PRIVEXBOT_PROXIES', '10.0.0.1,proxy.internal', 'IP addresses'],
  ['PRIVEXBOT_ROOT_KEY', '/etc/root.key', 'file:PATH'],
  ['PRIVEXBOT_ROOT_KEY', 'file:', 'file:PATH'],
  ['PRIVEXBOT_TEE', 'sgx2', 'simulated-tdx'],
  ['PRIVEXBOT_ALLOW_SIMULATED', 'yes', 'expected 1'],
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

test.each([
  ['pkcs11:token=t?module-path=/m.so', /SECRET_FILE.*PIN/],
  ['vault:https://vault.example#k', /SECRET_FILE.*token/],
  ['aws-kms:arn:aws:kms:eu-central-1:111122223333:key/a', /SECRET_FILE.*AccessKeyId/],
])('a root key source that needs a secret says which file to set: %s', (source, message) => {
  expect(() => readConfig({ PRIVEXBOT_ROOT_KEY: source })).toThrow(message);
  const config = readConfig({ PRIVEXBOT_ROOT_KEY: source, PRIVEXBOT_ROOT_KEY_SECRET_FILE: '/run/secret' });
  expect(config).toMatchObject({ rootKeySecretFile: '/run/secret', statedSettings: { PRIVEXBOT_ROOT_KEY: source } });
  expect(config.statedSettings).not.toHaveProperty('PRIVEXBOT_ROOT_KEY_SECRET_FILE');
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

test.each([
  ['PRIVEXBOT_HOST', '0.0.0.0'],
  ['PRIVEXBOT_PUBLIC_URL', 'https://chat.example.com'],
  ['PRIVEXBOT_PUBLIC_URL', 'http://127.evil.example'],
])('a simulation that others reach (%s=%s) needs to be wanted', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}.*PRIVEXBOT_ALLOW_SIMULATED`));
  expect(readConfig({ [name]: value, ...ALLOWED }).statedSettings).toMatchObject(ALLOWED);
});

test('a production image refuses every simulation, whatever allows it', () => {
  for (const tee of ['simulated-tdx', 'simulated-sev-snp', 'simulated-nitro', '']) {
    expect(() => readConfig({ ...ALLOWED, PRIVEXBOT_TEE: tee }, { isProductionImage: true })).toThrow(/hardware TEE only/);
    expect(() => readConfig({ ...ALLOWED, PRIVEXBOT_TEE: tee, PRIVEXBOT_PRODUCTION_IMAGE: '1' })).toThrow(/hardware TEE only/);
  }
});

test('what acts on privacy is stated without secrets, and what does not is left out', () => {
  const { statedSettings } = readConfig({
    PRIVEXBOT_DATA: '/srv/data',
    PRIVEXBOT_PORT: '1',
    PRIVEXBOT_ROOT_KEY: 'file:/home/somebody/root.key',
    PRIVEXBOT_MODEL_URL: 'http://who:hunter2@gpu/v1',
    PRIVEXBOT_MODEL_KEY: 'a long and random key',
    PRIVEXBOT_SMTP_URL: 'smtp://who:hunter2@mail:25',
    DATABASE_URL: 'postgres://app:hunter2@db/x',
    DATABASE_OWNER_URL: 'postgres://owner:hunter2@db/x',
  });
  expect(statedSettings).toEqual({
    PRIVEXBOT_TEE: 'simulated-tdx',
    PRIVEXBOT_SIGN_UP: 'open',
    PRIVEXBOT_ROOT_KEY: 'file',
    PRIVEXBOT_MODEL_URL: 'http://who@gpu/v1',
    PRIVEXBOT_MODEL_KEY: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    PRIVEXBOT_SMTP_URL: 'smtp://who@mail:25',
  });
});

const DATABASE = { DATABASE_URL: 'postgres://app@db/x', DATABASE_OWNER_URL: 'postgres://owner@db/x' };
const SETTINGS = { PRIVEXBOT_TEE: 'tdx', PRIVEXBOT_PUBLIC_URL: 'https://ai.example' };

function measured(settings: Record<string, string> = SETTINGS, more: Partial<LaunchManifest> = {}): Launch {
  const content: LaunchManifest = { v: 1, node: nodeOf({}), settings, models: [], ...more };
  return { manifest: { bytes: encodeLaunchManifest(content), content }, isProductionImage: true };
}

test('in hardware the measured manifest holds the settings', () => {
  const launch = measured();
  const env = {
    ...DATABASE,
    PRIVEXBOT_HOST: '0.0.0.0',
    PRIVEXBOT_PORT: '9',
    PRIVEXBOT_DATA: '/d',
    PRIVEXBOT_COLLATERAL: '/c',
    PATH: '/usr/bin:/bin',
  };
  expect(readConfig(env, launch)).toMatchObject({
    tee: 'tdx',
    publicUrl: 'https://ai.example',
    host: '0.0.0.0',
    port: 9,
    signUp: 'first',
    collateralFolder: '/c',
    launchManifest: launch.manifest?.bytes,
  });
});

test('where nothing was measured, hardware that needs it does not start', () => {
  for (const tee of ['tdx', 'sev-snp', 'sgx']) expect(() => readConfig({ PRIVEXBOT_TEE: tee })).toThrow(/launch\.json.*measured/);
});

test.each([
  ['PRIVEXBOT_MODEL_URL', 'https://elsewhere.example'],
  ['PRIVEXBOT_PUBLIC_URL', 'https://other.example'],
  ['PRIVEXBOT_ROOT_KEY', 'file:/x'],
  ['PRIVEXBOT_TEE', 'simulated-tdx'],
  ['PRIVEXBOT_ALLOW_SIMULATED', '1'],
  ['NODE_EXTRA_CA_CERTS', '/ca.pem'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ['NODE_COMPILE_CACHE', '/cache'],
  ['LD_PRELOAD', '/lib.so'],
  ['LD_LIBRARY_PATH', '/lib'],
  ['HTTP_PROXY', 'http://proxy'],
  ['https_proxy', 'http://proxy'],
  ['SSL_CERT_FILE', '/ca.pem'],
  ['PGSSLROOTCERT', '/ca.pem'],
  ['OPENSSL_CONF', '/openssl.cnf'],
  ['PATH', '/tmp/evil:/usr/bin'],
  ['TMPDIR', '/host'],
  ['PRIVEXBOT_SOMETHING_NEW', '1'],
])('in hardware %s from outside stops the start with its name, and without its value', (name, value) => {
  for (const read of [
    () => readConfig({ [name]: value }, measured()),
    // The image's own environment is measured, and holds settings only.
    ...(/^PRIVEXBOT_(?!SOMETHING)/.test(name) ? [] : [() => readConfig({ PRIVEXBOT_TEE: 'nitro', [name]: value })]),
  ])
    expect(read).toThrow(
      expect.objectContaining({
        name: 'StartProblem',
        message: expect.stringMatching(new RegExp(`${name} is not what was measured(?!.*${value})`)),
      }),
    );
});

test('what the manifest states may be in the environment too, and so may the secret whose hash it states', () => {
  const secrets = {
    PRIVEXBOT_MODEL_URL: 'https://m.example/v1',
    PRIVEXBOT_MODEL_KEY: 'key',
    PRIVEXBOT_SMTP_URL: 'smtp://who:pass@mail:25',
  };
  const { PRIVEXBOT_ALLOW_SIMULATED: _, ...stated } = readConfig({ ...secrets, ...ALLOWED }).statedSettings;
  const launch = measured({ ...stated, ...SETTINGS, TZ: 'UTC', HTTP_PROXY: 'http://proxy' });
  expect(readConfig({ ...secrets, TZ: 'UTC', HTTP_PROXY: 'http://proxy' }, launch)).toMatchObject({
    model: { url: 'https://m.example/v1', key: 'key' },
    mail: { url: 'smtp://who:pass@mail:25' },
  });
  expect(() => readConfig({ ...secrets, PRIVEXBOT_MODEL_KEY: 'another' }, launch)).toThrow(/PRIVEXBOT_MODEL_KEY is not what was measured/);
  expect(() => readConfig({ ...secrets, PRIVEXBOT_SMTP_URL: 'smtp://who:pass@evil:25' }, launch)).toThrow(/PRIVEXBOT_SMTP_URL is not/);
});

test('another Node or other options of it than were measured stop the start', () => {
  expect(() => readConfig({ NODE_OPTIONS: '--require /evil.cjs' }, measured())).toThrow(/NODE_OPTIONS/);
  const stated = measured(SETTINGS, { node: { version: process.version, options: [...process.execArgv, '--max-old-space-size=512'] } });
  expect(readConfig({ NODE_OPTIONS: ' --max-old-space-size=512' }, stated).tee).toBe('tdx');
  expect(() => readConfig({}, stated)).toThrow(/NODE_OPTIONS/);
  expect(() => readConfig({}, measured(SETTINGS, { node: { version: 'v1.0.0', options: process.execArgv } }))).toThrow(/v1\.0\.0/);
});

test('a name in the manifest that nobody reads is a mistake', () => {
  expect(() => readConfig({}, measured({ ...SETTINGS, PRIVEXBOT_PUBLIC_URLS: 'x' }))).toThrow(/unknown setting: PRIVEXBOT_PUBLIC_URLS/);
});

test('where the environment is measured itself, it holds the settings', () => {
  for (const tee of ['nitro', 'dstack', 'secretvm'])
    expect(readConfig({ PRIVEXBOT_TEE: tee, PRIVEXBOT_PUBLIC_URL: 'https://ai.example', HOSTNAME: 'x' })).toMatchObject({
      tee,
      launchManifest: undefined,
      statedSettings: { PRIVEXBOT_TEE: tee, PRIVEXBOT_PUBLIC_URL: 'https://ai.example' },
    });
});

test('an empty setting counts as not set, and other variables are not looked at', () => {
  expect(readConfig({ PRIVEXBOT_PORT: '', PRIVEXBOT_TEE: '', DATABASE_URL: '', PATH: '/bin', PRIVEXBOT_PORTS: 'x' })).toEqual(
    readConfig({}),
  );
});

test('the configuration cannot be changed afterwards', () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
  expect(Object.isFrozen(readConfig({}).statedSettings)).toBe(true);
});
