import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { AppError } from './errors.ts';
import { describeError } from './log.ts';

const CANARY = 'the patient is ill';

test('an error is described by type, code and place, never by what it says', () => {
  const error = Object.assign(new TypeError(CANARY, { cause: new Error(CANARY) }), { code: 'E_TEST', detail: CANARY, query: CANARY });
  expect(describeError(error)).toMatchObject({ type: 'TypeError', code: 'E_TEST', cause: { type: 'Error' } });
  expect(JSON.stringify(describeError(error))).toContain('log.test.ts');
  expect(JSON.stringify(describeError(error))).not.toContain(CANARY);
});

test.each([
  ['a line like a place', `first\n    at ${CANARY} (file:///a.ts:1:2)`],
  ['only places', `    at ${CANARY} (file:///a.ts:1:2)\n    at ${CANARY} (file:///a.ts:1:2)`],
  ['several lines', `${CANARY}\nat home\n  at ${CANARY}`],
  ['nothing', ''],
])('a message that looks like places stays out: %s', (_, message) => {
  const described = JSON.stringify(describeError(new Error(message)));
  expect(described).toContain('log.test.ts');
  expect(described).not.toContain(CANARY);
});

test('a message that was changed after the error was made stays out too', () => {
  const error = new Error(`x\n    at ${CANARY} (file:///a.ts:1:2)`);
  error.message = 'changed';
  expect(JSON.stringify(describeError(error))).not.toContain(CANARY);
});

test('what is thrown without being an error is named by its type alone', () => {
  for (const thrown of [CANARY, { message: CANARY }, undefined, 5]) expect(describeError(thrown)).toEqual({ type: typeof thrown });
});

test('a name or code that is no plain word stays out', () => {
  const error = Object.assign(new Error(''), { name: CANARY, code: CANARY });
  expect(JSON.stringify(describeError(error))).not.toContain(CANARY);
});

test('expected failures carry their code', () => {
  expect(describeError(new AppError('not_found', {}, { cause: new Error(CANARY) }))).toMatchObject({ type: 'AppError', code: 'not_found' });
});

test('log lines go to standard error, below the level none', () => {
  const script = `
    import { createLog } from './apps/enclave/src/log.ts';
    const log = createLog('warn');
    log.info({ a: 1 }, 'quiet');
    log.warn({ requestId: 'r', err: new Error(${JSON.stringify(CANARY)}) }, 'loud');`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([expect.objectContaining({ msg: 'loud', requestId: 'r' })]);
  expect(stderr).not.toContain(CANARY);
});
