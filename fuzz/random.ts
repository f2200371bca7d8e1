/** Numbers that look random and are the same for one seed, so that every case can be repeated by its number. */
export interface Random {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** True once in so many times. */
  oneIn(times: number): boolean;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

/** sfc32 (PractRand, Chris Doty-Humphrey), seeded from a text. */
export function randomOf(seed: string): Random {
  let [a = 0, b = 0, c = 0] = [1, 2, 3].map((salt) => hashOf(`${salt} ${seed}`));
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  const random: Random = {
    below: (end) => Math.floor((next() / 2 ** 32) * end),
    oneIn: (times) => random.below(times) === 0,
    pick(from) {
      const picked = from[random.below(from.length)];
      if (picked === undefined) throw new RangeError('There is nothing to pick from.');
      return picked;
    },
    bytes: (length) => Uint8Array.from({ length }, () => random.below(256)),
  };
  return random;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
