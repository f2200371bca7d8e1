// Nothing that anybody types or uploads lies unsealed anywhere. First the search itself is put to the test.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startModelServer } from '@privexbot/testing/model-server.ts';
import { prepareServer, startServer } from '@privexbot/testing/server.ts';
import { expect, onTestFailed, test } from 'vitest';
import { Canaries } from './canary/canaries.ts';
import { walk } from './canary/journey.ts';
import { newSearch, type Search, searchProcesses, watchProcesses } from './canary/search.ts';
import { PLANTS, plantAll, plantProcesses, searchRunning, searchStopped } from './canary/stores.ts';

const WATCH_MS = 2_000;
const SIGN_UP = { email: 'admin@example.com', password: 'correct horse battery' };

test('a word that lies unsealed in any kind of store is found there', async () => {
  const since = new Date();
  await using server = await startServer();
  await server.client().auth.signUp({ body: SIGN_UP });
  const canaries = new Canaries();
  const search = newSearch();
  await using _planted = await plantAll(server, canaries);
  const spoken = canaries.of('a log line');
  const matcher = canaries.matcher();
  await searchRunning(search, matcher, server);
  await server.stop();
  await searchStopped(search, matcher, server, `{"level":20,"msg":"${spoken}"}\n`, since);
  for (const [name, { where }] of Object.entries(PLANTS)) expect(placesOf(search, name), name).toContainEqual(expect.stringMatching(where));
  expect(placesOf(search, 'a log line')).toEqual(['output and log']);
});

test('a word in the arguments or the environment of a process is found there', async () => {
  await using server = await prepareServer();
  const canaries = new Canaries();
  const search = newSearch();
  await using watch = watchProcesses(server);
  await using _planted = await plantProcesses(server, canaries);
  await sleep(WATCH_MS);
  searchProcesses(search, canaries.matcher(), watch);
  for (const file of ['cmdline', 'environ']) expect(placesOf(search, file)).toContainEqual(expect.stringContaining(file));
});

test('a whole journey leaves none of its words anywhere', async () => {
  const since = new Date();
  await using model = await startModelServer();
  await using server = await startServer({ settings: { PRIVEXBOT_LOG: 'debug', PRIVEXBOT_PRIVATE_HOSTS: model.host } });
  onTestFailed(() => console.log(server.output().slice(-4_000)));
  const canaries = new Canaries();
  const search = newSearch();
  await using watch = watchProcesses(server);
  await walk(server, model, canaries).catch((e) => {
    console.log(server.output().slice(-6000));
    throw e;
  });
  const matcher = canaries.matcher();
  searchProcesses(search, matcher, watch);
  await searchRunning(search, matcher, server);
  await server.stop();
  await searchStopped(search, matcher, server, server.output(), since);

  const { findings, ...counts } = search;
  console.log(`${canaries.fields.length} words searched for:`, counts);
  expect(findings.map(({ field, how, where }) => `${field}, ${how}: ${where}`)).toEqual([]);
  for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(0);
  expect(canaries.fields.length).toBeGreaterThan(100);
  expect(await listSnapshots(server.dataFolder), 'search snapshots').not.toEqual([]);
});

function placesOf({ findings }: Search, name: string): string[] {
  return findings.filter(({ field }) => field === name).map(({ where }) => where);
}

async function listSnapshots(dataFolder: string): Promise<string[]> {
  const names = await readdir(join(dataFolder, 'blobs'), { recursive: true });
  return names.filter((name) => /\/kb_[^/]+\/0$/.test(name));
}
