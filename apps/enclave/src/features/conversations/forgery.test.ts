// Conversations and messages, changed in the database: nobody reads another's, and nobody is told what was not said.
import { createClient } from '@privexbot/sdk';
import { expectRefused, forgeRow, readRow } from '@privexbot/testing/forgery.ts';
import { type Enclave, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let enclave: Enclave;
let admin: Person;
let slug: string;
beforeAll(async () => {
  enclave = await startEnclave();
  admin = await enclave.signUp();
  const { client, org, workspace } = admin;
  const bot = await client.bots.create({ params: { org, workspace }, body: { name: 'Help' } });
  const params = { org, workspace, bot: bot.id };
  await client.bots.publish({ params, body: { revision: bot.revision } });
  ({ slug } = await client.bots.deploy({ params: { ...params, channel: 'page' }, body: { enabled: true } }));
});
afterAll(() => enclave[Symbol.asyncDispose]());

async function converse(question: string) {
  const { publicChat } = createClient(enclave.transport());
  const { conversation, token } = await publicChat.start({ params: { slug } });
  const options = { headers: { authorization: `Bearer ${token}` } };
  const params = { slug, conversation };
  const events = await Array.fromAsync(await publicChat.ask({ params, body: { question } }, options));
  expect(events.at(-1)).toMatchObject({ type: 'done' });
  const [{ id: message } = { id: '' }] = await publicChat.turns({ params }, options);
  const read = (id = conversation) => publicChat.turns({ params: { slug, conversation: id } }, options);
  return { conversation, message, read, ask: () => publicChat.ask({ params, body: { question } }, options) };
}

test('a conversation that was given the token of another', async () => {
  const victim = await converse('When do I get my pay?');
  const thief = await converse('Hello?');
  await expect(thief.read(victim.conversation)).rejects.toMatchObject({ code: 'not_found' });
  const { token_hash } = await readRow(enclave, 'conversations', { id: thief.conversation });
  {
    await using _forged = await forgeRow(enclave, 'conversations', { id: victim.conversation }, { token_hash });
    await expectRefused(() => thief.read(victim.conversation), admin, 'conversations', victim.conversation);
  }
  expect(await victim.read()).toMatchObject([{ question: 'When do I get my pay?' }]);
});

test('a conversation that was given the key of another, or the seal', async () => {
  const mine = await converse('Mine?');
  const other = await converse('Other?');
  const { data_key, sealed } = await readRow(enclave, 'conversations', { id: other.conversation });
  for (const change of [{ data_key }, { sealed }, { data_key, sealed }]) {
    await using _forged = await forgeRow(enclave, 'conversations', { id: mine.conversation }, change);
    await expectRefused(mine.read, admin, 'conversations', mine.conversation);
    await expectRefused(mine.ask, admin, 'conversations', mine.conversation);
  }
  expect(await mine.read()).toHaveLength(1);
});

test('a message moved to another conversation, or given the seal of another', async () => {
  const mine = await converse('Mine?');
  const other = await converse('Other?');
  const { sealed } = await readRow(enclave, 'messages', { id: other.message });
  {
    await using _forged = await forgeRow(enclave, 'messages', { id: mine.message }, { sealed });
    await expectRefused(mine.read, admin, 'messages', mine.message);
    expect(await other.read()).toHaveLength(1);
  }
  await using _moved = await forgeRow(enclave, 'messages', { id: other.message }, { conversation_id: mine.conversation });
  await expectRefused(mine.read, admin, 'messages', other.message);
});

test('a stored key exchanged for another opens nothing', async () => {
  const mine = await converse('Mine?');
  const other = await converse('Other?');
  const keyOf = async (conversation: string) => (await readRow(enclave, 'conversations', { id: conversation })).data_key;
  const { wrapped } = await readRow(enclave, 'keystore.keys', { id: await keyOf(other.conversation) });
  await using _forged = await forgeRow(enclave, 'keystore.keys', { id: await keyOf(mine.conversation) }, { wrapped });
  // What is opened already stays so; a later start opens it anew.
  enclave.context.keyring.forget(String(await keyOf(mine.conversation)));
  await expect(mine.read()).rejects.toMatchObject({ code: 'integrity_failed' });
  expect(await other.read()).toHaveLength(1);
});
