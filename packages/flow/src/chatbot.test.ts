import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChatbotSettings, chatbotFlow, chatbotSettings } from './chatbot.ts';
import { checkFlow } from './check.ts';
import { diffFlows } from './diff.ts';
import { ANSWER_STYLES, TONES } from './graph.ts';

const id = fc.stringMatching(/^[a-z0-9_]{1,30}$/);
const settings = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 120 }).filter((name) => name.trim() !== ''),
    instructions: fc.string({ unit: 'binary', maxLength: 300 }),
    greeting: fc.string({ maxLength: 300 }),
    suggestedQuestions: fc.array(
      fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
      { maxLength: 6 },
    ),
    tone: fc.constantFrom(...TONES),
    language: fc.constantFrom('auto', 'en', 'es', 'zh-Hant'),
    knowledgeBases: fc.array(id, { maxLength: 20 }),
    model: fc.oneof(fc.constant('grounded'), id),
    answerStyle: fc.constantFrom(...ANSWER_STYLES),
    whenUnsure: fc.string({ maxLength: 300 }),
    look: fc.record({ colour: fc.stringMatching(/^#[0-9a-f]{6}$/), title: fc.string({ maxLength: 120 }) }),
    maxOutputTokens: fc.integer({ min: 16, max: 8192 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  })
  .map((value) => ChatbotSettings.parse(value));

test('every form can be written as a flow and read back without loss, also through JSON', () => {
  fc.assert(
    fc.property(settings, (form) => {
      const flow = chatbotFlow(form);
      expect(chatbotSettings(flow)).toEqual(form);
      const { flow: read } = checkFlow(JSON.parse(JSON.stringify(flow)));
      expect(read && chatbotSettings(read)).toEqual(JSON.parse(JSON.stringify(form)));
    }),
  );
});

test('a form needs only a name', () => {
  expect(ChatbotSettings.parse({ name: ' Bot ' })).toMatchObject({ name: 'Bot', model: 'grounded', look: { title: '' } });
});

test('a flow that was drawn further is no form any more', () => {
  const flow = chatbotFlow(ChatbotSettings.parse({ name: 'Bot', knowledgeBases: ['kb_1'] }));
  const again = flow.nodes.map((node) => ({ ...node, onError: { attempts: 2, waitMs: 0, action: 'fail', text: '' } as const }));
  expect(chatbotSettings({ ...flow, nodes: again })).toBeUndefined();
  expect(chatbotSettings({ ...flow, edges: [...flow.edges, { from: 'start', to: 'answer', branch: 'next' }] })).toBeUndefined();
  expect(chatbotSettings({ ...flow, nodes: flow.nodes.filter(({ kind }) => kind !== 'answer') })).toBeUndefined();
});

test('the difference of two chatbots is told in the words of the form', () => {
  const before = chatbotFlow(ChatbotSettings.parse({ name: 'Bot', knowledgeBases: ['kb_1'], look: { colour: '#000000' } }));
  const after = chatbotFlow(ChatbotSettings.parse({ name: 'Bot', greeting: 'Hi', look: { colour: '#ffffff' } }));
  expect(diffFlows(before, after)).toEqual([
    { field: 'greeting', before: '', after: 'Hi' },
    { field: 'look.colour', before: '#000000', after: '#ffffff' },
    { field: 'knowledgeBases', before: ['kb_1'], after: [] },
  ]);
  expect(diffFlows(before, structuredClone(before))).toEqual([]);
});

test('the difference of two graphs is told by node and edge, wherever they stand in the list', () => {
  const bot = chatbotFlow(ChatbotSettings.parse({ name: 'Bot', knowledgeBases: ['kb_1'] }));
  const drawn = { ...bot, edges: [...bot.edges, { from: 'start', to: 'answer', branch: 'next' as const }] };
  const moved = { ...drawn, nodes: drawn.nodes.toReversed(), edges: drawn.edges.toReversed() };
  expect(diffFlows(drawn, moved)).toEqual([]);
  expect(diffFlows(bot, drawn)).toEqual([{ field: 'edges.start>answer', before: undefined, after: 'next' }]);
  const fewer = {
    ...drawn,
    nodes: drawn.nodes.map((node) => (node.kind === 'search' ? { ...node, config: { ...node.config, limit: 3 } } : node)),
  };
  expect(diffFlows(drawn, fewer)).toEqual([{ field: 'nodes.search.config.limit', before: 8, after: 3 }]);
});

test('every change of a form is found by its field, and only that', () => {
  fc.assert(
    fc.property(settings, settings, (a, b) => {
      const changed = new Set(diffFlows(chatbotFlow(a), chatbotFlow(b)).map(({ field }) => field.split('.')[0]));
      for (const field of Object.keys(a) as (keyof ChatbotSettings)[])
        expect([field, changed.has(field)]).toEqual([
          field,
          JSON.stringify(a[field]) !== JSON.stringify(b[field]) && !Object.is(a[field], b[field]),
        ]);
    }),
  );
});
