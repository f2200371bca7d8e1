import type { Random } from './random.ts';

/** Something that reads hostile bytes. Its cases have numbers, so that each can be run again by itself. */
export interface Target {
  readonly name: string;
  /** How many cases there are; without it there is no end, and each case takes its randomness from `random`. */
  readonly count?: number;
  /** @returns what is wrong; undefined if the bytes were dealt with as they should. Whatever it throws is a finding as well */
  run(n: number, random: Random): Promise<string | undefined>;
}
