/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--only PATTERN] [--case N] [--workers N]`: hostile bytes for everything that reads them.
 * First every altered vector, to the end; then changed ones until the time is up. Ends with 1 if anything was found; findings stay in `.artifacts/fuzz`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Finding, Job, Report } from './worker.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: new Date().toISOString().slice(0, 19) },
    only: { type: 'string', default: '' },
    case: { type: 'string' },
    workers: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
  },
});
const MINUTE_MS = 60_000;
/** By the clock, so it must outlast a busy machine. */
const HANG_MS = 30_000;
const PROGRESS_MS = 15_000;
/** How long a target without an end has its turn, and more numbers than it can use in one. */
const TURN_MS = 300;
const BLOCK = 1_000_000;
const HEAP_MB = 512;
const FOLDER = '.artifacts/fuzz';
const only = new RegExp(values.only);
const workers = Number(values.workers);
/** Node and the targets themselves take about 200 MB, and each worker may fill its heap. */
const MEMORY_MB = 400 + workers * HEAP_MB;

const started = Date.now();
const total = Number(values.minutes) * MINUTE_MS;
/** Changed vectors get at least a third of the time, however long the altered ones took. */
let until = started + total;
const findings: Finding[] = [];
const counts = new Map<string, number>();
let slowest = { target: '', n: 0, ms: 0 };
let cases = 0;
let peakMb = 0;
let jobs: Generator<Job> | undefined;
let names: readonly { readonly name: string; readonly count?: number }[] = [];

console.log(`seed ${values.seed}, ${values.minutes} minutes, ${workers} worker${workers > 1 ? 's' : ''}`);
const progress = setInterval(report, PROGRESS_MS);
await Promise.all(Array.from({ length: workers }, () => work()));
clearInterval(progress);
report();
if (peakMb > MEMORY_MB) add({ target: 'memory', n: 0, what: `${peakMb} MB were in use, allowed are ${MEMORY_MB}` });
for (const [name, count] of counts) console.log(`${String(count).padStart(9)}  ${name}`);
console.log(`slowest: ${slowest.ms.toFixed(0)} ms of processor, case ${slowest.n} of ${slowest.target}`);
console.log(
  `${cases} cases in ${((Date.now() - started) / MINUTE_MS).toFixed(1)} minutes, peak memory ${peakMb} MB, ${findings.length} findings`,
);
if (cases === 0) console.error('No target has such a name: nothing was looked at.');
process.exit(findings.length > 0 || cases === 0 ? 1 : 0);

function* allJobs(): Generator<Job> {
  const chosen = names.map(({ name, count }, target) => ({ target, name, count })).filter(({ name }) => only.test(name));
  if (values.case !== undefined) {
    const from = Number(values.case);
    for (const { target } of chosen) yield { target, from, to: from + 1 };
    return;
  }
  for (const { target, count } of chosen)
    for (let from = 0; from < (count ?? 0); from += 1_000) yield { target, from, to: Math.min(from + 1_000, count ?? 0) };
  const endless = chosen.filter(({ count }) => count === undefined);
  if (endless.length === 0) return;
  until = Math.max(until, Date.now() + total / 3);
  console.log(`every altered vector was looked at after ${((Date.now() - started) / MINUTE_MS).toFixed(1)} minutes`);
  for (let from = 0; ; from += BLOCK)
    for (const { target } of endless) {
      if (Date.now() > until) return;
      yield { target, from, to: from + BLOCK, forMs: TURN_MS };
    }
}

/** A worker and, where it hung or died, the next one in its place. */
async function work(): Promise<void> {
  let unfinished: Job | undefined;
  do unfinished = await life(unfinished);
  while (unfinished);
}

/** @returns what is left of the job at which the worker ended; undefined when there is nothing more to do */
async function life(unfinished: Job | undefined): Promise<Job | undefined> {
  const place = new SharedArrayBuffer(16);
  const at = new Float64Array(place);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { seed: values.seed, place },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let job: Job | undefined;
  const next = () => {
    job = unfinished ?? jobs?.next().value ?? undefined;
    unfinished = undefined;
    if (job) worker.postMessage(job);
    else void worker.terminate();
  };
  const ended = Promise.withResolvers<void>();
  let why = '';
  worker.on('message', (message: Report) => {
    if (message.kind === 'ready') {
      names = message.targets;
      jobs ??= allJobs();
    } else {
      cases += message.cases;
      const name = job && names[job.target]?.name;
      if (name) counts.set(groupOf(name), (counts.get(groupOf(name)) ?? 0) + message.cases);
      if (message.slowest.ms > slowest.ms) slowest = message.slowest;
      for (const finding of message.findings) add(finding);
    }
    next();
  });
  worker.on('error', (error) => {
    why = error.stack ?? error.message;
  });
  worker.on('exit', () => ended.resolve());
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, Math.round(process.memoryUsage.rss() / 1024 / 1024));
    const since = at[0] ?? 0;
    if (since > 0 && Date.now() - since > HANG_MS) {
      why = `hung for more than ${HANG_MS / 1000} s`;
      void worker.terminate();
    }
  }, 50);
  await ended.promise;
  clearInterval(watch);
  if (!why) return undefined;
  if (!job) throw new Error(`A worker did not start: ${why}`);
  const n = at[1] ?? job.from;
  add({ target: names[job.target]?.name ?? '', n, what: why });
  return n + 1 < job.to ? { ...job, from: n + 1 } : jobs?.next().value;
}

function groupOf(name: string): string {
  return name.split(',')[0] ?? name;
}

function add(finding: Finding): void {
  findings.push(finding);
  mkdirSync(FOLDER, { recursive: true });
  const again = `npm run fuzz -- --seed ${values.seed} --only '^${finding.target}$' --case ${finding.n}`;
  const file = `${FOLDER}/${finding.target.replaceAll(/[^a-z0-9]+/gi, '-')}-${finding.n}.txt`;
  writeFileSync(file, `${finding.target}, case ${finding.n}\n${again}\n\n${finding.what}\n`);
  if (findings.length <= 20) console.error(`FOUND ${finding.target}, case ${finding.n}: ${finding.what.split('\n')[0]} (${file})`);
}

function report(): void {
  const seconds = (Date.now() - started) / 1000;
  console.log(
    `${seconds.toFixed(0)} s: ${cases} cases, ${Math.round(cases / seconds)}/s, ${findings.length} findings, memory up to ${peakMb} MB`,
  );
}
