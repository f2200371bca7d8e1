import type { Meter } from '@privexbot/contract';

export interface UsageDay {
  day: string;
  model: string;
  amounts: Partial<Record<Meter, number>>;
}

/** Rows of single meters as one row for each day and model, newest first. */
export function usageDays(rows: readonly { day: string; meter: Meter; model: string; amount: number }[]): UsageDay[] {
  const days = new Map<string, UsageDay>();
  for (const { day, model, meter, amount } of rows) {
    const key = `${day} ${model}`;
    const row = days.get(key) ?? { day, model, amounts: {} };
    row.amounts[meter] = (row.amounts[meter] ?? 0) + amount;
    days.set(key, row);
  }
  return [...days.values()].sort((a, b) => b.day.localeCompare(a.day) || a.model.localeCompare(b.model));
}
