// What is run, and what came of each single check and test.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { type Run, runCommand } from './processes.ts';

export interface Outcome {
  name: string;
  result: 'passed' | 'failed' | 'skipped';
  why?: string | undefined;
}

/** Each line that `scripts/check.ts` prints about one of its checks. */
const CHECK_LINE = /^(ok {4}|FAILED) (.+) \([\d.]+ s\)$/gm;

export async function runChecks(run: Run): Promise<Outcome[]> {
  const { isOk, output } = await runCommand(run, process.execPath, ['scripts/check.ts'], 'show and keep');
  const outcomes = [...output.matchAll(CHECK_LINE)].map(
    ([, result, name]): Outcome => ({ name: `check: ${name}`, result: result === 'FAILED' ? 'failed' : 'passed' }),
  );
  return withStageOutcome('checks', isOk, outcomes);
}

const testSchema = z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() });
const fileSchema = z.object({
  name: z.string(),
  status: z.string(),
  message: z.string().optional(),
  assertionResults: z.array(testSchema),
});
const reportSchema = z.object({ testResults: z.array(fileSchema) });

export async function runVitest(run: Run, stage: string, options: string[]): Promise<Outcome[]> {
  const reportPath = join(run.folder, `${stage}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  const { isOk } = await runCommand(run, process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...options, ...reporters]);
  const report = await readFile(reportPath, 'utf8').then(
    (text) => reportSchema.parse(JSON.parse(text)),
    () => ({ testResults: [] }),
  );
  return withStageOutcome(stage, isOk, report.testResults.flatMap(toOutcomes));
}

const RESULTS: Record<string, Outcome['result']> = { passed: 'passed', failed: 'failed' };

function toOutcomes({ name, status, message, assertionResults }: z.infer<typeof fileSchema>): Outcome[] {
  const file = relative(process.cwd(), name);
  const outcomes = assertionResults.map(
    (test): Outcome => ({
      name: `${file} > ${test.fullName}`,
      result: RESULTS[test.status] ?? 'skipped',
      why: shorten(test.failureMessages?.join('\n')),
    }),
  );
  // A file that could not be read has no tests to fail; a hook that failed skips its tests.
  if (status === 'failed' && !outcomes.some(({ result }) => result === 'failed'))
    outcomes.push({ name: file, result: 'failed', why: `the file itself: ${shorten(message) ?? 'it gave no reason'}` });
  return outcomes;
}

const WHY_LENGTH = 600;

/** On one line, since whoever reads the end of a long run may see nothing else of it. */
function shorten(message: string | undefined): string | undefined {
  const line = message && stripVTControlCharacters(message).replace(/\s+/g, ' ').trim();
  return line ? line.slice(0, WHY_LENGTH) : undefined;
}

/** A stage that saw nothing, or failed without saying where, is one failure more. */
function withStageOutcome(stage: string, isOk: boolean, outcomes: Outcome[]): Outcome[] {
  if (outcomes.length === 0) return [{ name: stage, result: 'failed', why: 'nothing was checked' }];
  if (isOk || outcomes.some(({ result }) => result === 'failed')) return outcomes;
  return [...outcomes, { name: stage, result: 'failed', why: 'an error outside of any test' }];
}
