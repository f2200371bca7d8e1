import { chatbotSettings } from './chatbot.ts';
import type { Flow } from './graph.ts';
import { type Change, diffValues } from './values.ts';

/**
 * What changed from one version of a bot to another. Two chatbots are compared in the words of their form (`look.colour`), all others in
 * those of the graph (`nodes.search.config.limit`, `edges.start>search`).
 */
export function diffFlows(before: Flow, after: Flow): Change[] {
  const [a, b] = [chatbotSettings(before), chatbotSettings(after)];
  return a && b ? diffValues(a, b) : diffValues(byName(before), byName(after));
}

/** Nodes and edges by name instead of by place, so that moving one in the list is no change. */
function byName({ nodes, edges, ...rest }: Flow): object {
  return {
    ...rest,
    nodes: Object.fromEntries(nodes.map(({ id, ...node }) => [id, node])),
    edges: Object.fromEntries(edges.map(({ from, to, branch }) => [`${from}>${to}`, branch])),
  };
}
