import { contract, type Endpoint } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { actionMessage } from './action-words.ts';

test('every action that an endpoint leaves in the log has a sentence', () => {
  const endpoints: Endpoint[] = Object.values(contract).flatMap((feature) => Object.values(feature));
  const actions = endpoints.flatMap(({ audit }) => audit ?? []);
  expect(actions.length).toBeGreaterThan(40);
  expect(actions.filter((action) => !actionMessage(action))).toEqual([]);
});
