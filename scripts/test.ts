// Every check and every test, counted in one last line. `--quick` leaves out the journeys.
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers } from './test-run/leftovers.ts';
import { judgeSkips, readAllowedSkips } from './test-run/skips.ts';
import { type Outcome, runChecks, runVitest } from './test-run/stages.ts';
import { installTools } from './test-run/tools.ts';

const LIMIT_MINUTES = 25;
const isQuick = process.argv.includes('--quick');
const isCi = process.env.CI === 'true';

const stop = new AbortController();
const limit = setTimeout(() => stop.abort(`it took longer than ${LIMIT_MINUTES} minutes`), LIMIT_MINUTES * 60_000);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(`it was ended by ${signal}`));

// Whatever the tests start inherits both, so that the end of the run can tell what is left of it.
const runId = randomUUID();
const folder = await mkdtemp(join(tmpdir(), 'privexbot-run-'));
await chmod(folder, 0o755); // like the system's own: tests start programs as other users
const inherited = Object.entries(process.env).filter(([name]) => !/^(PRIVEXBOT|DATABASE)_/.test(name)); // tests bring their own settings
const env = { ...Object.fromEntries(inherited), PRIVEXBOT_TEST_RUN: runId, TMPDIR: folder };
const run = { env, folder, signal: stop.signal };

const stages: (() => Promise<Outcome[]>)[] = [() => runChecks(run), () => installTools(run, 'tests'), () => runVitest(run, 'tests', [])];
if (!isQuick)
  stages.push(
    () => installTools(run, 'journeys'),
    () => runVitest(run, 'journeys', ['--config', 'e2e/vitest.config.ts']),
  );

const outcomes: Outcome[] = [];
for (const stage of stages) if (!stop.signal.aborted) outcomes.push(...(await stage()));
clearTimeout(limit);
if (stop.signal.aborted) outcomes.push({ name: 'the whole run', result: 'failed', why: String(stop.signal.reason) });
outcomes.push(await endLeftovers(runId, folder));
if (isCi) outcomes.push(...judgeSkips(outcomes, await readAllowedSkips(), { isWhole: !isQuick && !stop.signal.aborted }));
await rm(folder, { recursive: true, force: true });

const named = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result);
for (const { name, why } of named('skipped')) console.log(`skipped: ${name}${why ? ` (${why})` : ''}`);
for (const { name, why } of named('failed')) console.log(`FAILED: ${name}${why ? ` (${why})` : ''}`);
console.log(`${named('passed').length} passed, ${named('failed').length} failed, ${named('skipped').length} skipped`);
process.exitCode = named('failed').length ? 1 : 0;
