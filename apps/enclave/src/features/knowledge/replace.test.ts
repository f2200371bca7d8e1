import { startEnclave } from '@privexbot/testing/start-enclave.ts';
import { expect, test } from 'vitest';

test('a document that is replaced while it is read ends up read in its latest version', async () => {
  await using enclave = await startEnclave();
  const { client, org, workspace } = await enclave.signUp();
  const { id: knowledge } = await client.knowledge.create({ params: { org, workspace }, body: { name: 'Notes' } });
  const params = { org, workspace, knowledge };
  // Both versions of one are in the queue when two readers take them at the same moment.
  for (const title of ['first', 'second', 'third', 'fourth'])
    for (const version of [1, 2]) {
      const body = { source: 'paste', title, text: `The ${title} door has code ${version}${version}${version}.` } as const;
      await client.knowledge.add({ params, body });
    }
  const ready = { state: 'ready', version: 2, passages: 1 };
  await expect
    .poll(async () => (await client.knowledge.documents({ params })).items, { timeout: 30_000 })
    .toMatchObject([ready, ready, ready, ready]);
  const { hits } = await client.knowledge.search({ params, body: { text: 'third door', limit: 1 } });
  expect(hits.map(({ passage }) => passage.text)).toEqual(['The third door has code 222.']);
});
