import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Outcome } from './stages.ts';

const allowedSchema = z.array(z.strictObject({ test: z.string(), reason: z.string().min(10) }));
export type AllowedSkip = z.infer<typeof allowedSchema>[number];

/** `scripts/allowed-skips.json`: tests that CI may skip, named as the run prints them, each with its reason. */
export async function readAllowedSkips(): Promise<AllowedSkip[]> {
  return allowedSchema.parse(JSON.parse(await readFile(new URL('../allowed-skips.json', import.meta.url), 'utf8')));
}

/** In CI a skip without a reason fails, and so does a reason without a skip (if the whole suite ran). */
export function judgeSkips(outcomes: Outcome[], allowed: AllowedSkip[], { isWhole }: { isWhole: boolean }): Outcome[] {
  const skipped = new Set(outcomes.filter(({ result }) => result === 'skipped').map(({ name }) => name));
  const reasons = new Set(allowed.map(({ test }) => test));
  const unexplained = [...skipped.difference(reasons)].map(
    (name): Outcome => ({ name, result: 'failed', why: 'skipped without a reason in scripts/allowed-skips.json' }),
  );
  const stale = [...reasons.difference(skipped)].map(
    (name): Outcome => ({ name, result: 'failed', why: 'scripts/allowed-skips.json excuses it, but it was not skipped' }),
  );
  return isWhole ? [...unexplained, ...stale] : unexplained;
}
