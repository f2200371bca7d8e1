import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tinyGguf } from '@privexbot/testing/tiny-gguf.ts';
import { afterAll, expect, test } from 'vitest';
import type { ModelEvent, ModelRequest } from '../model.ts';
import { createLlamaModel, type LlamaOptions } from './llama.ts';

const FILE = tinyGguf();
const ASK: ModelRequest = { messages: [{ role: 'user', content: 'Hello' }], maxOutputTokens: 8, temperature: 0 };
const onLinux = test.skipIf(process.platform !== 'linux');

/** Used by all tests that leave it as it was: a start takes two seconds. */
const shared = open();
afterAll(() => shared[Symbol.asyncDispose]());

onLinux('a model file answers, again and in a conversation, and says how many tokens that took', async () => {
  const first = await collect(shared.stream(ASK, soon()));
  expect(first.slice(-2)).toEqual([
    { type: 'usage', inputTokens: expect.any(Number), outputTokens: 8 },
    { type: 'finish', reason: 'length' },
  ]);
  expect(await collect(shared.stream(ASK, soon()))).toEqual(first);
  const longer = [...ASK.messages, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'And now?' }] as const;
  const second = await collect(shared.stream({ ...ASK, messages: [{ role: 'system', content: 'Be brief.' }, ...longer] }, soon()));
  expect(inputTokens(second)).toBeGreaterThan(inputTokens(first));
});

onLinux('questions at the same time are answered in turn', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => collect(shared.stream(ASK, soon()))));
  expect(answers.map((events) => events.at(-1)?.type)).toEqual(['finish', 'finish', 'finish']);
});

onLinux('the prompt is made with the template of the file', async () => {
  const file = tinyGguf({ chatTemplate: `${'x'.repeat(50)}{% for message in messages %}{{ message['content'] }}{% endfor %}` });
  await using other = open({}, file);
  const [a, b] = await Promise.all([shared, other].map((model) => collect(model.stream(ASK, soon()))));
  expect(inputTokens(b) - inputTokens(a)).toBeGreaterThan(20);
});

onLinux('while it runs its file has no name anywhere, is only in memory, and the process knows none of our settings', async () => {
  await collect(shared.stream(ASK, soon()));
  const [pid = 0] = await workers();
  const maps = (await readFile(`/proc/${pid}/maps`, 'utf8')).split('\n').filter((line) => line.includes('privexbot-'));
  expect(maps.length).toBeGreaterThan(0);
  for (const line of maps) expect(line).toMatch(/ \/(dev\/shm|run\/shm|tmp)\/privexbot-[\w-]+ \(deleted\)$/);
  expect((await readdir('/dev/shm')).filter((name) => name.startsWith('privexbot-'))).toEqual([]);
  const names = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').map((entry) => entry.split('=')[0]);
  expect(names.filter((name) => name && !/^NODE_/.test(name))).toEqual([]);
});

onLinux('a question that leaves no room for an answer is refused, and the next one answered', async () => {
  const long = { ...ASK, messages: [{ role: 'user', content: 'word '.repeat(200) }] } as const;
  expect(await failure(shared.stream(long, soon()))).toMatchObject({ code: 'model_refused_request' });
  expect((await collect(shared.stream(ASK, soon()))).at(-1)).toEqual({ type: 'finish', reason: 'length' });
});

onLinux('an aborted answer ends at once, and so does one whose reader leaves', async () => {
  const long = { ...ASK, maxOutputTokens: 400 };
  const abort = new AbortController();
  const stopped = await failure(shared.stream(long, abort.signal), () => abort.abort());
  expect(stopped.name).toBe('AbortError');
  for await (const _event of shared.stream(long, soon())) break;
  expect((await collect(shared.stream(ASK, soon()))).at(-1)?.type).toBe('finish');
  expect((await failure(shared.stream(ASK, AbortSignal.abort()))).name).toBe('AbortError');
});

onLinux('when its process dies the answer is interrupted, and the next question starts it anew', async () => {
  await using model = open();
  const others = await workers();
  const killed = await failure(model.stream({ ...ASK, maxOutputTokens: 400 }, soon()), async () => {
    for (const pid of await workers()) if (!others.includes(pid)) process.kill(pid, 'SIGKILL');
  });
  expect(killed).toMatchObject({ code: 'model_interrupted' });
  expect((await collect(model.stream(ASK, soon()))).at(-1)?.type).toBe('finish');
});

onLinux('an idle model leaves the memory, and so does a closed one', async () => {
  const others = await workers();
  const model = open({ idleMs: 50 });
  await collect(model.stream(ASK, soon()));
  await expect.poll(workers, { timeout: 5_000 }).toEqual(others);
  await collect(model.stream(ASK, soon()));
  await model[Symbol.asyncDispose]();
  expect(await workers()).toEqual(others);
});

onLinux.each([
  ['another file than the one that was added', { sha256: '0'.repeat(64) }, 'not the one that was added'],
  ['a file that grew', { sizeBytes: FILE.length - 1 }, 'not the one that was added'],
  ['a file that shrank', { sizeBytes: FILE.length + 1 }, 'not the one that was added'],
  ['a file larger than its memory', { memoryLimitBytes: 1_000 }, 'more memory'],
  ['a process that grows beyond its memory', { memoryLimitBytes: 60_000_000 }, 'more memory'],
  ['a file larger than all memory', { sizeBytes: 2 ** 52, memoryLimitBytes: 2 ** 53 }, '--shm-size'],
])('%s is not run, and the error says what to do', async (_name, options, words) => {
  await using model = open(options);
  const error = await failure(model.stream(ASK, soon()));
  expect(error).toMatchObject({ code: 'model_unavailable' });
  expect(error.message).toContain(words);
});

onLinux('a file that only begins like a model is not run', async () => {
  await using model = open({}, FILE.slice(0, 20_000));
  expect((await failure(model.stream(ASK, soon()))).message).toContain('cannot read this file');
});

onLinux('stored bytes that cannot be opened end the question with their own error', async () => {
  const broken = async function* () {
    yield FILE.subarray(0, 100);
    throw Object.assign(new Error('the seal is broken'), { code: 'integrity_failed' });
  };
  await using model = open({ open: broken });
  expect(await failure(model.stream(ASK, soon()))).toMatchObject({ cause: { code: 'integrity_failed' } });
});

function open(changes: Partial<LlamaOptions> = {}, file = FILE) {
  return createLlamaModel({
    id: 'tiny',
    open: () => pieces(file),
    sizeBytes: file.length,
    sha256: createHash('sha256').update(file).digest('hex'),
    contextTokens: 512,
    threads: 1,
    ...changes,
  });
}

async function* pieces(file: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < file.length; from += 65_536) yield file.subarray(from, from + 65_536);
}

/** Process ids of the models this test process has started. */
async function workers(): Promise<number[]> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  const pids = children.trim().split(/\s+/).filter(Boolean).map(Number);
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => names[index]?.includes('llama-worker.ts'));
}

function soon(): AbortSignal {
  return AbortSignal.timeout(50_000);
}

function inputTokens(events: readonly ModelEvent[] = []): number {
  return events.reduce((sum, event) => (event.type === 'usage' ? sum + event.inputTokens : sum), 0);
}

async function collect(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

async function failure(stream: AsyncIterable<ModelEvent>, onEvent: () => unknown = () => {}): Promise<Error> {
  try {
    for await (const _event of stream) await onEvent();
  } catch (error) {
    return error as Error; // whatever it is, the test looks at it
  }
  return expect.unreachable('the model answered');
}
