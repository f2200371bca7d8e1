import { startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';

test('a document that is replaced while it is read ends up read in its latest version', async () => {
  await using enclave = await startEnclave();
  const { client, org, workspace } = await enclave.signUp();
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Notes' } });
  const params = { org, workspace, knowledge };
  for (const version of [1, 2, 3, 4]) {
    await client.knowledge.add({
      params,
      body: { source: 'paste', title: 'note', text: `The door code is ${version}${version}${version}.` },
    });
    await expect
      .poll(async () => (await client.knowledge.documents({ params })).items[0]?.state, { interval: 5, timeout: 10_000 })
      .toBe('reading'); // so that the next version meets this one's reading
  }
  await expect
    .poll(async () => (await client.knowledge.documents({ params })).items, { timeout: 20_000 })
    .toMatchObject([{ state: 'ready', version: 4, passages: 1 }]);
  const { hits } = await client.knowledge.search({ params, body: { text: 'What is the door code?' } });
  expect(hits.map(({ passage }) => passage.text)).toEqual(['The door code is 444.']);
});
