import { cp, readdir, rm } from 'node:fs/promises';
import { prepareServer, startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';
import { ACCOUNT, addText, openDesk, publishBot } from './desk.ts';

const QUESTION = { text: 'How long may a bicycle stay in the cellar?' };

test('a copy of the data folder, with the key from elsewhere, starts with everything in it', async () => {
  await using original = await startServer();
  const desk = await openDesk(original);
  await addText(desk, 'House rules', 'A bicycle may stay in the cellar for eleven days. After that it is given away.');
  const { params } = await publishBot(desk);
  await original.stop();

  await using restored = await prepareServer();
  await cp(original.dataFolder, restored.dataFolder, { recursive: true });
  await cp(original.keyFile, restored.keyFile);
  await restored.start();
  const client = restored.client();
  await client.auth.signIn({ body: ACCOUNT });
  const found = await client.knowledge.search({ params: desk.inKnowledge, body: QUESTION });
  expect(found.hits[0]?.passage.text).toContain('eleven days');
  expect((await client.bots.get({ params })).live?.number).toBe(1);
  expect(await client.audit.verify({ params: { org: desk.org } })).toMatchObject({ intact: true });
});

test('data without its key does not start, says what to do and stays as it is', async () => {
  await using server = await startServer();
  await openDesk(server);
  await server.stop();
  await rm(server.keyFile);
  const before = await readdir(server.dataFolder, { recursive: true });
  await expect(server.start()).rejects.toThrow(/PRIVEXBOT_ROOT_KEY/);
  expect(await readdir(server.dataFolder, { recursive: true })).toEqual(before);
});
