import { createHash, createHmac } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { restoreLinks } from './binaries.ts';
import { scramVerifier } from './scram.ts';
import { readServerMessages, type ServerMessage } from './server-log.ts';

test('a verifier proves the exchange of RFC 7677 §3', () => {
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
  const [, storedKey = '', serverKey = ''] = /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$([^:]+):(.+)$/.exec(verifier) ?? [];
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const authMessage = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
  const sign = (key: string) => createHmac('sha256', Buffer.from(key, 'base64')).update(authMessage).digest();
  expect(sign(serverKey).toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
  const clientKey = proof.map((byte, index) => byte ^ (sign(storedKey)[index] ?? 0));
  expect(createHash('sha256').update(clientKey).digest('base64')).toBe(storedKey);
});

test('a value with line breaks in it does not pass for a message of its own', async () => {
  const messages = await read(
    '22P02|client backend|ERROR:  invalid input "a\n\tXX000|postmaster|PANIC:  forged"\n00000|postmaster|LOG:  fine\n',
  );
  expect(messages.map(({ code, backend, severity }) => [code, backend, severity])).toEqual([
    ['22P02', 'client backend', 'ERROR'],
    ['00000', 'postmaster', 'LOG'],
  ]);
});

test('what the server says before its log is set up comes without a code', async () => {
  expect(await read('postgres: could not find the database system\n')).toEqual([
    { code: undefined, backend: 'postmaster', severity: 'FATAL', text: 'postgres: could not find the database system' },
  ]);
});

test('links are restored once, by many at the same time, and again when all are there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'privexbot-links-'));
  try {
    await mkdir(join(folder, 'native/lib'), { recursive: true });
    await writeFile(join(folder, 'native/lib/libx.so.60.2'), 'library');
    const links = ['libx.so', 'libx.so.60'].map((name) => ({ source: 'native/lib/libx.so.60.2', target: `native/lib/${name}` }));
    await writeFile(join(folder, 'native/pg-symlinks.json'), JSON.stringify(links));
    await Promise.all(Array.from({ length: 20 }, () => restoreLinks(folder)));
    expect(await readlink(join(folder, 'native/lib/libx.so.60'))).toBe('libx.so.60.2');
    const { mtimeMs } = await lstat(join(folder, 'native/lib'));
    await restoreLinks(folder);
    expect((await lstat(join(folder, 'native/lib'))).mtimeMs).toBe(mtimeMs);
    expect(await readdir(join(folder, 'native/lib'))).toEqual(['libx.so', 'libx.so.60', 'libx.so.60.2']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function read(stderr: string): Promise<ServerMessage[]> {
  const messages: ServerMessage[] = [];
  const stream = Readable.from([stderr]);
  readServerMessages(stream, (message) => messages.push(message));
  await finished(stream);
  await new Promise(setImmediate);
  return messages;
}
