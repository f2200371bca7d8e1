// How well a ranking answers: the usual measures over ranked ids and graded relevance.

/** Relevance by document id; ids that are missing or 0 are not relevant. */
export type Relevance = ReadonlyMap<string, number>;

/** Gain `2^grade - 1` discounted by `log2(rank + 1)`, over that of the best order; 0 if nothing is relevant. */
export function ndcgAt(k: number, ranked: readonly string[], relevance: Relevance): number {
  const gain = (grades: readonly number[]): number =>
    grades.slice(0, k).reduce((sum, grade, at) => sum + (2 ** grade - 1) / Math.log2(at + 2), 0);
  const ideal = gain([...relevance.values()].filter((grade) => grade > 0).sort((a, b) => b - a));
  return ideal === 0 ? 0 : gain(distinct(ranked).map((id) => Math.max(0, relevance.get(id) ?? 0))) / ideal;
}

/** The share of the relevant ids that stand among the first k; 0 if nothing is relevant. */
export function recallAt(k: number, ranked: readonly string[], relevance: Relevance): number {
  const relevant = [...relevance].filter(([, grade]) => grade > 0).map(([id]) => id);
  const found = new Set(distinct(ranked).slice(0, k));
  return relevant.length === 0 ? 0 : relevant.filter((id) => found.has(id)).length / relevant.length;
}

/** One over the rank of the first relevant id; 0 if there is none. */
export function reciprocalRank(ranked: readonly string[], relevance: Relevance): number {
  const at = distinct(ranked).findIndex((id) => (relevance.get(id) ?? 0) > 0);
  return at < 0 ? 0 : 1 / (at + 1);
}

/** The value below which the share `p` (0 to 1) of the values lies, nearest rank; NaN without values. */
export function percentile(p: number, values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A document that is found by several of its passages counts once, at its first. */
function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
