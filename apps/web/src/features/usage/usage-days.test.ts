import { expect, test } from 'vitest';
import { usageDays } from './usage-days.ts';

test('meters of one day and model stand in one row, newest day first', () => {
  const rows = [
    { day: '2026-11-01', meter: 'model_calls', model: 'grounded', amount: 2 },
    { day: '2026-11-02', meter: 'model_calls', model: 'grounded', amount: 3 },
    { day: '2026-11-02', meter: 'output_tokens', model: 'grounded', amount: 70 },
    { day: '2026-11-02', meter: 'model_calls', model: 'a-model', amount: 1 },
  ] as const;
  expect(usageDays(rows)).toEqual([
    { day: '2026-11-02', model: 'a-model', amounts: { model_calls: 1 } },
    { day: '2026-11-02', model: 'grounded', amounts: { model_calls: 3, output_tokens: 70 } },
    { day: '2026-11-01', model: 'grounded', amounts: { model_calls: 2 } },
  ]);
});
