// Words and meaning into one order. Both parts are absolute, so a question whose words hardly occur is decided by its meaning, and one
// whose words all stand in a passage by its words; normalising each list by its own best would let a poor best word match win.

/** How much meaning counts beside words. Fitted on XQuAD and on bench/paraphrases; flat between 1 and 1.5 on both. */
const MEANING_WEIGHT = 1.25;
/** From so many candidates on, the worst cosine among them is taken for what the model gives to unrelated texts. */
const ENOUGH_FOR_BACKGROUND = 20;
const NEIGHBOURS = 5;

export type Candidate = {
  id: number;
  /** The share of the question's weight in words that the passage holds, 0 to 1. */
  words: number;
  /** The cosine of its best sentence; absent while the passage has no vectors. */
  meaning?: number;
};

export type Fused = Candidate & { score: number };

/**
 * The candidates, best first, with a score of 0 to 1. A passage without vectors gets the meaning that is to be expected of one that holds
 * as many of the words: the mean of its nearest neighbours by words. Without any meaning the score is that of the words.
 */
export function fuse(candidates: readonly Candidate[]): Fused[] {
  const known = candidates.flatMap(({ words, meaning }) => (meaning === undefined ? [] : [{ words, meaning }]));
  const background = known.length < ENOUGH_FOR_BACKGROUND ? 0 : Math.max(0, Math.min(...known.map(({ meaning }) => meaning)));
  const byWords = known.filter(({ words }) => words > 0).sort((a, b) => a.words - b.words);
  const neighbours = byWords.length > 0 ? byWords : known;
  const score = ({ words, meaning = expectedMeaning(words, neighbours) }: Candidate): number => {
    if (known.length === 0) return words;
    const above = Math.max(0, (meaning - background) / Math.max(1 - background, Number.EPSILON));
    return (words + MEANING_WEIGHT * above) / (1 + MEANING_WEIGHT);
  };
  return candidates
    .map((candidate) => ({ ...candidate, score: Math.min(1, score(candidate)) }))
    .sort((a, b) => b.score - a.score || a.id - b.id);
}

/** `neighbours` ascend by words. Those found by meaning alone are not among them if there are others: they would promise too much. */
function expectedMeaning(words: number, neighbours: readonly { words: number; meaning: number }[]): number {
  const after = neighbours.findIndex((neighbour) => neighbour.words >= words);
  let to = after < 0 ? neighbours.length : after;
  let from = to;
  while (to - from < Math.min(NEIGHBOURS, neighbours.length)) {
    const below = neighbours[from - 1]?.words ?? Number.NEGATIVE_INFINITY;
    const above = neighbours[to]?.words ?? Number.POSITIVE_INFINITY;
    if (words - below <= above - words) from--;
    else to++;
  }
  return neighbours.slice(from, to).reduce((sum, { meaning }) => sum + meaning, 0) / (to - from);
}
