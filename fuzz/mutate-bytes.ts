/** Changes of bytes that know nothing of their meaning. */
import type { Random } from './random.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

/** Where readers miscount: around the limits of 8, 16, 24, 31, 32, 53 and 64 bits. */
export const EDGES: readonly number[] = [
  ...[0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000],
  ...[0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff],
];

/** One to four changes; `others` are samples to take parts from. */
export function mutateBytes(bytes: Uint8Array, random: Random, others: readonly Uint8Array[] = []): Bytes {
  let mutated = new Uint8Array(bytes);
  for (let changes = 1 + random.below(4); changes > 0; changes--)
    mutated = random.pick(mutated.length > 0 ? CHANGES : ADDITIONS)(mutated, random, others);
  return mutated;
}

type Change = (bytes: Bytes, random: Random, others: readonly Uint8Array[]) => Bytes;

const ADDITIONS: readonly Change[] = [
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at));
  },
  function append(bytes, random) {
    return joined(bytes, random.oneIn(2) ? new Uint8Array(1 + random.below(64)) : random.bytes(1 + random.below(64)));
  },
];

const CHANGES: readonly Change[] = [
  ...ADDITIONS,
  function flip(bytes, random) {
    const at = random.below(bytes.length);
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  },
  function setByte(bytes, random) {
    return bytes.with(random.below(bytes.length), random.pick([0, 1, 0x7f, 0x80, 0xfe, 0xff, random.below(256)]));
  },
  function setNumber(bytes, random) {
    const size = random.pick([2, 4, 8]);
    if (bytes.length < size) return bytes;
    const changed = new Uint8Array(bytes);
    const view = new DataView(changed.buffer, random.below(bytes.length - size + 1), size);
    const value = random.pick([...EDGES, bytes.length, bytes.length - 1, bytes.length + 1]);
    const isLittle = random.oneIn(2);
    if (size === 2) view.setUint16(0, value, isLittle);
    else if (size === 4) view.setUint32(0, value, isLittle);
    else view.setBigUint64(0, BigInt.asUintN(64, BigInt(value) * (random.oneIn(2) ? 1n : 0x1_0000_0001n)), isLittle);
    return changed;
  },
  function cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function drop(bytes, random) {
    const [start, end] = span(bytes, random);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  },
  function repeat(bytes, random) {
    const [start, end] = span(bytes, random);
    return joined(bytes.subarray(0, end), bytes.subarray(start));
  },
  function exchange(bytes, random) {
    const [start, end] = span(bytes, random);
    const at = random.below(bytes.length + 1);
    return at < start || at > end ? moved(bytes, start, end, at) : bytes;
  },
  function splice(bytes, random, others) {
    if (others.length === 0) return bytes;
    const other = random.pick(others);
    const [start, end] = span(other, random);
    const at = random.oneIn(2) ? Math.min(start, bytes.length) : random.below(bytes.length + 1);
    return joined(
      bytes.subarray(0, at),
      other.subarray(start, end),
      bytes.subarray(random.oneIn(2) ? at : Math.min(bytes.length, at + end - start)),
    );
  },
  function fill(bytes, random) {
    const [start, end] = span(bytes, random);
    return new Uint8Array(bytes).fill(random.pick([0, 0xff, 0x30, 0x41]), start, end);
  },
];

function span(bytes: Uint8Array, random: Random): [start: number, end: number] {
  const start = random.below(bytes.length + 1);
  const length = random.oneIn(3) ? random.below(bytes.length + 1) : random.below(64);
  return [start, Math.min(bytes.length, start + length)];
}

function moved(bytes: Uint8Array, start: number, end: number, to: number): Bytes {
  const part = bytes.subarray(start, end);
  const rest = joined(bytes.subarray(0, start), bytes.subarray(end));
  const at = to > end ? to - part.length : to;
  return joined(rest.subarray(0, at), part, rest.subarray(at));
}

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
