// No recipe can be run here: what they say is checked, and what calls them is run with a stand-in for the container tools.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { encodeLaunchManifest } from '@privexbot/attestation';
import { readConfig, SETTINGS } from '@privexbot/enclave/config.ts';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { fillCompose, requireInputs } from './image.ts';

const COMPOSE = ['deploy/compose.yaml', 'deploy/images/dstack/compose.yaml', 'deploy/images/secretvm/compose.yaml'];
const RECIPES = ['deploy/images/Containerfile', 'deploy/images/nitro/Containerfile'];
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const FILLED = {
  PRIVEXBOT_IMAGE: `registry.example/privexbot@${DIGEST}`,
  POSTGRES_IMAGE: `registry.example/postgres@${DIGEST}`,
  PRIVEXBOT_PUBLIC_URL: 'https://ai.company.example',
  PRIVEXBOT_RELEASE_LOG: `releases.company.example+0a1b2c3d+${Buffer.concat([Buffer.of(1), Buffer.alloc(32, 7)]).toString('base64')}`,
  PRIVEXBOT_OUTSIDE_URL: 'https://releases.company.example/privexbot/',
  DATABASE_APP_PASSWORD: 'app',
  DATABASE_OWNER_PASSWORD: 'owner',
  POSTGRES_PASSWORD: 'postgres',
};

/** What the start script adds. */
const STARTED = { PATH: '/usr/bin:/bin', TMPDIR: '/tmp', PRIVEXBOT_PRODUCTION_IMAGE: '1' };

interface Compose {
  readonly services: Record<
    string,
    { readonly image: string; readonly environment: Record<string, string>; readonly env_file?: unknown; readonly entrypoint?: string[] }
  >;
}

const allowed = async () => (await readFile('deploy/images/environment.txt', 'utf8')).trim().split('\n');
const compose = async (path: string) => parse(await readFile(path, 'utf8')) as Compose;
/** An instruction with the lines it goes on in, without its name. */
const instructions = (recipe: string, name: string) =>
  [...recipe.matchAll(new RegExp(String.raw`^${name}\s+((?:.*\\\n)*.*)$`, 'gm'))].map(([, rest = '']) => rest);

/** The rules that a file breaks; `invalid-schema` is the published Compose schema. */
function lint(path: string): string[] {
  const results: { messages: { rule: string }[] }[] = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] }).lintFiles(
    [path],
    false,
  );
  return results.flatMap(({ messages }) => messages.map(({ rule }) => rule));
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-image-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each(COMPOSE)('%s keeps to the Compose schema', (path) => {
  // What else the linter has to say is the order of keys, and that a VM answers on all its addresses.
  expect(lint(path).filter((rule) => !/-order$|^require-|^no-unbound-port-interfaces$/.test(rule))).toEqual([]);
});

test('the Compose check refuses what the schema does not know', async () => {
  const path = join(folder, 'compose.yaml');
  await writeFile(path, 'services:\n  enclave:\n    image: x\n    enviroment: {}\n');
  expect(lint(path)).toContain('invalid-schema');
});

test.each(COMPOSE)('%s names images by digest only, and stops where one is missing', async (path) => {
  const recipe = await readFile(path, 'utf8');
  const images = Object.values((await compose(path)).services).map(({ image }) => image);
  expect(images.length).toBeGreaterThanOrEqual(2);
  for (const image of images) expect(image).toMatch(/^\$\{\w+_IMAGE:\?.+\}$/);
  expect(() => fillCompose(recipe, {})).toThrow(/PRIVEXBOT_IMAGE is missing.*POSTGRES_IMAGE is missing/);
  expect(() => fillCompose(recipe, { ...FILLED, POSTGRES_IMAGE: 'postgres:18' })).toThrow('POSTGRES_IMAGE must be NAME@sha256:DIGEST');
});

test.each(['"', 'a\nprivileged: true', '\\x', '$OTHER'])(
  'a value with %j, which could say more than a value, does not get into a compose file',
  async (value) => {
    const recipe = await readFile('deploy/images/dstack/compose.yaml', 'utf8');
    expect(() => fillCompose(recipe, { ...FILLED, PRIVEXBOT_PUBLIC_URL: value })).toThrow('PRIVEXBOT_PUBLIC_URL has a double quote');
  },
);

test.each(COMPOSE.slice(1))('%s, filled in, leaves nothing to whoever starts it', async (path) => {
  const filled = fillCompose(await readFile(path, 'utf8'), FILLED);
  expect(filled).not.toContain('$');
  const { services } = parse(filled) as Compose;
  for (const { image, env_file } of Object.values(services)) {
    expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(env_file).toBeUndefined();
  }
  expect(services.enclave?.environment.PRIVEXBOT_PUBLIC_URL).toBe(FILLED.PRIVEXBOT_PUBLIC_URL);
});

test('each variable of the recipes is on the allow list, and each of the list is a setting of the server', async () => {
  const list = await allowed();
  const named: string[] = [];
  for (const path of COMPOSE) named.push(...Object.keys((await compose(path)).services.enclave?.environment ?? {}));
  for (const path of RECIPES)
    for (const line of instructions(await readFile(path, 'utf8'), 'ENV'))
      named.push(...[...line.matchAll(/(\w+)=/g)].map(([, name = '']) => name));
  // What only the start script of Nitro reads ends there.
  expect(named.filter((name) => !list.includes(name) && name !== 'KEY_SERVICE_HOST')).toEqual([]);
  expect(list.filter((name) => !SETTINGS.includes(name))).toEqual([]);
  expect(new Set(named).size).toBeGreaterThan(8);
});

test.each(['dstack', 'secretvm'])('the server takes the settings that are measured with %s', async (kind) => {
  const { services } = parse(fillCompose(await readFile(`deploy/images/${kind}/compose.yaml`, 'utf8'), FILLED)) as Compose;
  const config = readConfig({ ...services.enclave?.environment, ...STARTED }, { isProductionImage: true });
  expect(config).toMatchObject({
    tee: kind,
    publicUrl: FILLED.PRIVEXBOT_PUBLIC_URL,
    signUp: 'first',
    releaseFile: '/outside/release.json',
  });
});

test.each(['dstack', 'secretvm'])(
  'beside %s, what is published outside is fetched again and again, and nothing half-written is seen',
  async (kind) => {
    const { services } = parse(fillCompose(await readFile(`deploy/images/${kind}/compose.yaml`, 'utf8'), FILLED)) as Compose;
    const [, ...args] = services.outside?.entrypoint ?? [];
    const script = (args.at(-1) ?? '').replaceAll('/outside/', `${folder}/`).replace('60_000', '20');
    expect(script).toContain(`'${folder}/'`);
    let isThere = false;
    const server = createServer((request, response) => response.writeHead(isThere ? 200 : 503).end(request.url)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const env = { OUTSIDE_URL: `http://127.0.0.1:${port}/files/` };
    const child = spawn(process.execPath, [...args.slice(0, -1), script], { env, stdio: 'inherit' });
    try {
      await once(server, 'request');
      expect(await readdir(folder)).toEqual([]);
      isThere = true;
      await vi.waitFor(() => expect(readdirSync(folder)).toContain('fetched'), { timeout: 10_000 });
      expect(await readFile(join(folder, 'release.json'), 'utf8')).toBe('/files/release.json');
      expect((await readdir(folder)).filter((name) => name.endsWith('.new'))).toEqual([]);
    } finally {
      child.kill();
      server.closeAllConnections();
      server.close();
    }
  },
);

test('the server takes the settings that are measured with the Nitro image', async () => {
  const given: Record<string, string> = {
    PUBLIC_URL: 'https://ai.company.example',
    ROOT_KEY: 'aws-kms:arn:aws:kms:eu-central-1:111122223333:key/0a1b',
    RELEASE_LOG: FILLED.PRIVEXBOT_RELEASE_LOG,
    DATABASE_URL: 'postgres://privexbot_app:a@127.0.0.1:5432/privexbot',
    DATABASE_OWNER_URL: 'postgres://privexbot_owner:b@127.0.0.1:5432/privexbot',
  };
  const lines = instructions(await readFile('deploy/images/nitro/Containerfile', 'utf8'), 'ENV').join(' ');
  const environment = [...lines.matchAll(/(\w+)="?(?:\$\{(\w+)\}|([^\s"]+))/g)].map(([, name = '', argument, value]) => [
    name,
    argument ? given[argument] : value,
  ]);
  const { KEY_SERVICE_HOST: _, ...settings } = Object.fromEntries(environment) as Record<string, string>;
  expect(readConfig({ ...settings, ...STARTED }, { isProductionImage: true })).toMatchObject({
    tee: 'nitro',
    rootKey: { kind: 'aws-kms' },
  });
});

test('beside a measured manifest the server takes what the Compose file sets, and nothing that acts on privacy', async () => {
  const { services } = parse(fillCompose(await readFile('deploy/compose.yaml', 'utf8'), FILLED)) as Compose;
  const settings = {
    PRIVEXBOT_TEE: 'tdx',
    PRIVEXBOT_PUBLIC_URL: FILLED.PRIVEXBOT_PUBLIC_URL,
    PRIVEXBOT_ROOT_KEY: 'vault:https://vault.example#privexbot',
  };
  const content = { v: 1, node: { version: process.version, options: process.execArgv }, settings, models: [] } as const;
  const launch = { isProductionImage: true, manifest: { content, bytes: encodeLaunchManifest(content) } };
  const environment = { ...services.enclave?.environment, ...STARTED };
  expect(readConfig(environment, launch)).toMatchObject({ tee: 'tdx', publicUrl: FILLED.PRIVEXBOT_PUBLIC_URL, host: '0.0.0.0' });
  expect(() => readConfig({ ...environment, PRIVEXBOT_MODEL_URL: 'https://other.example' }, launch)).toThrow(
    'PRIVEXBOT_MODEL_URL is not what was measured',
  );
});

test.each(RECIPES)('%s is well-formed and takes no image but by an argument without a default', async (path) => {
  const recipe = await readFile(path, 'utf8');
  expect(validate(recipe)).toEqual([]);
  expect(recipe).not.toMatch(/^# *syntax *=/m); // it would fetch a frontend by its tag
  const open = instructions(recipe, 'ARG');
  expect(open.filter((argument) => argument.includes('='))).toEqual([]);
  const from = instructions(recipe, 'FROM');
  expect(from.length).toBeGreaterThan(0);
  for (const image of from) expect(open).toContain(/^\$\{(\w+)\}/.exec(image)?.[1]);
});

test('the image is marked as a production image, and its packages are those of the lock file', async () => {
  const recipe = await readFile('deploy/images/Containerfile', 'utf8');
  expect(recipe).toContain('RUN touch production-image\n');
  expect(recipe).not.toMatch(/npm (i|install|add)\b/);
  expect(await readFile('deploy/images/start', 'utf8')).toContain(' PRIVEXBOT_PRODUCTION_IMAGE=1 ');
});

test('the start scripts are well-formed', () => {
  for (const path of ['deploy/images/start', 'deploy/images/nitro/start', 'deploy/postgres/roles.sh']) execFileSync('sh', ['-n', path]);
});

test('the start script hands on listed settings and nothing else of the environment', async () => {
  await mkdir(join(folder, 'deploy/images'), { recursive: true });
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
  for (const file of ['start', 'environment.txt']) await cp(`deploy/images/${file}`, join(folder, 'deploy/images', file));
  await writeFile(join(folder, 'node_modules/.bin/node'), '#!/bin/sh\necho "$@"\nenv\n', { mode: 0o755 });
  const said = execFileSync(join(folder, 'deploy/images/start'), {
    encoding: 'utf8',
    env: {
      PATH: '/usr/bin:/bin',
      PRIVEXBOT_PUBLIC_URL: 'https://a.example/$(id)\'"; x',
      PRIVEXBOT_MODEL_URL: '',
      PRIVEXBOT_PRODUCTION_IMAGE: '',
      PRIVEXBOT_ALLOW_SIMULATED: '1',
      NODE_OPTIONS: '--import=/tmp/evil.mjs',
      NODE_EXTRA_CA_CERTS: '/tmp/evil.pem',
      LD_LIBRARY_PATH: '/tmp/evil',
      HTTPS_PROXY: 'http://evil.example',
    },
  });
  const [command = '', ...environment] = said.trim().split('\n');
  expect(command).toBe(`--disable-warning=ExperimentalWarning ${folder}/apps/enclave/src/main.ts`);
  expect(environment.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)).sort()).toEqual([
    'PATH=/usr/bin:/bin',
    'PRIVEXBOT_PRODUCTION_IMAGE=1',
    `PRIVEXBOT_PUBLIC_URL=https://a.example/$(id)'"; x`,
    'TMPDIR=/tmp',
  ]);
});

test('a build names what is missing, and takes no tag for a digest', () => {
  expect(() => requireInputs('build', {})).toThrow('NODE_IMAGE is missing; DEBIAN_IMAGE is missing; BUILDKIT_IMAGE is missing');
  const given = { NODE_IMAGE: 'node:24-slim', DEBIAN_IMAGE: `debian@${DIGEST}`, BUILDKIT_IMAGE: `buildkit@${DIGEST.slice(0, -1)}` };
  expect(() => requireInputs('build', given)).toThrow(
    'NODE_IMAGE must be NAME@sha256:DIGEST, a tag is another image tomorrow; BUILDKIT_IMAGE must',
  );
});

test('an image is built twice from the commit, and refused where the two differ or a file is not committed', async () => {
  await mkdir(join(folder, 'scripts'));
  await mkdir(join(folder, 'bin'));
  await cp('scripts/image.ts', join(folder, 'scripts/image.ts'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  // Says what its context holds, and names a digest that the test chooses.
  await writeFile(
    join(folder, 'bin/docker'),
    `#!/bin/sh
if [ "$2" != build ]; then exit 0; fi
echo "$@" >>../said
tar -t | tr '\\n' ' ' >>../said
for arg; do case "$arg" in --metadata-file=*) echo "{\\"containerimage.digest\\": \\"$(cat ../digest)\\"}" >"\${arg#*=}" ;; esac; done
if [ -f ../changes ]; then date +%N >../digest; fi
`,
    { mode: 0o755 },
  );
  const project = join(folder, 'project');
  await mkdir(project);
  for (const entry of ['scripts', 'bin', 'package.json']) await cp(join(folder, entry), join(project, entry), { recursive: true });
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: project });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message=first', '--date=2026-11-01T00:00:00Z');
  await writeFile(join(folder, 'digest'), DIGEST);
  const images = { NODE_IMAGE: `node@${DIGEST}`, DEBIAN_IMAGE: `debian@${DIGEST}`, BUILDKIT_IMAGE: `buildkit@${DIGEST}` };
  const run = async () => {
    const env = { ...images, PATH: `${project}/bin:${process.env.PATH}` };
    const child = spawn(process.execPath, ['scripts/image.ts', 'build', '--out', join(folder, 'out.tar')], { cwd: project, env });
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { status, stdout, stderr };
  };

  expect(await run()).toMatchObject({ status: 0, stdout: expect.stringContaining(`was built twice with the same bytes: ${DIGEST}`) });
  const said = await readFile(join(folder, 'said'), 'utf8');
  expect(said.match(/--build-arg=SOURCE_DATE_EPOCH=\d{10} /g)).toHaveLength(2);
  expect(said.match(/--build-arg=NODE_IMAGE=node@sha256:/g)).toHaveLength(2);
  expect(said.match(/bin\/docker package.json scripts\/ scripts\/image.ts/g)).toHaveLength(2);

  await writeFile(join(folder, 'changes'), '');
  expect(await run()).toMatchObject({ status: 1, stderr: expect.stringContaining('Two builds of this commit differ') });
  await writeFile(join(project, 'left.txt'), '');
  expect(await run()).toMatchObject({ status: 1, stderr: expect.stringContaining('?? left.txt') });
});
