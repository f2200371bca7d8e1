import type { Translate } from '@privexbot/ui/text/texts.ts';
import { expect, test } from 'vitest';
import { countOf, type DocumentInfo, stagesOf } from './document-state.ts';

const t: Translate = (id) => id;
const base = { state: 'queued', passages: 0, embedded: 0 } as DocumentInfo;
const states = (part: Partial<DocumentInfo>) => stagesOf(t, { ...base, ...part }).map((stage) => stage.state);

test.each([
  [{ state: 'queued' }, ['done', 'waiting', 'waiting', 'waiting']],
  [{ state: 'reading' }, ['done', 'active', 'waiting', 'waiting']],
  [{ state: 'ready', passages: 9, embedded: 3 }, ['done', 'done', 'done', 'active']],
  [{ state: 'ready', passages: 9, embedded: 9 }, ['done', 'done', 'done', 'done']],
  [{ state: 'failed' }, ['done', 'failed', 'waiting', 'waiting']],
  [{ state: 'cancelled' }, ['done', 'failed', 'waiting', 'waiting']],
] as const)('%j shows %j', (part, expected) => {
  expect(states(part)).toEqual(expected);
});

test('what is counted changes with the stage', () => {
  expect(countOf({ ...base, state: 'reading', progress: { done: 41, total: 118, unit: 'pages' } })).toEqual({
    done: 41,
    total: 118,
    unit: 'pages',
  });
  expect(countOf({ ...base, state: 'ready', passages: 9, embedded: 3 })).toEqual({ done: 3, total: 9, unit: 'passages' });
  expect(countOf({ ...base, state: 'ready', passages: 9, embedded: 9 })).toBeUndefined();
});
