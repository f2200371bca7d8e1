import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRootKeyFile } from './file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'privexbot-root-key-'));
  path = join(folder, 'data.key');
});
afterEach(() => rm(folder, { recursive: true }));

test('a new file is made for its owner alone, and gives the same keys on every start', async () => {
  const first = await openRootKeyFile(path, true);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['data.key']);
  const second = await openRootKeyFile(path, false);
  expect(await second.epochs()).toEqual([1]);
  expect(await second.openEpoch(1)).toEqual(await first.openEpoch(1));
  expect(await second.databaseSecret()).toEqual(await first.databaseSecret());
  expect(await first.openEpoch(1)).not.toEqual(await first.databaseSecret());
});

test('where data is there and its key is missing, nothing is made and the message says what to do', async () => {
  await expect(openRootKeyFile(path, false)).rejects.toThrow(/is missing.*Set PRIVEXBOT_ROOT_KEY.*Nothing was changed/);
  expect(await readdir(folder)).toEqual([]);
});

test.each([0o644, 0o640, 0o604, 0o660])('a file that others may use is refused, with the command that mends it: mode %o', async (mode) => {
  await openRootKeyFile(path, true);
  await chmod(path, mode);
  await expect(openRootKeyFile(path, false)).rejects.toThrow(`chmod 600 ${path}`);
  await chmod(path, 0o400);
  await openRootKeyFile(path, false);
});

test.each([
  ['empty', ''],
  ['no JSON', 'a letter to my aunt'],
  ['JSON of something else', '{"format":"other"}'],
  ['not an object', 'null'],
  ['without epochs', '{"format":"privexbot-root-key-1","epoch":1,"database":"AAAA"}'],
  ['cut in the middle', '{"format":"privexbot-root-key-1","epoch":1,"epochs":{"1":"AAAA'],
])('a file that is no root key is refused, left as it is and not quoted: %s', async (_, text) => {
  await writeFile(path, text, { mode: 0o600 });
  const refusal = await openRootKeyFile(path, true).catch((error: Error) => error);
  expect(refusal).toMatchObject({
    name: 'StartProblem',
    message: expect.stringMatching(/not a PrivexBot root key file.*PRIVEXBOT_ROOT_KEY/),
  });
  if (text) expect(String(refusal)).not.toContain(text);
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a folder or a link to nowhere in its place is named with the setting', async () => {
  await expect(openRootKeyFile(folder, true)).rejects.toThrow(/PRIVEXBOT_ROOT_KEY/);
  await symlink(join(folder, 'gone'), path);
  await expect(openRootKeyFile(path, false)).rejects.toThrow(/is missing/);
});

test('a folder that is not there is named with the setting', async () => {
  await expect(openRootKeyFile(join(folder, 'no', 'data.key'), true)).rejects.toThrow(/cannot be written \(ENOENT\).*PRIVEXBOT_ROOT_KEY/);
});

test('starts that race for a new file all get the same key', async () => {
  const sources = await Promise.all(Array.from({ length: 16 }, () => openRootKeyFile(path, true)));
  const keys = await Promise.all(sources.map(async (source) => Buffer.from(await source.openEpoch(1)).toString('hex')));
  expect(new Set(keys).size).toBe(1);
  const later = await openRootKeyFile(path, false);
  expect(Buffer.from(await later.openEpoch(1)).toString('hex')).toBe(keys[0]);
  expect(await readdir(folder)).toEqual(['data.key']);
});

test('an epoch whose key was destroyed, or is too short, stays closed', async () => {
  await openRootKeyFile(path, true);
  const file = JSON.parse(await readFile(path, 'utf8')) as { epochs: Record<string, string> };
  await writeFile(path, JSON.stringify({ ...file, epoch: 3, epochs: { 3: file.epochs[1], 2: 'AAAA' } }));
  const source = await openRootKeyFile(path, false);
  expect((await source.openEpoch(3)).length).toBe(32);
  for (const epoch of [1, 2]) await expect(source.openEpoch(epoch)).rejects.toThrow(/no key for epoch \d.*PRIVEXBOT_ROOT_KEY/);
});
