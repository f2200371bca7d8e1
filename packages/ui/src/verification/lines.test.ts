import { CHECKS, type Check, type CheckId, LIMITS } from '@privexbot/attestation';
import { expect, test } from 'vitest';
import english from '../../locales/en.json' with { type: 'json' };
import { firstFailure, LINES, linesOf, startOver } from './lines.ts';

const IDS = Object.keys(CHECKS) as CheckId[];

function check(id: CheckId, status: Check['status']): Check {
  return { id, title: CHECKS[id], status };
}

test('every check stands in exactly one line', () => {
  const placed = LINES.flatMap(({ checks }) => [...checks] as CheckId[]);
  expect([...placed].sort()).toEqual([...IDS].sort());
});

test('every check has its name and what its failure means, and every limit its sentence, in words that can be translated', () => {
  const needed = [...IDS.flatMap((id) => [`check.${id}.title`, `check.${id}.failed`]), ...Object.keys(LIMITS).map((id) => `limit.${id}`)];
  expect(needed.filter((id) => !(id in english))).toEqual([]);
});

test('a line is as good as its worst check', () => {
  const statusOf = (...checks: Check[]) => linesOf({ verdict: 'verified', checks })[0]?.status;
  expect(statusOf(check('debug', 'passed'))).toBe('passed');
  expect(statusOf(check('debug', 'passed'), check('migration', 'warned'))).toBe('warned');
  expect(statusOf(check('debug', 'warned'), check('migration', 'unknown'))).toBe('failed');
});

test('what a simulation passed is not called passed, and what it failed is', () => {
  const checks = [check('chain', 'warned'), check('identity', 'warned'), check('model', 'failed')];
  expect(linesOf({ verdict: 'simulated', checks }).map(({ id, status }) => [id, status])).toEqual([
    ['machine', 'simulated'],
    ['connection', 'warned'],
    ['model', 'failed'],
  ]);
});

test('the reason of a refusal is what failed, before what could not be looked at', () => {
  expect(firstFailure({ checks: [check('chain', 'unknown'), check('identity', 'failed')] })?.id).toBe('identity');
  expect(firstFailure({ checks: [check('chain', 'unknown')] })?.id).toBe('chain');
});

test('what is remembered may be forgotten here where nothing but the identity differs and no hardware ever vouched for it', () => {
  const failing = (...ids: CheckId[]) => ({ checks: [check('chain', 'passed'), ...ids.map((id) => check(id, 'failed'))] });
  expect(startOver(failing('identity'), false)).toBe('here');
  expect(startOver(failing('identity'), true)).toBe('by-hand');
  expect(startOver(failing('identity', 'simulation'), true)).toBe('by-hand');
  expect(startOver(failing('identity', 'simulation'), false)).toBeUndefined();
  expect(startOver(failing('identity'), undefined)).toBeUndefined();
  expect(startOver(failing('report-data'), false)).toBeUndefined();
  expect(startOver(failing(), false)).toBeUndefined();
});
