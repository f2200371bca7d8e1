import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Receipt, receiptBytes } from '@privexbot/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Shell } from './cli.fixture.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const identity = publicKey.export({ format: 'jwk' }).x ?? '';
const RECEIPT: Receipt = {
  v: 1,
  id: 'rot_01jd0000000000000000000000',
  method: 'epoch-key-destroyed',
  source: 'tpm',
  epochs: [1],
  newEpoch: 2,
  startedAt: '2026-11-28T12:00:00.000Z',
  destroyedAt: '2026-11-28T12:00:05.000Z',
  keysRewrapped: 1_204,
  backupsExpireAt: null,
  limits: ['What was sent elsewhere is out of reach.'],
};

let shell: Shell;
beforeAll(async () => {
  shell = await Shell.open();
});
afterAll(() => shell[Symbol.asyncDispose]());

async function write(name: string, change: object = {}): Promise<string> {
  const signature = sign(null, receiptBytes(RECEIPT), privateKey).toString('base64url');
  const path = join(shell.folder, name);
  await writeFile(path, JSON.stringify({ format: 'privexbot-receipt-1', receipt: RECEIPT, identity, signature, ...change }));
  return path;
}

test('a right receipt is told in words, with its limits and the identity to compare', async () => {
  const path = await write('right.json');
  const { code, stdout } = await shell.run('verify-receipt', path);
  expect(code).toBe(0);
  for (const part of ['signature is right', identity, '1204', 'not known', 'out of reach', '--identity']) expect(stdout).toContain(part);
  expect((await shell.json('verify-receipt', path, '--identity', identity)).value).toMatchObject({ valid: true, identityChecked: true });
});

test('one that was changed, is of another environment, or is none, fails with the reason', async () => {
  const changed = await write('changed.json', { receipt: { ...RECEIPT, keysRewrapped: 1 } });
  expect(await shell.run('verify-receipt', changed)).toMatchObject({ code: 1, stderr: expect.stringContaining('signature does not fit') });
  const other = await shell.run('verify-receipt', await write('right.json'), '--identity', 'A'.repeat(43));
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('another environment') });
  await writeFile(join(shell.folder, 'letter.txt'), 'Dear aunt');
  expect(await shell.run('verify-receipt', join(shell.folder, 'letter.txt'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not a receipt'),
  });
  expect(await shell.run('verify-receipt', join(shell.folder, 'none.json'))).toMatchObject({ code: 2 });
});
