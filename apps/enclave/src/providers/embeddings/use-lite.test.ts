import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { openUseLite } from './use-lite.ts';

const never = new AbortController().signal;
const opened: ReturnType<typeof openUseLite>[] = [];

function open(idleMs = 60_000): ReturnType<typeof openUseLite> {
  const embedder = openUseLite({ idleMs });
  opened.push(embedder);
  return embedder;
}

afterEach(async () => {
  for (const embedder of opened.splice(0)) await embedder.close();
});

function cosine(a: Float32Array = new Float32Array(0), b: Float32Array = new Float32Array(0)): number {
  return a.reduce((sum, component, at) => sum + component * (b[at] ?? 0), 0);
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** First components as TensorFlow.js computes them from the same weights (@energetic-ai/embeddings 0.2.0). */
test.each([
  ['How many days of leave do I get?', [-0.02838, 0.02265, 0.02665, -0.06297, -0.04198, -0.05822, 0.05941, 0.0603]],
  ['The quick brown fox jumps over the lazy dog.', [-0.01353, -0.04256, 0.03684, -0.00592, -0.00816, 0.0648, 0.04864, -0.05533]],
  ['Ångström wrote 42 letters — all lost.', [-0.01194, -0.05818, 0.02536, -0.03567, 0.02499, -0.05041, 0.00021, -0.04601]],
  ['word '.repeat(200).trim(), [-0.05235, -0.04062, -0.04102, 0.05131, 0.02932, -0.05358, -0.04074, 0.00981]],
])('computes what the model was published to compute (%#)', async (text, expected) => {
  const [vector = new Float32Array(0)] = await open().embed([text], never);
  expect(vector).toHaveLength(512);
  for (const [at, component] of expected.entries()) expect(vector[at]).toBeCloseTo(component, 4);
});

test('texts of like meaning are near, and a text means the same in whatever company it comes', async () => {
  const embedder = open();
  const texts = [
    'The dog sleeps.',
    'A puppy is napping.',
    'Invoices are due in May.',
    ...Array.from({ length: 40 }, (_, at) => `Filler number ${at}.`),
  ];
  const together = await embedder.embed(texts, never);
  expect(cosine(together[0], together[1])).toBeGreaterThan(cosine(together[0], together[2]) + 0.2);
  const [alone] = await embedder.embed(['The dog sleeps.'], never);
  expect(cosine(alone, together[0])).toBeGreaterThan(0.9999);
});

test.each(['', ' \n', '\u0000', '😀', '\ud800', '日本語の文章', 'x'.repeat(1_000_000), 'a b '.repeat(100_000)])(
  'any text has a vector (%#)',
  async (text) => {
    const [vector = new Float32Array(0)] = await open().embed([text], never);
    expect(vector).toHaveLength(512);
    expect(vector.every(Number.isFinite)).toBe(true);
  },
);

test('no process runs before the first text, and none when nothing came for a while', async () => {
  const embedder = open(50);
  expect(embedder.pid).toBeUndefined();
  await embedder.embed(['hello'], never);
  const { pid } = embedder;
  expect(isAlive(pid)).toBe(true);
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  await expect(embedder.embed(['once more'], never)).resolves.toHaveLength(1);
});

test('texts under way when the process is killed are embedded by the next one', async () => {
  const embedder = open();
  await embedder.embed(['start'], never);
  const { pid = 0 } = embedder;
  const texts = Array.from({ length: 60 }, (_, at) => `Sentence number ${at} says that the meter counts water in litres.`);
  const vectors = Promise.all([embedder.embed(texts, never), embedder.embed(['and a question'], never)]);
  process.kill(pid, 'SIGKILL');
  expect((await vectors).map(({ length }) => length)).toEqual([60, 1]);
  expect(embedder.pid).not.toBe(pid);
});

test('a process that is always killed is given up with a reason', async () => {
  const embedder = open();
  const killer = setInterval(() => embedder.pid && process.kill(embedder.pid, 'SIGKILL'), 1);
  try {
    await expect(embedder.embed(['hello'], never)).rejects.toSatisfy(
      (error) => error instanceof AppError && error.code === 'model_unavailable',
    );
  } finally {
    clearInterval(killer);
  }
});

test('a question overtakes a document that is being embedded', async () => {
  const embedder = open();
  await embedder.embed(['start'], never);
  const order: string[] = [];
  const texts = Array.from({ length: 100 }, (_, at) => `Sentence number ${at} of a long document that somebody has added.`);
  await Promise.all([
    embedder.embed(texts, never).then(() => order.push('document')),
    embedder.embed(['a question'], never).then(() => order.push('question')),
  ]);
  expect(order).toEqual(['question', 'document']);
});

test('whoever stops waiting gets the reason, others their vectors', async () => {
  const embedder = open();
  const stopped = new AbortController();
  const first = embedder.embed(['one'], never);
  const second = embedder.embed(['two', 'three', 'four'], stopped.signal);
  stopped.abort('enough');
  await expect(second).rejects.toBe('enough');
  await expect(first).resolves.toHaveLength(1);
  await expect(embedder.embed(['five'], AbortSignal.abort('late'))).rejects.toBe('late');
});

test('closing ends the process and what waits for it', async () => {
  const embedder = open();
  const waiting = embedder.embed(['hello'], never);
  await embedder.close();
  await expect(waiting).rejects.toThrow(AppError);
  await expect(embedder.embed(['hello'], never)).rejects.toThrow(AppError);
});

test('the process sees no environment', async () => {
  const embedder = open();
  await embedder.embed(['hello'], never);
  const { readFile } = await import('node:fs/promises');
  const environment = await readFile(`/proc/${embedder.pid}/environ`, 'utf8').catch(() => '');
  expect(environment.split('\0').filter((entry) => entry && !entry.startsWith('NODE_CHANNEL_'))).toEqual([]);
});
