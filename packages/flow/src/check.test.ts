import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChatbotSettings, chatbotFlow } from './chatbot.ts';
import { checkFlow } from './check.ts';
import type { Flow } from './graph.ts';

const bot = chatbotFlow(ChatbotSettings.parse({ name: 'Bot', knowledgeBases: ['kb_1'] }));
const [start, search, answer, end] = bot.nodes;
const edge = (from: string, to: string, branch: 'next' | 'error' = 'next') => ({ from, to, branch });

function problems(changes: Partial<Record<keyof Flow, unknown>>): string[] {
  return checkFlow({ ...bot, ...changes }).problems.map(({ code, node, field }) => [code, node, field].filter(Boolean).join(' '));
}

test('the flow of a chatbot is in order, with and without knowledge', () => {
  expect(checkFlow(bot)).toEqual({ flow: bot, problems: [] });
  expect(checkFlow(chatbotFlow(ChatbotSettings.parse({ name: 'Bot' }))).problems).toEqual([]);
});

test('a flow that went through JSON is the same flow', () => {
  expect(checkFlow(JSON.parse(JSON.stringify(bot))).flow).toEqual(bot);
});

test.each([
  ['an unknown kind of node', { nodes: [start, search, { ...answer, kind: 'teleport' }, end] }, ['unknown_kind answer']],
  ['a kind that is a name of every object', { nodes: [start, search, { ...answer, kind: 'constructor' }, end] }, ['unknown_kind answer']],
  [
    'a setting out of range',
    { nodes: [start, { ...search, config: { ...search?.config, limit: 0 } }, answer, end] },
    ['bad_setting search limit'],
  ],
  ['a setting that does not exist', { nodes: [{ ...start, config: { a: 1 } }, search, answer, end] }, ['bad_setting start']],
  ['two nodes of one id', { nodes: [start, search, answer, answer, end] }, ['duplicate_id answer']],
  ['an edge to nowhere', { edges: [...bot.edges, edge('answer', 'gone')] }, ['dangling_edge answer']],
  ['an edge from nowhere', { edges: [...bot.edges, edge('gone', 'answer')] }, ['dangling_edge answer']],
  ['the same edge twice', { edges: [...bot.edges, edge('answer', 'end')] }, ['duplicate_edge answer']],
  ['no start', { nodes: [search, answer, end], edges: bot.edges.slice(1) }, ['start_count']],
  ['two starts', { nodes: [...bot.nodes, { ...start, id: 's2' }], edges: [...bot.edges, edge('s2', 'end')] }, ['start_count']],
  ['no end', { nodes: [start, search, answer], edges: bot.edges.slice(0, 2) }, ['no_end']],
  ['no answer', { nodes: [start, end], edges: [edge('start', 'end')] }, ['no_answer']],
  ['a circle', { edges: [...bot.edges, edge('answer', 'search')] }, ['cycle search', 'cycle answer']],
  ['a node that leads to itself', { edges: [...bot.edges, edge('answer', 'answer')] }, ['cycle answer']],
  [
    'a node nobody leads to',
    { nodes: [...bot.nodes, { ...search, id: 'lost' }], edges: [...bot.edges, edge('lost', 'end')] },
    ['unreachable lost'],
  ],
  [
    'a node that leads nowhere',
    { nodes: [...bot.nodes, { ...search, id: 'blind' }], edges: [...bot.edges, edge('start', 'blind')] },
    ['dead_end blind'],
  ],
  ['an edge out of an end', { edges: [...bot.edges, edge('end', 'answer')] }, ['cycle answer', 'cycle end', 'misplaced end']],
  [
    'a search without knowledge',
    { nodes: [start, { ...search, config: { ...search?.config, knowledgeBases: [] } }, answer, end] },
    ['missing_knowledge search'],
  ],
  ['an error edge nobody takes', { edges: [...bot.edges, edge('search', 'end', 'error')] }, ['unused_error_edge search']],
  ['a missing error edge', { nodes: [start, { ...search, onError: { action: 'edge' } }, answer, end] }, ['missing_error_edge search']],
  ['too many attempts', { nodes: [start, { ...search, onError: { attempts: 99 } }, answer, end] }, ['malformed nodes.1.onError.attempts']],
  ['too many nodes', { nodes: Array.from({ length: 201 }, (_, i) => ({ ...start, id: `n${i}` })) }, ['malformed nodes']],
  ['another format', { schema: 2 }, ['malformed schema']],
])('%s is a problem that names its place', (_name, changes, expected) => {
  expect(problems(changes)).toEqual(expected);
});

test('anything at all is checked without throwing, and problems say what to do without repeating what was written', () => {
  fc.assert(
    fc.property(fc.anything(), fc.jsonValue(), (value, config) => {
      expect(checkFlow(value).problems.length).toBeGreaterThan(0);
      checkFlow({ ...bot, nodes: [start, { ...search, config }, answer, end] });
    }),
  );
  expect(JSON.stringify(checkFlow({ ...bot, look: { colour: 'secret', title: 7 } }).problems)).not.toContain('secret');
});
