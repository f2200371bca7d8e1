// Every kind of place that content could be left in, and the whole search over them.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Server } from '@privexbot/testing/server.ts';
import { strToU8, zipSync } from 'fflate';
import type { Canaries } from './canaries.ts';
import type { Matcher } from './patterns.ts';
import { changedSince, openOwner, type Search, searchBytes, searchDatabase, searchFiles } from './search.ts';

const TEMPORARY = new Set(['/tmp', '/dev/shm', '/var/tmp', tmpdir()]);
const PUBLIC_PATHS = ['/metrics', '/healthz', '/readyz', '/v1/openapi.json'];

/** Searches what only a running server shows. */
export async function searchRunning(search: Search, matcher: Matcher, server: Server): Promise<void> {
  await searchDatabase(search, matcher, server);
  for (const path of PUBLIC_PATHS) {
    const response = await fetch(server.url + path);
    searchBytes(search, matcher, path, new Uint8Array(await response.arrayBuffer()));
  }
}

/** Searches what a server has written, once it has ended: all but its key file, which belongs somewhere else. */
export async function searchStopped(search: Search, matcher: Matcher, server: Server, output: string, since: Date): Promise<void> {
  searchBytes(search, matcher, 'output and log', Buffer.from(output));
  await searchFiles(search, matcher, server.folder, async (path) => path !== server.keyFile);
  const isNew = changedSince(since);
  // Other tests keep to folders of their own, which begin like this.
  const wanted = async (path: string) => !basename(path).startsWith('privexbot-') && !TEMPORARY.has(path) && (await isNew(path));
  for (const folder of TEMPORARY) await searchFiles(search, matcher, folder, wanted);
}

/** A place where something may lie unsealed: puts a word there. */
type Plant = (word: string, server: Server, stack: AsyncDisposableStack) => Promise<void>;

const blob =
  (encode: (word: string) => string | Uint8Array): Plant =>
  async (word, { dataFolder }) => {
    const folder = join(dataFolder, 'blobs', 'org_planted');
    await mkdir(folder, { recursive: true });
    const noise = createHash('sha512').update(word).digest(); // so that it neither begins nor ends where the file does
    await writeFile(join(folder, `${noise.readUInt32LE()}`), Buffer.concat([noise, Buffer.from(encode(word)), noise]));
  };

const sql =
  (text: string): Plant =>
  async (word, server) => {
    await using owner = await openOwner(server);
    for (const statement of text.split(';')) await owner.client.query(statement.replaceAll(':word', `'${word}'`));
  };

const temporary =
  (folder: string): Plant =>
  async (word, _, stack) => {
    const path = join(folder, `planted-${process.pid}`);
    await writeFile(path, word);
    stack.defer(() => rm(path, { force: true }));
  };

const checkpoint = (column: 'chains' | 'signature', value: string) =>
  `insert into audit_checkpoints (org_id, id, at, chains, signature) select org_id, md5(:word), now(),
   ${column === 'chains' ? value : "''"}, ${column === 'signature' ? value : "''"} from organizations limit 1`;

/** Where each is found says part of its name. */
export const PLANTS: Record<string, { plant: Plant; where: RegExp }> = {
  'a text column': {
    where: /usage\.model/,
    plant: sql(`insert into usage select org_id, now(), 'planted', :word, 1 from organizations limit 1`),
  },
  'a binary column': { where: /signature/, plant: sql(checkpoint('signature', `convert_to('..' || :word || '..', 'UTF8')`)) },
  'a column that PostgreSQL compressed': { where: /chains/, plant: sql(checkpoint('chains', `repeat('much the same ', 9000) || :word`)) },
  'a job': {
    where: /pgboss\..*data/,
    plant: sql(`insert into pgboss.job (name, data) values ('read-document', json_build_object('text', :word))`),
  },
  'the write-ahead log': {
    where: /pg_wal/,
    plant: sql(`${checkpoint('chains', ':word')};delete from audit_checkpoints where id = md5(:word);vacuum audit_checkpoints`),
  },
  'a blob': { where: /blobs/, plant: blob((word) => word) },
  'a blob in UTF-16': { where: /blobs/, plant: blob((word) => Buffer.from(word, 'utf16le')) },
  'a blob in UTF-16, the other way round': { where: /blobs/, plant: blob((word) => Buffer.from(word, 'utf16le').swap16()) },
  'a blob in base64': { where: /blobs/, plant: blob((word) => Buffer.from(`a${word}`).toString('base64')) },
  'a blob in base64, shifted': { where: /blobs/, plant: blob((word) => Buffer.from(`ab${word}bc`).toString('base64url')) },
  'a blob in hex': { where: /blobs/, plant: blob((word) => Buffer.from(word).toString('hex')) },
  'a blob in percent-encoding': { where: /blobs/, plant: blob((word) => Buffer.from(word).toString('hex').replace(/../g, '%$&')) },
  'a blob named by a hash': { where: /blobs/, plant: blob((word) => createHash('sha256').update(word).digest('hex')) },
  'a blob with a hash': { where: /blobs/, plant: blob((word) => createHash('md5').update(word).digest()) },
  'a blob in gzip': { where: /blobs.*unpacked/, plant: blob((word) => gzipSync(`packed ${word}`)) },
  'a blob in deflate': { where: /blobs.*unpacked/, plant: blob((word) => deflateSync(`packed ${word}`)) },
  'an office file': { where: /blobs.*unpacked/, plant: blob((word) => zipSync({ 'word/document.xml': strToU8(`${word} `.repeat(9)) })) },
  'an archive in an archive': {
    where: /blobs.*unpacked.*unpacked/,
    plant: blob((word) => gzipSync(zipSync({ a: strToU8(`${word} `.repeat(9)) }))),
  },
  'a file in Brotli': {
    where: /planted\.br.*unpacked/,
    plant: async (word, { dataFolder }) => writeFile(join(dataFolder, 'planted.br'), brotliCompressSync(`packed ${word}`)),
  },
  'a file name': { where: /the name/, plant: async (word, { dataFolder }) => writeFile(join(dataFolder, `a-${word}.txt`), '') },
  'a search snapshot': {
    where: /blobs.*kb_planted/,
    plant: async (word, { dataFolder }) => {
      await mkdir(join(dataFolder, 'blobs/org_planted/kb_planted'), { recursive: true });
      await writeFile(join(dataFolder, 'blobs/org_planted/kb_planted/0'), `{"model":"${word}"}`);
    },
  },
  'a temporary file of the server': {
    where: /server.*planted/,
    plant: async (word, { folder }) => writeFile(join(folder, 'planted.tmp'), word),
  },
  'the temporary folder': { where: /planted-/, plant: temporary(tmpdir()) },
  'shared memory': { where: /shm/, plant: temporary('/dev/shm') },
};

/** Puts a word of its own into every place. Dispose the result to take out what lies outside of the server's folder. */
export async function plantAll(server: Server, canaries: Canaries): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  for (const [name, { plant }] of Object.entries(PLANTS)) await plant(canaries.of(name), server, stack);
  return stack.move();
}

/** Starts processes below the server's folder that carry a word each. */
export async function plantProcesses({ folder }: Server, canaries: Canaries): Promise<AsyncDisposable> {
  const idle = ['-e', 'setInterval(() => {}, 1e9)'];
  const children = [
    spawn(process.execPath, [...idle, canaries.of('cmdline')], { cwd: folder, env: {}, stdio: 'ignore' }),
    spawn(process.execPath, idle, { cwd: folder, env: { WORD: canaries.of('environ') }, stdio: 'ignore' }),
  ];
  await Promise.all(children.map((child) => once(child, 'spawn')));
  return {
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map((child) => once(child, 'exit')));
    },
  };
}
