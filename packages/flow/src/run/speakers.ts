/** Lets nodes that run side by side speak one after another, in the order of the graph: words of a later one wait for the earlier. */
export interface Speakers<T> {
  say(node: string, event: T): void;
  /** The node will say nothing more: it is done or was skipped. */
  finish(node: string): void;
}

export function createSpeakers<T>(order: readonly string[], emit: (event: T) => void): Speakers<T> {
  const held = new Map<string, T[]>();
  const finished = new Set<string>();
  let turn = 0;

  return {
    say(node, event) {
      if (node === order[turn]) return emit(event);
      const waiting = held.get(node);
      if (waiting) waiting.push(event);
      else held.set(node, [event]);
    },
    finish(node) {
      finished.add(node);
      for (let current = order[turn]; current !== undefined && finished.has(current); current = order[turn]) {
        turn++;
        for (const event of held.get(order[turn] ?? '') ?? []) emit(event);
        held.delete(order[turn] ?? '');
      }
    },
  };
}
