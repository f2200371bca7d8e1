import type * as z from 'zod';
import { type Flow, FlowEnvelope, type FlowNode, isNodeKind, NODE_CONFIGS } from './graph.ts';
import { type Plan, planFlow, reach } from './plan.ts';

export interface Problem {
  readonly code: ProblemCode;
  /** The node it is about, where it is about one. */
  readonly node?: string;
  /** Where in the flow, or in the node's settings, as `look.colour`. */
  readonly field?: string;
  readonly message: string;
}

const MESSAGES = {
  malformed: 'This is not a flow of a format that can be read.',
  unknown_kind: 'There is no node of this kind. Remove it, or update PrivexBot.',
  bad_setting: 'This setting is missing or out of its range.',
  duplicate_id: 'Two nodes have the same id. Give one of them another.',
  dangling_edge: 'An edge begins or ends at a node that does not exist. Remove it.',
  duplicate_edge: 'Two edges join the same nodes. Remove one.',
  start_count: 'A flow needs exactly one start.',
  no_end: 'A flow needs an end. Add one and lead to it.',
  no_answer: 'Nothing here answers. Add an answer between start and end.',
  cycle: 'The way leads back to this node. Remove the edge that closes the circle.',
  unreachable: 'No way leads here from the start. Connect or remove it.',
  dead_end: 'No way leads from here to an end. Connect it.',
  misplaced: 'Nothing may lead to a start, and nothing may leave an end.',
  missing_knowledge: 'A search needs at least one knowledge base. Choose one.',
  missing_error_edge: 'It shall leave by an error edge, but has none. Add one, or choose what else happens on an error.',
  unused_error_edge: 'An error edge leaves it, but it does not use one. Remove the edge, or choose "leave by the error edge".',
} as const;

export type ProblemCode = keyof typeof MESSAGES;

/** Reads a flow from anything: the flow when it can be run, and everything that is wrong with it when it cannot. */
export function checkFlow(value: unknown): { flow: Flow; problems: [] } | { flow?: undefined; problems: Problem[] } {
  const envelope = FlowEnvelope.safeParse(value);
  if (!envelope.success)
    return { problems: envelope.error.issues.map((issue) => problem('malformed', { field: path(issue.path), why: issue })) };
  const problems: Problem[] = [];
  const nodes = envelope.data.nodes.flatMap((node) => readNode(node, problems));
  // A graph with a node left out would only raise problems of its own.
  if (problems.length > 0) return { problems };
  const flow: Flow = { ...envelope.data, nodes };
  const found = checkGraph(flow);
  return found.length > 0 ? { problems: found } : { flow, problems: [] };
}

function readNode(node: z.output<typeof FlowEnvelope>['nodes'][number], problems: Problem[]): FlowNode[] {
  const { id, kind, config, onError } = node;
  if (!isNodeKind(kind)) {
    problems.push(problem('unknown_kind', { node: id }));
    return [];
  }
  const read = NODE_CONFIGS[kind].safeParse(config);
  if (!read.success) {
    for (const issue of read.error.issues) problems.push(problem('bad_setting', { node: id, field: path(issue.path), why: issue }));
    return [];
  }
  // The table has parsed the config of just this kind, which the type system cannot follow through the look-up.
  return [{ id, kind, config: read.data, ...(onError && { onError }) } as FlowNode];
}

function checkGraph(flow: Flow): Problem[] {
  const ids = new Set(flow.nodes.map(({ id }) => id));
  if (ids.size < flow.nodes.length) return repeated(flow.nodes.map(({ id }) => id)).map((node) => problem('duplicate_id', { node }));
  const dangling = flow.edges.filter(({ from, to }) => !ids.has(from) || !ids.has(to));
  if (dangling.length > 0) return dangling.map(({ from, to }) => problem('dangling_edge', { node: ids.has(from) ? from : to }));
  const plan = planFlow(flow);
  return [...checkWhole(flow, plan), ...flow.nodes.flatMap((node) => checkNode(node, flow, plan))];
}

function checkWhole(flow: Flow, plan: Plan): Problem[] {
  const count = (kind: string) => flow.nodes.filter((node) => node.kind === kind).length;
  const problems: Problem[] = [];
  if (count('start') !== 1) problems.push(problem('start_count'));
  if (count('end') === 0) problems.push(problem('no_end'));
  if (count('answer') === 0) problems.push(problem('no_answer'));
  for (const edge of repeated(flow.edges.map(({ from, to, branch }) => `${from} ${to} ${branch}`)))
    problems.push(problem('duplicate_edge', { node: edge.slice(0, edge.indexOf(' ')) }));
  const ordered = new Set(plan.order.map(({ id }) => id));
  const unordered = flow.nodes.filter(({ id }) => !ordered.has(id)).map(({ id }) => id);
  // Left over are the cycles and what follows them; on a cycle is what leads back to itself.
  for (const node of unordered) {
    const after = plan.outOf(node).map(({ to }) => to);
    if (reach(after, (other) => plan.outOf(other).map(({ to }) => to)).has(node)) problems.push(problem('cycle', { node }));
  }
  return problems;
}

function checkNode(node: FlowNode, flow: Flow, plan: Plan): Problem[] {
  const of = (kind: string) => flow.nodes.filter((other) => other.kind === kind).map(({ id }) => id);
  const before = reach([node.id], (id) => plan.into(id).map(({ from }) => from));
  const after = reach([node.id], (id) => plan.outOf(id).map(({ to }) => to));
  const [starts, ends] = [of('start'), of('end')];
  const leavesByError = plan.outOf(node.id).some(({ branch }) => branch === 'error');
  const wantsErrorEdge = node.onError?.action === 'edge';
  const failed: readonly [ProblemCode, boolean][] = [
    ['unreachable', starts.length > 0 && !starts.some((id) => before.has(id))],
    ['dead_end', ends.length > 0 && !ends.some((id) => after.has(id))],
    ['misplaced', node.kind === 'start' ? plan.into(node.id).length > 0 : node.kind === 'end' && plan.outOf(node.id).length > 0],
    ['missing_knowledge', node.kind === 'search' && node.config.knowledgeBases.length === 0],
    ['missing_error_edge', wantsErrorEdge && !leavesByError],
    ['unused_error_edge', leavesByError && !wantsErrorEdge],
  ];
  return failed.filter(([, isFailed]) => isFailed).map(([code]) => problem(code, { node: node.id }));
}

function problem(code: ProblemCode, where: { node?: string; field?: string; why?: { message: string } } = {}): Problem {
  const { why, ...place } = where;
  return { code, ...place, message: why ? `${MESSAGES[code]} ${why.message}` : MESSAGES[code] };
}

function path(parts: readonly PropertyKey[]): string {
  return parts.map(String).join('.');
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
