import { expect, test } from 'vitest';
import { ChatbotSettings, chatbotFlow } from '../chatbot.ts';
import { checkFlow } from '../check.ts';
import type { Flow } from '../graph.ts';
import type { AnswerEvent, AnswerRequest, FlowEvent, Passage, Ports, RunState, SearchRequest } from './ports.ts';
import { type FlowError, type RunOptions, runFlow } from './run.ts';

const SETTINGS = ChatbotSettings.parse({ name: 'Bot', knowledgeBases: ['kb'], instructions: 'Be kind.', answerStyle: 'short' });
const BOT = chatbotFlow(SETTINGS);
const ASKED = { question: 'How long?', history: [{ question: 'Hi', answer: 'Hello' }] };
const PASSAGE: Passage = { id: 'p1', document: 'd', documentTitle: 'Terms', ordinal: 0, text: 'Thirty days.', headings: [], score: 0.9 };

test('a chatbot searches, answers, cites and ends', async () => {
  const { ports, asked } = world();
  const events = await collect(runFlow(BOT, ASKED, ports, { signal: never() }));
  expect(events.filter(({ type }) => type !== 'step')).toEqual([
    { type: 'passages', node: 'search', passages: [PASSAGE] },
    { type: 'text', node: 'answer', text: 'Thirty ' },
    { type: 'text', node: 'answer', text: 'days [1].' },
    { type: 'citations', node: 'answer', citations: [{ number: 1, passage: PASSAGE, quote: 'Thirty days', start: 0, end: 11 }] },
    { type: 'usage', node: 'answer', model: 'grounded', inputTokens: 10, outputTokens: 4 },
    { type: 'done', outcome: 'answered', trace: expect.anything() },
  ]);
  expect(asked.search).toEqual([{ ...ASKED, knowledgeBases: ['kb'], limit: 8, minimumScore: 0 }]);
  expect(asked.answer[0]).toMatchObject({ ...ASKED, passages: [PASSAGE], instructions: 'Be kind.', style: 'short', model: 'grounded' });
});

test('the trace says what happened where, how long and how much, without content', async () => {
  const { ports } = world();
  const done = (await collect(runFlow(BOT, ASKED, ports, { signal: never() }))).at(-1);
  const none = {
    state: 'done',
    attempts: 1,
    passages: 0,
    characters: 0,
    inputTokens: 0,
    outputTokens: 0,
    startedMs: expect.any(Number),
    ms: expect.any(Number),
  };
  expect(done).toMatchObject({
    trace: {
      steps: [
        { ...none, node: 'start', kind: 'start' },
        { ...none, node: 'search', kind: 'search', passages: 1 },
        { ...none, node: 'answer', kind: 'answer', characters: 16, inputTokens: 10, outputTokens: 4 },
        { ...none, node: 'end', kind: 'end' },
      ],
    },
  });
  expect(JSON.stringify(done)).not.toMatch(/Thirty|How long/);
});

test('a bot that does not know ends unsure', async () => {
  const { ports } = world({ answer: () => speak({ type: 'text', text: 'I do not know.' }, { type: 'outcome', outcome: 'unsure' }) });
  expect((await collect(runFlow(BOT, ASKED, ports, { signal: never() }))).at(-1)).toMatchObject({ type: 'done', outcome: 'unsure' });
});

test('a citation whose quote is not in a passage it was given is not shown', async () => {
  const right = { number: 1, passage: PASSAGE, quote: 'days', start: 7, end: 11 };
  const wrong = [
    { ...right, quote: 'weeks' },
    { ...right, start: 6 },
    { ...right, quote: '', start: 0, end: 0 },
    { ...right, passage: { ...PASSAGE, id: 'p2' } },
    { ...right, passage: { ...PASSAGE, text: 'Forged: days' }, start: 8, end: 12 },
  ];
  const { ports } = world({ answer: () => speak({ type: 'citations', citations: [...wrong, right] }) });
  const events = await collect(runFlow(BOT, ASKED, ports, { signal: never() }));
  expect(events.filter(({ type }) => type === 'citations')).toEqual([{ type: 'citations', node: 'answer', citations: [right] }]);
});

test('a search hands on no more and no worse than its settings say', async () => {
  const { ports, asked } = world({ search: async () => [0.9, 0.5, 0.8, 0.1].map((score, i) => ({ ...PASSAGE, id: `p${i}`, score })) });
  await collect(runFlow(change(BOT, 'search', { limit: 2, minimumScore: 0.6 }), ASKED, ports, { signal: never() }));
  expect(asked.answer[0]?.passages.map(({ score }) => score)).toEqual([0.9, 0.8]);
});

const WIDE: Flow = {
  ...BOT,
  nodes: [
    ...BOT.nodes,
    ...BOT.nodes.filter(({ kind }) => kind === 'search' || kind === 'answer').map((node) => ({ ...node, id: `${node.id}2` })),
  ],
  edges: [
    ...BOT.edges,
    { from: 'start', to: 'search2', branch: 'next' },
    { from: 'search2', to: 'answer', branch: 'next' },
    { from: 'search2', to: 'answer2', branch: 'next' },
    { from: 'answer2', to: 'end', branch: 'next' },
  ],
};

test('nodes without an order between them run side by side, and a join waits for all and merges what they found', async () => {
  expect(checkFlow(WIDE).problems).toEqual([]);
  const gate = Promise.withResolvers<void>();
  let searching = 0;
  const { ports, asked } = world({
    search: async () => {
      if (++searching === 2) gate.resolve();
      await gate.promise; // passes only when both searches run at once
      return [PASSAGE, { ...PASSAGE, id: `own-${searching}` }];
    },
  });
  await collect(runFlow(WIDE, ASKED, ports, { signal: never() }));
  expect(asked.answer.map(({ passages }) => passages.length).sort()).toEqual([2, 2]);
});

test('answers that run side by side speak in the order of the graph', async () => {
  const slow = Promise.withResolvers<void>();
  const { ports } = world({
    answer: async function* ({ whenUnsure }) {
      if (whenUnsure === 'second') {
        yield { type: 'text', text: 'second ' };
        slow.resolve();
        yield { type: 'text', text: 'answer' };
      } else {
        yield { type: 'text', text: 'first ' };
        await slow.promise;
        yield { type: 'text', text: 'answer, ' };
      }
    },
  });
  const events = await collect(runFlow(change(WIDE, 'answer2', { whenUnsure: 'second' }), ASKED, ports, { signal: never() }));
  expect(events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('')).toBe('first answer, second answer');
});

test('a failing node ends the run with its name and code, and nothing of the message', async () => {
  const { ports } = world({ search: async () => Promise.reject(Object.assign(new Error('How long?'), { code: 'model_timeout' })) });
  const error = await failure(runFlow(BOT, ASKED, ports, { signal: never() }));
  expect(error).toMatchObject({ name: 'FlowError', code: 'node_failed', node: 'search', cause: { code: 'model_timeout' } });
  expect(error.trace.steps.map(({ node, state, error }) => [node, state, error])).toEqual([
    ['start', 'done', undefined],
    ['search', 'failed', 'model_timeout'],
  ]);
  expect(error.message + JSON.stringify(error.trace)).not.toContain('How long');
});

test('a node is tried again as often as it says, waiting twice as long each time', async () => {
  let calls = 0;
  const { ports, waits } = world({ search: async () => (++calls < 4 ? Promise.reject(new Error('down')) : [PASSAGE]) });
  const flow = change(BOT, 'search', {}, { attempts: 4, waitMs: 100, action: 'fail', text: '' });
  const done = (await collect(runFlow(flow, ASKED, ports, { signal: never() }))).at(-1);
  expect(waits).toEqual([100, 200, 400]);
  expect(done).toMatchObject({ type: 'done', trace: { steps: [{}, { attempts: 4, state: 'done', error: 'internal' }, {}, {}] } });
});

test('a failing node can go on with a default: no passages, or a text', async () => {
  const down = () => Promise.reject(new Error('down'));
  const onError = { attempts: 1, waitMs: 0, action: 'default', text: 'Please call us.' } as const;
  const { ports, asked } = world({
    search: down,
    answer: async function* () {
      yield await down();
    },
  });
  const events = await collect(
    runFlow(change(change(BOT, 'search', {}, onError), 'answer', {}, onError), ASKED, ports, { signal: never() }),
  );
  expect(asked.answer[0]?.passages).toEqual([]);
  expect(events.filter(({ type }) => type === 'text')).toEqual([{ type: 'text', node: 'answer', text: 'Please call us.' }]);
  expect(events.at(-1)).toMatchObject({ type: 'done', outcome: 'unsure' });
});

test('an answer that has begun to speak is neither begun again nor replaced', async () => {
  let calls = 0;
  const { ports } = world({
    answer: async function* () {
      calls++;
      yield { type: 'text', text: 'half' };
      throw new Error('down');
    },
  });
  const flow = change(BOT, 'answer', {}, { attempts: 3, waitMs: 0, action: 'default', text: 'other' });
  expect(await failure(runFlow(flow, ASKED, ports, { signal: never() }))).toMatchObject({ code: 'node_failed', node: 'answer' });
  expect(calls).toBe(1);
});

test('a failing node can leave by an error edge; the way not taken is skipped to the join behind it', async () => {
  const nodes = [...BOT.nodes, ...BOT.nodes.filter(({ id }) => id === 'answer').map((node) => ({ ...node, id: 'sorry' }))];
  const edges = [...BOT.edges, { from: 'search', to: 'sorry', branch: 'error' }, { from: 'sorry', to: 'end', branch: 'next' }] as const;
  const flow = change({ ...BOT, nodes, edges: [...edges] }, 'search', {}, { attempts: 1, waitMs: 0, action: 'edge', text: '' });
  expect(checkFlow(flow).problems).toEqual([]);
  const states = async (ports: Ports) => {
    const done = (await collect(runFlow(flow, ASKED, ports, { signal: never() }))).at(-1);
    return done?.type === 'done' && Object.fromEntries(done.trace.steps.map(({ node, state }) => [node, state]));
  };
  const failed = world({ search: () => Promise.reject(new Error('down')) });
  expect(await states(failed.ports)).toEqual({ start: 'done', search: 'failed', answer: 'skipped', sorry: 'done', end: 'done' });
  expect(await states(world().ports)).toEqual({ start: 'done', search: 'done', answer: 'done', sorry: 'skipped', end: 'done' });
});

test('a run ends at its limit of steps and at its limit of time', async () => {
  const { ports } = world();
  const steps = runFlow(BOT, ASKED, ports, { signal: never(), limits: { steps: 2, timeMs: 1e6 } });
  expect(await failure(steps)).toMatchObject({ code: 'too_many_steps' });
  let stopped = false;
  const searching = Promise.withResolvers<void>();
  const hanging = world({
    search: (_request, signal) => {
      searching.resolve(); // only now the time is up
      signal.addEventListener('abort', () => {
        stopped = true;
      });
      return new Promise(() => {});
    },
    after: (_ms, callBack) => {
      void searching.promise.then(callBack);
      return () => {};
    },
  });
  const slow = runFlow(BOT, ASKED, hanging.ports, { signal: never(), limits: { steps: 9, timeMs: 50 } });
  expect(await failure(slow)).toMatchObject({
    code: 'too_slow',
    trace: { steps: [{ node: 'start' }, { node: 'search', state: 'running' }] },
  });
  expect(stopped).toBe(true);
});

test('aborting and leaving the loop stop the ports, even one that does not listen', async () => {
  const signals: AbortSignal[] = [];
  const { ports } = world({
    answer: async function* (_request, signal) {
      signals.push(signal);
      yield { type: 'text', text: 'a' };
      await new Promise(() => {});
    },
  });
  const abort = new AbortController();
  const stream = runFlow(BOT, ASKED, ports, { signal: abort.signal });
  const error = await failure(stream, ({ type }) => type === 'text' && abort.abort());
  expect(error.name).toBe('AbortError');
  for await (const event of runFlow(BOT, ASKED, ports, { signal: never() })) if (event.type === 'text') break;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect((await failure(runFlow(BOT, ASKED, ports, { signal: AbortSignal.abort() }))).name).toBe('AbortError');
});

test('a run goes on from its checkpoint without doing again what was done', async () => {
  const states: RunState[] = [];
  const checkpoint = async (state: RunState) => {
    states.push(JSON.parse(JSON.stringify(state)));
  };
  await collect(runFlow(WIDE, ASKED, { ...world().ports, checkpoint }, { signal: never() }));
  expect(states.map((state) => Object.keys(state).length)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const from of states) {
    const { ports, asked } = world();
    const events = await collect(runFlow(WIDE, ASKED, ports, { signal: never(), from }));
    expect(events.at(-1)?.type).toBe('done');
    expect(asked.search.length).toBe(2 - Object.keys(from).filter((id) => id.startsWith('search')).length);
    expect(asked.answer.length).toBe(2 - Object.keys(from).filter((id) => id.startsWith('answer')).length);
  }
});

interface Script {
  search?: Ports['search'];
  answer?: Ports['answer'];
  after?: Ports['clock']['after'];
}

/** A small world in which every run behaves the same, and which remembers what it was asked. */
function world({ search, answer, after }: Script = {}) {
  const asked = { search: [] as SearchRequest[], answer: [] as AnswerRequest[] };
  const waits: number[] = [];
  let now = 0;
  const ports: Ports = {
    search(request, signal) {
      asked.search.push(request);
      return search ? search(request, signal) : Promise.resolve([PASSAGE]);
    },
    answer(request, signal) {
      asked.answer.push(request);
      if (answer) return answer(request, signal);
      return speak(
        { type: 'text', text: 'Thirty ' },
        { type: 'text', text: 'days [1].' },
        { type: 'citations', citations: [{ number: 1, passage: PASSAGE, quote: 'Thirty days', start: 0, end: 11 }] },
        { type: 'usage', inputTokens: 10, outputTokens: 4 },
      );
    },
    clock: {
      now: () => now++,
      after: after ?? wait,
    },
  };
  return { ports, asked, waits };

  /** Waits between attempts are over at once; the limit of the run, which is longer than any, never comes. */
  function wait(ms: number, callBack: () => void): () => void {
    if (ms > 60_000) return () => {};
    waits.push(ms);
    callBack();
    return () => {};
  }
}

async function* speak(...events: AnswerEvent[]): AsyncGenerator<AnswerEvent> {
  yield* events;
}

/** The flow with one node changed. */
function change(flow: Flow, id: string, config: object, onError?: Flow['nodes'][number]['onError']): Flow {
  const nodes = flow.nodes.map((node) =>
    node.id === id ? { ...node, config: { ...node.config, ...config }, ...(onError && { onError }) } : node,
  );
  return { ...flow, nodes: nodes as Flow['nodes'] }; // the config stays one of its kind
}

function never(): RunOptions['signal'] {
  return new AbortController().signal;
}

async function collect(events: AsyncIterable<FlowEvent>): Promise<FlowEvent[]> {
  const seen: FlowEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

async function failure(events: AsyncIterable<FlowEvent>, onEvent: (event: FlowEvent) => unknown = () => {}): Promise<FlowError> {
  try {
    for await (const event of events) onEvent(event);
  } catch (error) {
    return error as FlowError; // whatever it is, the test looks at it
  }
  return expect.unreachable('the run succeeded');
}
