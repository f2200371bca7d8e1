import { expect, test } from 'vitest';
import type { Check } from '../checks.ts';
import { createTestEnvironment, createTestLog, type EnvironmentContent } from '../testing/environment.ts';
import { type EnvironmentOptions, verifyEnvironment } from './verify-environment.ts';

const log = await createTestLog();

async function verify(content: Partial<EnvironmentContent> = {}, more: Partial<EnvironmentOptions> = {}) {
  const { input, options } = await createTestEnvironment({ log, ...content });
  return verifyEnvironment(input, { ...options, ...more });
}

function notPassed(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(checks.filter(({ status }) => status !== 'passed').map(({ id, status }) => [id, status]));
}

const known = { pins: { identityKey: new Uint8Array(32).fill(0x1d) } };

test.each(['tdx', 'sgx', 'sev-snp', 'nitro'] as const)('%s: a pinned environment is verified', async (tee) => {
  const { verdict, proof, remember } = await verify({ tee }, known);
  expect(notPassed(verdict.checks)).toEqual({});
  expect(verdict.verdict).toBe('verified');
  expect(proof?.verdict).toBe(verdict);
  expect(remember).toMatchObject({ wasVerified: true, sequence: 3, logSize: 3 });
});
