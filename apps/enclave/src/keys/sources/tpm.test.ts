import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from './testing/harness.fixture.ts';
import { INDEX, PCRS, type Swtpm, startSwtpm } from './testing/swtpm.fixture.ts';
import { openTpm } from './tpm.ts';

let tpm: Swtpm;
beforeEach(async () => {
  tpm = await startSwtpm();
});
afterEach(() => tpm[Symbol.asyncDispose]());

const settings = (change: object = {}) => ({
  device: tpm.socket,
  pcrs: PCRS,
  index: INDEX,
  ownerSecret: async () => new Uint8Array(),
  ...change,
});
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('the key opens after a reboot into the same state, and never again once a PCR has changed', async () => {
  const source = await tpm.open();
  const key = hex(await source.createEpoch(1));
  await tpm.reboot();
  expect(hex(await source.openEpoch(1))).toBe(key);
  await tpm.tool('tpm2_pcrextend', `11:sha256=${'ab'.repeat(32)}`);
  await expect(source.openEpoch(1)).rejects.toMatchObject({
    name: 'StartProblem',
    failure: 'refused',
    message: expect.stringMatching(/PCR 7, 11 no longer hold.*Nothing was changed/),
  });
  // Neither is another key made in its place.
  await expect(source.createEpoch(1)).rejects.toMatchObject({ failure: 'refused' });
  await expect(source.databaseSecret()).resolves.toHaveLength(32); // made under what the PCRs hold now
  await tpm.reboot();
  expect(hex(await source.openEpoch(1))).toBe(key);
});

test('a PCR that is not named does not matter', async () => {
  const source = await tpm.open();
  await source.createEpoch(1);
  await tpm.tool('tpm2_pcrextend', `16:sha256=${'ab'.repeat(32)}`);
  await source.openEpoch(1);
});

test('other tools see an index that only the policy reads, locked for good, and cannot read or write it', async () => {
  const source = await tpm.open();
  await source.createEpoch(1);
  const index = `0x${(INDEX + 1).toString(16)}`;
  const described = await tpm.tool('tpm2_nvreadpublic', index);
  expect(described).toMatch(/: policywrite\|writelocked\|writeall\|writedefine\|policyread\|no_da\|written\n/);
  await expect(tpm.tool('tpm2_nvread', '-C', 'o', index)).rejects.toThrow();
  await expect(tpm.tool('tpm2_nvread', '-C', index, index)).rejects.toThrow();
  await expect(tpm.tool('tpm2_nvwrite', '-C', 'o', '-i', '/etc/hostname', index)).rejects.toThrow();
  await source.destroyEpoch(1);
  await expect(tpm.tool('tpm2_nvreadpublic', index)).rejects.toThrow();
});

test('an index that was cut off before its key was written is made anew', async () => {
  await using stack = new AsyncDisposableStack();
  const source = await tpm.open();
  const index = `0x${(INDEX + 1).toString(16)}`;
  const policy = join(await makeFolder(stack), 'policy');
  await tpm.tool('tpm2_createpolicy', '--policy-pcr', '-l', 'sha256:7,11', '-L', policy);
  await tpm.tool('tpm2_nvdefine', index, '-C', 'o', '-s', '32', '-L', policy, '-a', 'policyread|policywrite|writeall|writedefine|no_da');
  await expect(source.openEpoch(1)).rejects.toMatchObject({ failure: 'missing' });
  await expect(source.createEpoch(1)).resolves.toHaveLength(32);
});

test('an index of somebody else in the place of a key is left alone, and said', async () => {
  const source = await tpm.open();
  const index = `0x${(INDEX + 1).toString(16)}`;
  await tpm.tool('tpm2_nvdefine', index, '-C', 'o', '-s', '32', '-a', 'authread|authwrite|ownerread|ownerwrite');
  for (const call of [source.createEpoch(1), source.openEpoch(1)])
    await expect(call).rejects.toMatchObject({ failure: 'damaged', message: expect.stringMatching(/not made by PrivexBot/) });
  await tpm.tool('tpm2_nvreadpublic', index);
});

test('failures use up none of the few sessions', async () => {
  const source = await tpm.open();
  await source.createEpoch(1);
  for (let n = 0; n < 100; n++) await expect(source.openEpoch(2)).rejects.toMatchObject({ failure: 'missing' });
  await source.openEpoch(1);
});

test("the owner's password is used where there is one, and a wrong one is named and not said", async () => {
  await using locked = await startSwtpm('owner password');
  const source = await locked.open();
  const key = hex(await source.createEpoch(1));
  const wrong = openTpm({ ...settings(), device: locked.socket, ownerSecret: async () => Buffer.from('hunter2') });
  expect(hex(await wrong.openEpoch(1))).toBe(key); // opening needs the policy, not the owner
  const refusal = await wrong.createEpoch(2).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ failure: 'refused', message: expect.stringMatching(/owner's password.*PRIVEXBOT_ROOT_KEY_SECRET_FILE/) });
  expect(String(refusal)).not.toContain('hunter2');
  await source.destroyEpoch(1);
});

test('a TPM without space for another key says so', async () => {
  const source = await tpm.open();
  await source.createEpoch(1);
  for (let n = 0; ; n++)
    try {
      await tpm.tool(
        'tpm2_nvdefine',
        `0x${(0x01_60_00_00 + n).toString(16)}`,
        '-C',
        'o',
        '-s',
        n < 100 ? '2048' : '16',
        '-a',
        'ownerread|ownerwrite',
      );
    } catch {
      if (n >= 100) break;
      n = 100;
    }
  await expect(source.createEpoch(2)).rejects.toMatchObject({
    failure: 'storage_full',
    message: expect.stringMatching(/no space for another key/),
  });
  expect(await source.epochs()).toEqual([1]);
  await source.openEpoch(1);
});

test('a device that is not there, is no TPM, or is silent, is named with the setting', async () => {
  await expect(openTpm(settings({ device: '/dev/no-such-tpm' })).openEpoch(1)).rejects.toThrow(
    /cannot be opened \(ENOENT\).*PRIVEXBOT_ROOT_KEY/,
  );
  await using stack = new AsyncDisposableStack();
  const answers = [
    '',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '\x80\x01\x00\x00\x00\x0a',
    '\x80\x02\x00\x00\x00\x0a\x00\x00\x00\x00',
    '\x80\x01\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x01',
  ];
  for (const answer of answers) {
    const device = join(await makeFolder(stack), 'tpm');
    const server = createServer((socket) =>
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1'))).on('error', () => undefined),
    );
    await new Promise<void>((resolve) => server.listen(device, resolve));
    await expect(openTpm(settings({ device })).openEpoch(1), JSON.stringify(answer)).rejects.toMatchObject({
      name: 'StartProblem',
      failure: 'damaged',
      message: expect.stringMatching(/not one of a TPM 2.0/),
    });
    server.close();
  }
});
