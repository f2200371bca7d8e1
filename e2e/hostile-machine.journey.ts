// What may be wrong with the machine: the start says which setting and why, changes nothing, and loses nothing.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { choosePort } from '@privexbot/testing/choose-port.ts';
import { prepareServer, type Server, startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';
import { ACCOUNT, addText, type Desk, openDesk } from './desk.ts';
import { openExternalDatabase } from './external-database.ts';

const QUESTION = 'How many days of leave?';
const TEXT = 'Employees earn thirty days of leave in a year.';

/** Signs in anew and finds what was stored. */
async function expectAllThere(server: Server, { inKnowledge }: Desk): Promise<void> {
  const client = server.client();
  await client.auth.signIn({ body: ACCOUNT });
  const { hits } = await client.knowledge.search({ params: inKnowledge, body: { text: QUESTION } });
  expect(hits[0]?.passage.text).toBe(TEXT);
}

/** Every file of a folder by a digest of its content. */
async function digestOf(folder: string, skip = /$^/): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const digests = files
    .filter((path) => !skip.test(path))
    .map(async (path) => [
      path,
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ]);
  return Object.fromEntries(await Promise.all(digests));
}

test('a port that is taken: the setting is named', async () => {
  const stranger = createServer().listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  const address = stranger.address();
  const port = address && typeof address === 'object' ? address.port : 0;
  await expect(startServer({ settings: { PRIVEXBOT_PORT: `${port}` } })).rejects.toThrow(
    new RegExp(`Port ${port} .*taken.*PRIVEXBOT_PORT`),
  );
  stranger.close();
});

test.each([
  [
    'a host that is another machine’s',
    { PRIVEXBOT_HOST: '192.0.2.1', PRIVEXBOT_ALLOW_SIMULATED: '1' },
    /192\.0\.2\.1 is no address of this machine.*PRIVEXBOT_HOST/,
  ],
  ['a data folder that cannot be made', { PRIVEXBOT_DATA: '/proc/nowhere' }, /\/proc\/nowhere can't be made.*PRIVEXBOT_DATA/],
  ['a TEE that is not there', { PRIVEXBOT_TEE: 'sev-snp' }, /PRIVEXBOT_TEE=sev-snp takes its settings from .*launch\.json/],
  ['half of a database’s settings', { DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/c' }, /DATABASE_OWNER_URL/],
] as const)('%s: the setting is named', async (_, settings, message) => {
  await expect(startServer({ settings })).rejects.toThrow(message);
});

test('a data folder that another server holds is left alone', async () => {
  await using server = await startServer();
  const desk = await openDesk(server);
  await addText(desk, 'leave', TEXT);
  const settings = { PRIVEXBOT_DATA: server.dataFolder };
  await expect(startServer({ settings })).rejects.toThrow(/in use by process \d+.*PRIVEXBOT_DATA/);
  await expectAllThere(server, desk);
});

test('without its root key, or with another, the data does not open and stays as it is', async () => {
  await using server = await startServer();
  const desk = await openDesk(server);
  await addText(desk, 'leave', TEXT);
  await server.stop();
  const kept = `${server.folder}/kept.key`;
  await rename(server.keyFile, kept);

  const before = await digestOf(server.folder);
  await expect(server.start()).rejects.toThrow(/root key.*PRIVEXBOT_ROOT_KEY.*Nothing was changed/s);
  const lock = /\/lock(\.pid)?$/; // says which process looked
  expect(await digestOf(server.folder, lock)).toEqual(Object.fromEntries(Object.entries(before).filter(([path]) => !lock.test(path))));

  await using other = await startServer();
  await other.stop();
  await writeFile(server.keyFile, await readFile(other.keyFile), { mode: 0o600 });
  await expect(server.start()).rejects.toThrow(/another root key.*PRIVEXBOT_ROOT_KEY/s);
  // PostgreSQL had to be asked, and keeps books about having run.
  expect(await digestOf(join(server.dataFolder, 'blobs'))).toEqual(
    Object.fromEntries(Object.entries(before).filter(([path]) => path.startsWith(`${server.dataFolder}/blobs`))),
  );
  expect(await server.processes()).toEqual([]);

  await rename(kept, server.keyFile);
  await server.start();
  await expectAllThere(server, desk);
});

test('an external database that cannot be reached: the setting is named; one that goes away: calls say so until it is back', async () => {
  const nowhere = `postgresql://a:b@127.0.0.1:${await choosePort()}/c`;
  await expect(startServer({ settings: { DATABASE_URL: nowhere, DATABASE_OWNER_URL: nowhere } })).rejects.toThrow(
    /database.*cannot be reached.*DATABASE/s,
  );
  await using database = await openExternalDatabase();
  await using server = await startServer({ settings: { DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.ownerUrl } });
  const desk = await openDesk(server);
  await addText(desk, 'leave', TEXT);
  await database.stop();
  await expect(desk.client.auth.me()).rejects.toMatchObject({ code: 'unavailable', status: 503, retry: true });
  await expect(desk.client.knowledge.rename({ params: desk.inKnowledge, body: { name: 'Lost' } })).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);

  await database.start();
  await expect
    .poll(
      () =>
        desk.client.auth.me().then(
          () => 'back',
          () => 'away',
        ),
      { timeout: 30_000 },
    )
    .toBe('back');
  expect((await desk.client.knowledge.get({ params: desk.inKnowledge })).name).toBe('Handbook');
  await expectAllThere(server, desk);
});

const MB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)('a full disk refuses what is new, loses nothing, and is used again once there is room', async () => {
  const mount = 'mkdir -p "$1" && mount -t tmpfs -o mode=700,size=700m tmpfs "$1" && shift && exec "$@"';
  await using server = await prepareServer({ prefix: (dataFolder) => ['unshare', '--mount', 'sh', '-c', mount, 'sh', dataFolder] });
  await server.start();
  const desk = await openDesk(server);
  const { client, org } = desk;
  await addText(desk, 'leave', TEXT);
  // Only the server sees its disk; others reach it through the server's process.
  const [{ pid } = { pid: 0 }] = (await server.processes()).filter(({ command }) => command.includes('main.ts'));
  const disk = `/proc/${pid}/root${server.dataFolder}`;
  const fill = async (leaveBytes: number) => {
    const { bavail, bsize } = await statfs(disk);
    await writeFile(join(disk, `filler-${leaveBytes}`), new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
  };

  await fill(32 * MB);
  const { id: upload } = await client.uploads.start({ params: { org }, body: { name: 'more.txt', sizeBytes: MB } });
  const put = () => client.uploads.putPart({ params: { org, upload, part: 0 }, body: new Uint8Array(MB) });
  await expect(put()).rejects.toMatchObject({ code: 'storage_full', status: 507, message: expect.stringContaining('disk is full') });
  await client.knowledge.rename({ params: desk.inKnowledge, body: { name: 'Small changes still fit' } });

  await fill(0);
  const refused = await writeUntilRefused(desk);
  expect(['storage_full', 'unavailable']).toContain(refused.code);
  for (const name of await readdir(disk)) if (name.startsWith('filler-')) await rm(join(disk, name));
  await expect
    .poll(
      () =>
        put().then(
          () => 'stored',
          ({ code }) => code,
        ),
      { timeout: 30_000 },
    )
    .toBe('stored');
  const texts = (await client.bots.list({ params: desk })).map(({ settings }) => settings.name);
  expect(texts).toEqual(expect.arrayContaining(refused.acknowledged));
  await expectAllThere(server, desk);
});

/** Makes bots with long instructions until the disk takes no more. */
async function writeUntilRefused({ client, org, workspace }: Desk): Promise<{ acknowledged: string[]; code: string }> {
  const acknowledged: string[] = [];
  for (let at = 0; at < 5_000; at++) {
    const name = `Bot ${at}`;
    try {
      await client.bots.create({ params: { org, workspace }, body: { name, instructions: 'long '.repeat(3_000) } });
      acknowledged.push(name);
    } catch (error) {
      const code = String((error as { code?: string }).code); // whatever it is, the caller judges it
      if (code !== 'rate_limited') return { acknowledged, code };
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
  throw new Error('the disk never got full');
}
