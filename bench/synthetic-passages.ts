// Passages that nobody wrote, for measuring search: words by Zipf's law, sentence vectors in clusters, the same on every run.

const DIMENSIONS = 512;
const SENTENCES = 5;
const WORDS_PER_SENTENCE = 16;
const VOCABULARY = 200_000;
const CLUSTERS = 2000;
const POOL = 2 ** 20;

export type Passages = {
  dimensions: number;
  /** To be asked for in order, once each. */
  passage(number: number): { text: string; vectors: Int8Array };
  question(): { text: string; vector: Float32Array };
};

export function createPassages(seed: number): Passages {
  const next = createRandom(seed);
  const noise = Float32Array.from({ length: POOL }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
  const some = (): Float32Array => {
    const from = Math.floor(next() * (POOL - DIMENSIONS));
    return noise.subarray(from, from + DIMENSIONS);
  };
  const near = (centre: Float32Array, distance: number): Float32Array => {
    const offset = some();
    return centre.map((component, at) => component + distance * (offset[at] ?? 0));
  };
  const centres = Array.from({ length: CLUSTERS }, () => some().slice());
  const topic = (): Float32Array => near(centres[Math.floor(next() * CLUSTERS)] ?? some(), 1);
  // Log-uniform ranks are Zipf's law with exponent 1; the first ranks are stop words in real text and are left out.
  const word = (): string => `w${Math.floor(VOCABULARY ** (0.25 + 0.75 * next())).toString(36)}`;
  const words = (count: number): string => Array.from({ length: count }, word).join(' ');
  return {
    dimensions: DIMENSIONS,
    passage() {
      const about = topic();
      const vectors = new Int8Array(SENTENCES * DIMENSIONS);
      for (let at = 0; at < SENTENCES; at++) vectors.set(toBytes(near(about, 0.8)), at * DIMENSIONS);
      const text = Array.from({ length: SENTENCES }, () => `W${words(WORDS_PER_SENTENCE)}.`).join(' ');
      return { text, vectors };
    },
    question: () => ({ text: words(4), vector: near(topic(), 1) }),
  };
}

/** Scaled so that four standard deviations of what `near` makes fill a byte. */
function toBytes(vector: Float32Array): Int8Array {
  return Int8Array.from(vector, (component) => Math.max(-127, Math.min(127, Math.round(component * 20))));
}

/** Marsaglia's xorshift of 32 bits, 0 to 1. */
function createRandom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
