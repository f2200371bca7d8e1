/** Runs the cases it is told to, and writes down which one it is at, so that whoever watches can say what hung. */
import { parentPort, workerData } from 'node:worker_threads';
import { randomOf } from './random.ts';
import type { Target } from './target.ts';
import { allTargets } from './targets.ts';

export interface Job {
  readonly target: number;
  readonly from: number;
  readonly to: number;
  /** Ends earlier when this much time has passed, so that quick targets get as much of it as slow ones. */
  readonly forMs?: number;
}

export interface Finding {
  readonly target: string;
  readonly n: number;
  readonly what: string;
}

export type Report =
  | { readonly kind: 'ready'; readonly targets: readonly Pick<Target, 'name' | 'count'>[] }
  | {
      readonly kind: 'done';
      readonly cases: number;
      readonly findings: readonly Finding[];
      readonly slowest: { readonly target: string; readonly n: number; readonly ms: number };
    };

/** Processor time that a single case may take in its thread; measured twice, since the first use of code costs more. */
export const SLOW_MS = 1_000;

if (parentPort && workerData) {
  const port = parentPort;
  const { seed, place } = workerData as { seed: string; place: SharedArrayBuffer };
  /** When the case began (ms since 1970, 0 between cases), and its number. */
  const at = new Float64Array(place);
  const targets = await allTargets();
  const send = (report: Report) => port.postMessage(report);
  port.on('message', async (job: Job) => {
    const target = targets[job.target];
    if (target) send(await runJob(target, job, seed, at));
  });
  send({ kind: 'ready', targets: targets.map(({ name, count }) => ({ name, ...(count !== undefined && { count }) })) });
}

async function runJob(
  target: Target,
  { from, to, forMs = Number.POSITIVE_INFINITY }: Job,
  seed: string,
  at: Float64Array,
): Promise<Report> {
  const findings: Finding[] = [];
  let slowest = { target: target.name, n: from, ms: 0 };
  const end = Date.now() + forMs;
  let n = from;
  for (; n < to && Date.now() < end; n++) {
    at[1] = n;
    at[0] = Date.now();
    let { what, ms } = await runCase(target, n, seed);
    if (ms > SLOW_MS) {
      at[0] = Date.now();
      const again = await runCase(target, n, seed);
      ms = Math.min(ms, again.ms);
      if (ms > SLOW_MS) what ??= `took ${Math.round(ms)} ms`;
    }
    if (what !== undefined) findings.push({ target: target.name, n, what });
    if (ms > slowest.ms) slowest = { target: target.name, n, ms };
  }
  at[0] = 0;
  return { kind: 'done', cases: n - from, findings, slowest };
}

async function runCase(target: Target, n: number, seed: string): Promise<{ what: string | undefined; ms: number }> {
  const before = process.threadCpuUsage();
  const spent = () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
  try {
    const what = await target.run(n, randomOf(`${seed} ${target.name} ${n}`));
    return { what, ms: spent() };
  } catch (error) {
    return { what: error instanceof Error ? (error.stack ?? error.message) : String(error), ms: spent() };
  }
}
