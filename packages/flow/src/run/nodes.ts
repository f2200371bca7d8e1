import type { FlowNode, NodeKind } from '../graph.ts';
import type { Asked, Carried, Citation, FlowEvent, Outcome, Passage, Ports } from './ports.ts';

/** What a node may use, and where it says what it did. */
export interface NodeRun {
  readonly asked: Asked;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly counts: Counts;
  emit(event: FlowEvent): void;
  conclude(outcome: Outcome): void;
}

export interface Counts {
  passages: number;
  characters: number;
  inputTokens: number;
  outputTokens: number;
}

interface NodeBehaviour<K extends NodeKind> {
  run(node: FlowNode<K>, carried: Carried, run: NodeRun): Promise<Carried> | Carried;
  /** What it yields instead when it failed and shall go on with a default. */
  fallBack(node: FlowNode<K>, carried: Carried, run: NodeRun): Carried;
}

const passOn = { run: (_node: unknown, carried: Carried) => carried, fallBack: (_node: unknown, carried: Carried) => carried };

const BEHAVIOURS: { readonly [K in NodeKind]: NodeBehaviour<K> } = {
  start: passOn,
  search: {
    async run({ id, config }, carried, { asked, ports, signal, counts, emit }) {
      const found = await ports.search({ ...asked, ...config }, signal);
      const passages = found.filter(({ score }) => score >= config.minimumScore).slice(0, config.limit);
      counts.passages = passages.length;
      emit({ type: 'passages', node: id, passages });
      return { passages: mergePassages([carried.passages, passages]) };
    },
    fallBack: (_node, carried) => carried,
  },
  answer: {
    async run({ id, config }, carried, { asked, ports, signal, counts, emit, conclude }) {
      let outcome: Outcome = 'answered';
      for await (const event of ports.answer({ ...asked, ...config, passages: carried.passages }, signal)) {
        if (event.type === 'text') {
          counts.characters += event.text.length;
          emit({ type: 'text', node: id, text: event.text });
        } else if (event.type === 'citations') {
          emit({ type: 'citations', node: id, citations: event.citations.filter((citation) => isSupported(citation, carried.passages)) });
        } else if (event.type === 'usage') {
          counts.inputTokens += event.inputTokens;
          counts.outputTokens += event.outputTokens;
          emit({ ...event, node: id, model: config.model });
        } else outcome = event.outcome;
      }
      conclude(outcome);
      return carried;
    },
    fallBack({ id, onError }, carried, { counts, emit }) {
      const text = onError?.text ?? '';
      counts.characters += text.length;
      if (text) emit({ type: 'text', node: id, text });
      return carried;
    },
  },
  end: passOn,
};

export function runNode<K extends NodeKind>(node: FlowNode<K>, carried: Carried, run: NodeRun): Promise<Carried> | Carried {
  return BEHAVIOURS[node.kind].run(node, carried, run);
}

export function fallBack<K extends NodeKind>(node: FlowNode<K>, carried: Carried, run: NodeRun): Carried {
  return BEHAVIOURS[node.kind].fallBack(node, carried, run);
}

/** All passages once, in the order given. */
export function mergePassages(lists: readonly (readonly Passage[])[]): readonly Passage[] {
  const [first = []] = lists;
  return lists.length === 1 ? first : [...new Map(lists.flat().map((passage) => [passage.id, passage])).values()];
}

/** Whoever wrote the answer, a citation is shown only when its quote stands in a passage that the answer was given. */
function isSupported({ passage, quote, start, end }: Citation, given: readonly Passage[]): boolean {
  const original = given.find(({ id }) => id === passage.id);
  return quote !== '' && original?.text.slice(start, end) === quote;
}
