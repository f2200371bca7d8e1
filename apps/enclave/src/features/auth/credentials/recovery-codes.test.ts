import type { UserId } from '@privexbot/contract';
import { beforeAll, expect, test } from 'vitest';
import { Keyring } from '../../../keys/keyring.ts';
import { createMemorySource } from '../../../keys/sources/memory.fixture.ts';
import { createRecoveryCodes, recoveryIndex } from './recovery-codes.ts';

const ada = 'usr_a' as UserId;
let keyring: Keyring;
beforeAll(async () => {
  keyring = await Keyring.open(createMemorySource(), { find: async () => undefined, insert: async () => undefined });
});

test('ten different codes in two groups', () => {
  const codes = createRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^[0-9a-z]{5}-[0-9a-z]{5}$/);
});

test('a code is the same however it is typed, and belongs to one person', () => {
  const index = recoveryIndex(keyring, ada, '01abc-def1g');
  expect(index).toHaveLength(43);
  for (const typed of ['01ABC DEF1G', ' 01abcdef1g ', 'oiabc-deflg', 'OLABC-DEFIG']) expect(recoveryIndex(keyring, ada, typed)).toBe(index);
  expect(recoveryIndex(keyring, 'usr_b' as UserId, '01abc-def1g')).not.toBe(index);
  expect(recoveryIndex(keyring, ada, '01abc-def1h')).not.toBe(index);
});

test.each(['', '01abc-def1', '01abc-def1gg', '01abc-def1u', '123456', '01abc_def1g', '０１abc-def1g'])('%j is no code', (typed) => {
  expect(recoveryIndex(keyring, ada, typed)).toBeUndefined();
});
