import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openToken, SOFTHSM_MODULE, type SoftHsm, startSoftHsm, TOKEN } from './testing/softhsm.fixture.ts';

let hsm: SoftHsm;
beforeEach(async () => {
  hsm = await startSoftHsm();
});
afterEach(() => hsm[Symbol.asyncDispose]());

const tool = (...args: string[]) =>
  promisify(execFile)('pkcs11-tool', ['--module', SOFTHSM_MODULE, '--token-label', TOKEN, '--login', '--pin', 'env:TEST_PIN', ...args], {
    env: { ...process.env, TEST_PIN: 'correct-pin-4711' },
  });

test('a wrong PIN is refused once, and said without the PIN', async () => {
  await openToken({}).createEpoch(1);
  const refusal = await openToken({ pin: 'hunter2' })
    .openEpoch(1)
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    name: 'StartProblem',
    failure: 'refused',
    message: expect.stringMatching(/refuses the PIN.*PRIVEXBOT_ROOT_KEY_SECRET_FILE.*Nothing was changed/),
  });
  expect(String(refusal)).not.toContain('hunter2');
});

test.each([
  ['a token that is not there', { token: 'other token' }, 'unreachable', /"other token" is not there/],
  ['a module that is not there', { module: '/usr/lib/no-such-module.so' }, 'unreachable', /module cannot be loaded.*module-path/],
  ['a module that is another library', { module: '/usr/lib/x86_64-linux-gnu/libc.so.6' }, 'unreachable', /module cannot be loaded/],
] as const)('%s is named with what to do', async (_, change, failure, message) => {
  await expect(openToken(change).openEpoch(1)).rejects.toMatchObject({ failure, message: expect.stringMatching(message) });
});

test('a token that does not answer is given up', async () => {
  await expect(openToken({ patienceMs: 1 }).openEpoch(1)).rejects.toMatchObject({
    failure: 'unreachable',
    message: expect.stringMatching(/does not answer/),
  });
});

test("the token's keys cannot be read from it, whoever has the PIN", async () => {
  await openToken({}).createEpoch(1);
  const { stdout } = await tool('--list-objects', '--type', 'secrkey');
  expect(stdout).toMatch(/label: +privexbot epoch 1/);
  expect(stdout).toMatch(/sensitive, always sensitive, never extractable, local/);
  await expect(tool('--read-object', '--type', 'secrkey', '--label', 'privexbot epoch 1')).rejects.toThrow();
});

test('two keys with one label are refused: which one was used cannot be told', async () => {
  const source = openToken({});
  await source.createEpoch(1);
  const [, id = ''] = /ID: +([0-9a-f]+)/.exec((await tool('--list-objects', '--type', 'secrkey')).stdout) ?? [];
  await tool('--keygen', '--key-type', 'GENERIC:32', '--label', 'privexbot epoch 1', '--id', id, '--sensitive');
  await expect(source.openEpoch(1)).rejects.toMatchObject({
    failure: 'damaged',
    message: expect.stringMatching(/2 keys named "privexbot epoch 1"/),
  });
});

test('a PIN file that others may read, or that is empty, is refused', async () => {
  await writeFile(hsm.pinFile, '\n', { mode: 0o600 });
  const source = await hsm.open();
  await expect(source.openEpoch(1)).rejects.toThrow(/missing or empty/);
  await chmod(hsm.pinFile, 0o640);
  await expect(source.openEpoch(1)).rejects.toThrow(`chmod 600 ${hsm.pinFile}`);
});

test('neither the PIN nor a key is ever an argument of a process', async () => {
  // In the tool's place, one that notes its arguments and goes on as the tool.
  const noted = join(hsm.folder, 'arguments');
  const tools = join(hsm.folder, 'bin');
  await mkdir(tools);
  await writeFile(join(tools, 'pkcs11-tool'), `#!/bin/sh\necho "$@" >> '${noted}'\nPATH='${process.env.PATH}' exec pkcs11-tool "$@"\n`, {
    mode: 0o755,
  });
  const { PATH } = process.env;
  process.env.PATH = `${tools}:${PATH}`;
  try {
    const source = await hsm.open();
    const keys = [await source.createEpoch(1), await source.openEpoch(1), await source.databaseSecret()];
    await source.destroyEpoch(1);
    const texts = await readFile(noted, 'utf8');
    expect(texts.match(/--sign/g)).toHaveLength(3);
    for (const secret of [...hsm.secrets, ...keys.map((key) => Buffer.from(key).toString('hex'))]) expect(texts).not.toContain(secret);
  } finally {
    process.env.PATH = PATH;
  }
});

test('what is stored outside the token does not hold the epoch key', async () => {
  const key = await openToken({}).createEpoch(1);
  const files = await readdir(hsm.folder, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile()))
    expect((await readFile(join(file.parentPath, file.name))).includes(Buffer.from(key)), file.name).toBe(false);
});
