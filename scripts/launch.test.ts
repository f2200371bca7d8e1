import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'privexbot-launch-'));
  await mkdir(join(project, 'scripts'));
  await cp(fileURLToPath(new URL('./launch.mjs', import.meta.url)), join(project, 'scripts/launch.mjs'));
  await writeFile(
    join(project, 'hello.ts'),
    'const word: string = process.argv[2] ?? ""; console.log("hello " + word); process.exitCode = 3;',
  );
  await need('1.0.0');
});
afterEach(() => rm(project, { recursive: true, force: true }));

test('it installs once, runs the file with its arguments and passes on how it ended', async () => {
  const first = await launch('hello.ts', 'there');
  expect(first).toMatchObject({ status: 3, stdout: 'hello there\n' });
  expect(first.stderr).toContain('Installing dependencies');
  const second = await launch('hello.ts', 'again');
  expect(second).toMatchObject({ status: 3, stdout: 'hello again\n', stderr: '' });
});

test('of several launches at once one installs, and all run', async () => {
  const launches = await Promise.all(Array.from({ length: 4 }, (_, index) => launch('hello.ts', `${index}`)));
  expect(launches.map(({ stdout }) => stdout)).toEqual(['hello 0\n', 'hello 1\n', 'hello 2\n', 'hello 3\n']);
  expect(launches.filter(({ stderr }) => stderr.includes('Installing'))).toHaveLength(1);
});

test('an installation that failed says so, and the next launch does it again', async () => {
  await need('2.0.0', { packed: false });
  const failed = await launch('hello.ts');
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain('Installing failed. Check that');
  expect(failed.stdout).toBe('');
  await need('2.0.0');
  expect((await launch('hello.ts', 'now')).stdout).toBe('hello now\n');
});

test('a lock file with another version installs again', async () => {
  await launch('hello.ts');
  await need('1.1.0');
  expect((await launch('hello.ts')).stderr).toContain('Installing dependencies');
});

test('a missing lock file is named with what to do', async () => {
  await rm(join(project, 'package-lock.json'));
  const { status, stderr } = await launch('hello.ts');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^package-lock\.json can't be read \(ENOENT\)\. Get it back with/);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s reaches the file, which drains and decides how to end', async (signal) => {
  await writeFile(
    join(project, 'drain.ts'),
    `process.on('${signal}', () => { console.log('drained'); process.exit(7); }); console.log('ready'); setInterval(() => {}, 1000);`,
  );
  const child = start('drain.ts');
  await once(child.stdout, 'data');
  const rest = text(child.stdout);
  child.kill(signal);
  expect(await once(child, 'close')).toEqual([7, null]);
  expect(await rest).toBe('drained\n');
});

test.skipIf(process.platform !== 'linux')('a killed launcher leaves no process', async () => {
  await writeFile(
    join(project, 'stay.ts'),
    `process.on('SIGTERM', () => { console.log('drained'); process.exit(); }); console.log('ready'); setInterval(() => {}, 1000);`,
  );
  const child = start('stay.ts');
  await once(child.stdout, 'data');
  const rest = text(child.stdout); // ends when nobody holds the other end any more
  child.kill('SIGKILL');
  expect(await rest).toBe('drained\n');
});

/** Makes the project need one package: the given version, packed beside it, or one that can't be had. */
async function need(version: string, { packed = true } = {}): Promise<void> {
  const tarball = `tiny-need-${version}.tgz`;
  if (packed) await pack(version, tarball);
  const manifest = { name: 'tiny', version: '1.0.0', type: 'module', dependencies: { 'tiny-need': `file:${tarball}` } };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  const packages = { '': manifest, 'node_modules/tiny-need': { version, resolved: `file:${tarball}` } };
  await writeFile(join(project, 'package-lock.json'), JSON.stringify({ name: 'tiny', version: '1.0.0', lockfileVersion: 3, packages }));
}

async function pack(version: string, tarball: string): Promise<void> {
  const folder = join(project, 'package');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'tiny-need', version }));
  const tar = spawn('tar', ['-czf', tarball, 'package'], { cwd: project, stdio: 'ignore' });
  expect(await once(tar, 'close')).toEqual([0, null]);
}

function start(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ['scripts/launch.mjs', ...args], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function launch(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const child = start(...args);
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr };
}
