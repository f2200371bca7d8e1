import type { Edge, Flow, FlowNode } from './graph.ts';

/** A flow's graph, ready to be walked. */
export interface Plan {
  /** Every node after all that lead to it; nodes on a cycle, and behind one, are missing. */
  readonly order: readonly FlowNode[];
  into(node: string): readonly Edge[];
  outOf(node: string): readonly Edge[];
}

export function planFlow({ nodes, edges }: Pick<Flow, 'nodes' | 'edges'>): Plan {
  const into = Map.groupBy(edges, ({ to }) => to);
  const outOf = Map.groupBy(edges, ({ from }) => from);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const waiting = new Map(nodes.map(({ id }) => [id, into.get(id)?.length ?? 0]));
  const order = nodes.filter(({ id }) => waiting.get(id) === 0);
  for (const { id } of order) {
    for (const { to } of outOf.get(id) ?? []) {
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      const target = byId.get(to);
      if (left === 0 && target) order.push(target);
    }
  }
  return { order, into: (node) => into.get(node) ?? [], outOf: (node) => outOf.get(node) ?? [] };
}

/** The nodes that can be reached from some, these included. */
export function reach(from: Iterable<string>, next: (node: string) => Iterable<string>): Set<string> {
  const seen = new Set(from);
  for (const node of seen) for (const other of next(node)) seen.add(other);
  return seen;
}
