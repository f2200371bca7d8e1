import { type Flow, type FlowNode, OnError } from '../graph.ts';
import { planFlow } from '../plan.ts';
import { createChannel } from './channel.ts';
import { fallBack, mergePassages, type NodeRun, runNode } from './nodes.ts';
import type { Asked, Carried, FlowEvent, Left, Outcome, Ports, RunState, Step, Trace } from './ports.ts';
import { createSpeakers } from './speakers.ts';

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly limits?: RunLimits;
  /** Where an earlier run of the same flow stopped; its nodes are not run again. */
  readonly from?: RunState;
}

export interface RunLimits {
  /** How many nodes may run, each attempt counted. */
  readonly steps: number;
  readonly timeMs: number;
}

const DEFAULT_LIMITS: RunLimits = { steps: 500, timeMs: 15 * 60_000 };
const DEFAULT_ON_ERROR = OnError.parse({});

const FAILURES = {
  node_failed: 'A node of the flow failed.',
  too_many_steps: 'The run took more steps than allowed. Simplify the flow, or allow fewer attempts.',
  too_slow: 'The run took longer than allowed. Try again, or simplify the flow.',
} as const;

/** Why a run ended early. The error of the node's port is its `cause`; its text holds no content. */
export class FlowError extends Error {
  override readonly name = 'FlowError';
  readonly code: keyof typeof FAILURES;
  readonly node: string | undefined;
  readonly trace: Trace;

  constructor(code: keyof typeof FAILURES, trace: Trace, failed?: { node: string; cause: unknown }) {
    super(FAILURES[code], failed && { cause: failed.cause });
    this.code = code;
    this.node = failed?.node;
    this.trace = trace;
  }
}

/**
 * Runs a flow that passed `checkFlow`. Nodes run as soon as all that lead to them are done or skipped, side by side where the graph allows;
 * several answers speak in the order of the graph. Leaving the loop stops the run.
 * @throws FlowError; the signal's reason when it was aborted. What was streamed before stands.
 */
export async function* runFlow(flow: Flow, asked: Asked, ports: Ports, options: RunOptions): AsyncGenerator<FlowEvent> {
  const { signal, limits = DEFAULT_LIMITS, from = {} } = options;
  signal.throwIfAborted();
  const channel = createChannel<FlowEvent>();
  const stop = new AbortController();
  const end = (error: unknown) => {
    channel.close({ error });
    stop.abort(error);
  };
  const onAbort = () => end(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const run = startRun({ flow, asked, ports, limits, from, signal: stop.signal, emit: channel.push });
  const forget = ports.clock.after(limits.timeMs, () => end(new FlowError('too_slow', run.trace())));
  run.done.then(() => channel.close(), end);
  let isComplete = false;
  try {
    for (let events = await channel.take(); events.length > 0; events = await channel.take()) yield* events;
    isComplete = true;
  } finally {
    forget();
    signal.removeEventListener('abort', onAbort);
    if (!isComplete) stop.abort();
  }
}

interface RunStart extends Required<RunOptions> {
  readonly flow: Flow;
  readonly asked: Asked;
  readonly ports: Ports;
  emit(event: FlowEvent): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function startRun({ flow, asked, ports, limits, from, signal, emit }: RunStart): { done: Promise<void>; trace(): Trace } {
  const { clock } = ports;
  const plan = planFlow(flow);
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  const answers = plan.order.filter(({ kind }) => kind === 'answer').map(({ id }) => id);
  const speakers = createSpeakers<FlowEvent>(answers, emit);
  const startedMs = clock.now();
  const state: Record<string, Left> = { ...from };
  const begun = new Set<string>();
  const steps: Mutable<Step>[] = [];
  let attempts = 0;
  let outcome: Outcome = 'unsure';

  const trace = (): Trace => ({ ms: clock.now() - startedMs, steps: steps.map((step) => ({ ...step })) });
  const starts = flow.nodes.filter(({ kind }) => kind === 'start');
  const done = Promise.all(starts.map(arrive)).then(() => emit({ type: 'done', outcome, trace: trace() }));
  return { done, trace };

  /** A node all of whose predecessors are done or skipped. */
  async function arrive(node: FlowNode): Promise<void> {
    const known = state[node.id];
    state[node.id] = known ?? (await pass(node));
    speakers.finish(node.id);
    // Before anything is waited for: two nodes that end together must not both find the next one ready.
    const ready = plan.outOf(node.id).flatMap(({ to }) => claim(to));
    if (!known) await ports.checkpoint?.({ ...state });
    await Promise.all(ready.map(arrive));
  }

  function claim(id: string): FlowNode[] {
    const node = nodes.get(id);
    if (!node || begun.has(id) || !plan.into(id).every((edge) => state[edge.from])) return [];
    begun.add(id);
    return [node];
  }

  function pass(node: FlowNode): Left | Promise<Left> {
    const edges = plan.into(node.id);
    const arrived = edges.flatMap((edge) => {
      const left = state[edge.from];
      return left?.by === edge.branch ? [left.carried.passages] : [];
    });
    const carried: Carried = { passages: mergePassages(arrived) };
    return edges.length > 0 && arrived.length === 0 ? skip(node) : attempt(node, carried);
  }

  function skip(node: FlowNode): Left {
    report(begin(node, 0), 'skipped');
    return { by: 'skipped', carried: { passages: [] } };
  }

  /** Runs a node, by its error strategy once or several times. */
  async function attempt(node: FlowNode, carried: Carried): Promise<Left> {
    const { attempts: most, waitMs, action } = node.onError ?? DEFAULT_ON_ERROR;
    const step = begin(node, 1);
    report(step, 'running');
    const run: NodeRun = { asked, ports, signal, counts: step, emit: (event) => say(node, event), conclude };
    for (; ; step.attempts++) {
      if (++attempts > limits.steps) throw new FlowError('too_many_steps', trace());
      try {
        const left: Left = { by: 'next', carried: await runNode(node, carried, run) };
        report(step, 'done');
        return left;
      } catch (cause) {
        signal.throwIfAborted();
        step.error = errorCode(cause);
        const isSilent = step.characters === 0;
        if (isSilent && step.attempts < most) {
          await new Promise<void>((resolve) => clock.after(waitMs * 2 ** (step.attempts - 1), resolve));
          signal.throwIfAborted();
          continue;
        }
        report(step, 'failed');
        if (action === 'edge') return { by: 'error', carried };
        if (action === 'default' && isSilent) return { by: 'next', carried: fallBack(node, carried, run) };
        throw new FlowError('node_failed', trace(), { node: node.id, cause });
      }
    }
  }

  function begin({ id, kind }: FlowNode, attempts: number): Mutable<Step> {
    const counts = { passages: 0, characters: 0, inputTokens: 0, outputTokens: 0 };
    const step: Mutable<Step> = { node: id, kind, state: 'running', startedMs: clock.now() - startedMs, ms: 0, attempts, ...counts };
    steps.push(step);
    return step;
  }

  function report(step: Mutable<Step>, reached: Step['state']): void {
    step.state = reached;
    step.ms = clock.now() - startedMs - step.startedMs;
    emit({ type: 'step', step: { ...step } });
  }

  /** What people read waits for its turn; what machines count does not. */
  function say(node: FlowNode, event: FlowEvent): void {
    if (event.type === 'text' || event.type === 'citations') speakers.say(node.id, event);
    else emit(event);
  }

  function conclude(reached: Outcome): void {
    if (reached === 'answered') outcome = reached;
  }
}

/** The stable code of a port's error, or `internal`: its message may hold content. */
function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : 'internal';
}
