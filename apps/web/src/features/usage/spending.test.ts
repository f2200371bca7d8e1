import { expect, test } from 'vitest';
import { toFields, toLimit, withMember, wrongFields } from './spending.ts';

test('a limit survives its form, and empty fields are without limit', () => {
  const limit = { tokensPerDay: 0, textsPerMonth: 1_000_000 };
  expect(toLimit(toFields(limit))).toEqual(limit);
  expect(toLimit(toFields({}))).toEqual({});
});

test.each([
  ['1,000', 1_000],
  ['1.000', 1_000],
  ['1 000', 1_000],
  [' 7 ', 7],
])('%s is read as people write it', (text, amount) => {
  expect(toLimit({ ...toFields({}), tokensPerDay: text })).toEqual({ tokensPerDay: amount });
});

test.each(['-1', 'many', '1e3', '9999999999999'])('%s is no amount', (text) => {
  expect(wrongFields({ ...toFields({}), tokensPerDay: text })).toEqual(['tokensPerDay']);
});

test('a member has one limit, or that of everybody', () => {
  const user = 'usr_01jd0000000000000000000000' as Parameters<typeof withMember>[1];
  const rules = { organization: {}, member: {}, members: [{ user, limit: { tokensPerDay: 1 } }], models: [] };
  expect(withMember(rules, user, { tokensPerDay: 2 }).members).toEqual([{ user, limit: { tokensPerDay: 2 } }]);
  expect(withMember(rules, user, undefined).members).toEqual([]);
});
