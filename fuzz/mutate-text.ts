/** Changes of JSON and PEM texts. */
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

/** Members are dropped, repeated or given values of another kind; or the text itself is cut and changed. */
export function mutateJson(text: string, random: Random): string {
  if (random.oneIn(4)) return mutateText(text, random);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return mutateText(text, random);
  }
  const places = placesIn(value);
  if (places.length === 0) return mutateText(text, random);
  const { holder, key } = random.pick(places);
  const change = random.below(5);
  if (change === 0) delete holder[key];
  else if (change === 1) holder[key] = structuredClone(random.pick(places).value);
  else if (change === 2) holder[`${key}${random.pick(['', ' ', '\u0000', 'x'])}`] = oddValue(random);
  else holder[key] = oddValue(random);
  const written = JSON.stringify(value);
  return change === 2 && random.oneIn(2) ? written.replace(/"([^"]+)":/, (member) => `${member}1,${member}`) : written;
}

export function mutateText(text: string, random: Random): string {
  return new TextDecoder('latin1').decode(mutateBytes(new Uint8Array(Buffer.from(text, 'latin1')), random));
}

const BLOCK = /-----BEGIN [^-]*-----[^-]*-----END [^-]*-----\n?/g;

/** Certificates are repeated, dropped, put in another order or written in another way. */
export function mutatePem(text: string, random: Random, others: readonly string[] = []): string {
  const blocks = text.match(BLOCK) ?? [];
  const change = random.below(7);
  if (change === 0) return blocks.toReversed().join('');
  if (change === 1 && blocks.length > 0) return [...blocks, random.pick(blocks)].join('');
  if (change === 2) return blocks.slice(random.below(2), random.below(4)).join('');
  if (change === 3 && others.length > 0)
    return [...blocks.slice(0, random.below(4)), ...(random.pick(others).match(BLOCK) ?? []).slice(random.below(3))].join('');
  if (change === 4) return text.repeat(random.pick([2, 9, 100]));
  if (change === 5) return text.replace(/\n/g, random.pick(['', '\r\n', ' ', '\n\n', '\0']));
  return mutateText(text, random);
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly value: unknown;
}

function placesIn(value: unknown, depth = 0): Place[] {
  if (typeof value !== 'object' || value === null || depth > 12) return [];
  const holder = value as Record<string, unknown>; // lists as well: their keys are numbers
  return Object.entries(holder).flatMap(([key, member]) => [{ holder, key, value: member }, ...placesIn(member, depth + 1)]);
}

function oddValue(random: Random): unknown {
  const odd: readonly (() => unknown)[] = [
    () => null,
    () => true,
    () => '',
    () => [],
    () => ({}),
    () => 'x'.repeat(random.pick([1, 300, 70_000])),
    () => random.pick([0, -1, 1.5, -0, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, 1e308, Number.MIN_VALUE]),
    () =>
      random.pick([
        '0',
        '00',
        'ff'.repeat(16),
        '\u0000',
        '\ud800',
        '__proto__',
        'constructor',
        '2026-02-31T00:00:00Z',
        '9999-12-31T23:59:59Z',
      ]),
    () => Array.from({ length: random.pick([1, 17, 1000]) }, () => 0),
    () => nested(random.pick([5, 20, 2000])),
  ];
  return random.pick(odd)();
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
