import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** A moment of `npm run fuzz`. */
function fuzz(...args: string[]) {
  const { status, stdout } = spawnSync(process.execPath, ['fuzz/run.ts', '--minutes', '0.02', '--workers', '1', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout };
}

test('hostile bytes are tried and counted, and nothing is found', () => {
  const { status, stdout } = fuzz('--only', '^(reader of DER|batch paths|lengths of nitro/baseline)');
  expect(stdout).toMatch(/\d+ {2}reader of DER\n/);
  expect(stdout).toMatch(/1862 {2}lengths of nitro\/baseline\n/);
  expect(stdout).toMatch(/\d+ cases in .*, 0 findings\n$/);
  expect(status).toBe(0);
});

test('a case can be run again by its number', () => {
  const { status, stdout } = fuzz('--seed', 'any', '--only', '^hostile evidence of tdx$', '--case', '7');
  expect(stdout).toContain('1 cases');
  expect(status).toBe(0);
});

test('looking at nothing is no success', () => {
  expect(fuzz('--only', 'no target has such a name').status).toBe(1);
});
