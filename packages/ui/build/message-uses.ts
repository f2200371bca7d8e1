/** Finds which messages source files use. */

/** `t('id')`, also over a line break, and ids handed over as values by `messageId('id')`. */
const EXACT = /\b(?:t|messageId)\(\s*'([a-z][\w.-]*)'/gi;
/** t(`prefix.${value}`): every message that starts so. */
const PREFIX = /\b(?:t|messageId)\(\s*`([a-z][\w.-]*\.)\$\{[^}]*\}([\w.-]*)`/gi;

export interface MessageUses {
  exact: Set<string>;
  /** Beginning and end of ids whose middle is known only when the product runs. */
  patterns: { start: string; end: string }[];
}

export function findMessageUses(sources: Iterable<string>): MessageUses {
  const exact = new Set<string>();
  const patterns: MessageUses['patterns'] = [];
  for (const source of sources) {
    for (const [, id = ''] of source.matchAll(EXACT)) exact.add(id);
    for (const [, start = '', end = ''] of source.matchAll(PREFIX)) patterns.push({ start, end });
  }
  return { exact, patterns };
}

/** The ids a set of sources needs, and those it names that no catalog has. */
export function resolveMessageUses(uses: MessageUses, known: readonly string[]): { used: Set<string>; missing: string[] } {
  const used = new Set<string>();
  const missing: string[] = [];
  const ids = new Set(known);
  for (const id of uses.exact) ids.has(id) ? used.add(id) : missing.push(id);
  for (const { start, end } of uses.patterns) {
    const matching = known.filter((id) => id.startsWith(start) && id.endsWith(end));
    if (matching.length === 0) missing.push(`${start}*${end}`);
    for (const id of matching) used.add(id);
  }
  return { used, missing };
}
