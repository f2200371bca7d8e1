import { expect, test, vi } from 'vitest';
import type { ChatAddress } from './address.ts';
import { createVisitor } from './visitor.ts';

const sent: (string | null)[] = [];
vi.mock('./client.ts', () => ({
  client: {
    start: async () => ({ conversation: 'cnv_1', token: 'secret' }),
    ask: async () => [],
    turns: async (_: unknown, { headers }: { headers: { authorization: string } }) => {
      sent.push(headers.authorization);
      return [];
    },
  },
}));

test('the token of a conversation goes to the environment that gave it, and to none that another link names', async () => {
  const kept = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  const address: ChatAddress = { slug: 'help', channel: 'page', host: undefined, pin: undefined };
  const question = { question: 'q', before: [], signal: new AbortController().signal };
  await createVisitor({ ...address, pin: 'A' }).ask(question as never);
  for (const pin of ['B', undefined, 'A']) await createVisitor({ ...address, pin }).turns();
  expect(sent).toEqual(['Bearer secret']);
});
