// What answers, and where: versions, the pointer to the live one, and deployments, changed in the database.
import type { VersionId } from '@privexbot/contract';
import { createClient } from '@privexbot/sdk';
import { expectRefused, forgeRow, readRow } from '@privexbot/testing/forgery.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let enclave: Enclave;
let admin: Person;
beforeAll(async () => {
  enclave = await startEnclave();
  admin = await enclave.signUp();
});
afterAll(() => enclave[Symbol.asyncDispose]());

/** A bot with two versions, the second of them live, on a page of its own. */
async function publishTwice() {
  const { client, org, workspace } = admin;
  let bot = await client.bots.create({ params: { org, workspace }, body: { name: 'Help', greeting: 'First' } });
  const params = { org, workspace, bot: bot.id };
  const first = await client.bots.publish({ params, body: { revision: bot.revision } });
  const before = await readRow(enclave, 'live_versions', { bot_id: bot.id });
  bot = await client.bots.change({ params, body: { settings: { ...bot.settings, greeting: 'Second' }, revision: bot.revision } });
  const second = await client.bots.publish({ params, body: { revision: bot.revision } });
  const { slug } = await client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: true } });
  const visitor = createClient(enclave.transport());
  return { params, first: first.id, second: second.id, before, slug, visit: () => visitor.publicChat.page({ params: { slug } }) };
}

const sealedOf = async (id: VersionId) => ({ sealed: (await readRow(enclave, 'bot_versions', { id })).sealed });

test('the content of a version exchanged for that of an earlier one', async () => {
  const { first, second, visit } = await publishTwice();
  {
    await using _forged = await forgeRow(enclave, 'bot_versions', { id: second }, await sealedOf(first));
    await expectRefused(visit, admin, 'bot_versions', second);
  }
  expect(await visit()).toMatchObject({ greeting: 'Second' });
});

test('the content of a version exchanged for that of another bot', async () => {
  const mine = await publishTwice();
  const other = await publishTwice();
  await using _forged = await forgeRow(enclave, 'bot_versions', { id: mine.second }, await sealedOf(other.second));
  await expectRefused(mine.visit, admin, 'bot_versions', mine.second);
  expect(await other.visit()).toMatchObject({ greeting: 'Second' });
});

test('a version moved to another bot', async () => {
  const mine = await publishTwice();
  const other = await publishTwice();
  await using _forged = await forgeRow(enclave, 'bot_versions', { id: mine.first }, { bot_id: other.params.bot, number: 3 });
  const read = () => admin.client.bots.version({ params: { ...other.params, version: mine.first } });
  await expectRefused(read, admin, 'bot_versions', mine.first);
  expect(await other.visit()).toMatchObject({ greeting: 'Second' });
});

test('the live pointer turned to an earlier version', async () => {
  const { params, first, visit } = await publishTwice();
  {
    await using _forged = await forgeRow(enclave, 'live_versions', { bot_id: params.bot }, { version_id: first });
    await expectRefused(visit, admin, 'live_versions', params.bot);
  }
  expect(await visit()).toMatchObject({ greeting: 'Second' });
});

test('the live pointer set back to what it once was, seal and all', async () => {
  const { params, before, visit } = await publishTwice();
  {
    await using _forged = await forgeRow(enclave, 'live_versions', { bot_id: params.bot }, before);
    await expectRefused(visit, admin, 'live_versions', params.bot);
    await expectRefused(() => admin.client.bots.get({ params }), admin, 'live_versions', params.bot);
  }
  expect(await visit()).toMatchObject({ greeting: 'Second' });
});

test('a channel that was switched off, opened again', async () => {
  const { params, visit } = await publishTwice();
  const id = `${params.bot}/page`;
  const open = await readRow(enclave, 'deployments', { id });
  await admin.client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: false } });
  await expect(visit()).rejects.toMatchObject({ code: 'not_found' });
  for (const change of [{ enabled: true }, open]) {
    await using _forged = await forgeRow(enclave, 'deployments', { id }, change);
    await expectRefused(visit, admin, 'deployments', id);
  }
  await expect.poll(() => visit().catch(({ code }) => code)).toBe('not_found');
});

test('a link name turned to another bot shows that bot to nobody', async () => {
  const mine = await publishTwice();
  const other = await publishTwice();
  const { bot } = mine.params;
  await enclave.forge('update public_names set bot_id = $1 where bot_id = $2', [other.params.bot, bot]);
  await expect.poll(() => mine.visit().catch(({ code }) => code), { timeout: 3_000 }).toBe('not_found');
});

test('a draft exchanged for that of another bot, or moved to another workspace', async () => {
  const mine = await publishTwice();
  const other = await publishTwice();
  const { id: elsewhere } = await admin.client.organizations.createWorkspace({ params: admin, body: { name: 'Elsewhere' } });
  const { sealed, data_key } = await readRow(enclave, 'bots', { id: other.params.bot });
  const id = mine.params.bot;
  const read = (workspace = admin.workspace) => admin.client.bots.get({ params: { ...mine.params, workspace } });
  for (const change of [{ sealed }, { sealed, data_key }]) {
    await using _forged = await forgeRow(enclave, 'bots', { id }, change);
    await expectRefused(read, admin, 'bots', id);
  }
  await using _moved = await forgeRow(enclave, 'bots', { id }, { workspace_id: elsewhere });
  await expectRefused(() => read(elsewhere), admin, 'bots', id);
});

test('a model that was given the content of another', async () => {
  const { client, org } = admin;
  const add = (name: string) =>
    client.models.add({ params: { org }, body: { provider: 'openai-compatible', name, url: `https://${name}.example/v1`, model: name } });
  const [own, foreign] = [await add('own'), await add('foreign')];
  const { sealed } = await readRow(enclave, 'models', { id: foreign.id });
  {
    await using _forged = await forgeRow(enclave, 'models', { id: own.id }, { sealed });
    await expectRefused(() => client.models.list({ params: { org } }), admin, 'models', own.id);
  }
  expect(await client.models.list({ params: { org } })).toHaveLength(3);
});
