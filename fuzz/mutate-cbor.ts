/** Changes of CBOR that keep most of it readable; byte strings that hold CBOR themselves are changed inside, and their lengths made to fit. */
import { type Bytes, joined, mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

type Item = { readonly major: number; argument: number; content: Bytes; items: Item[]; raw?: Bytes };

export function mutateCbor(bytes: Uint8Array, random: Random, others: readonly Uint8Array[] = []): Bytes {
  const tree = read(bytes);
  if (!tree || random.oneIn(8)) return mutateBytes(bytes, random, others);
  const item = random.pick(flatten(tree));
  random.pick(CHANGES)(item, random, () => flatten(read(random.pick([bytes, ...others])) ?? tree));
  const written = write(tree);
  return random.oneIn(6) ? mutateBytes(written, random, others) : written;
}

type Change = (item: Item, random: Random, elsewhere: () => readonly Item[]) => void;

const CHANGES: readonly Change[] = [
  function repeatItem({ items }, random) {
    if (items.length > 0) items.splice(random.below(items.length + 1), 0, random.pick(items));
  },
  function repeatPair({ major, items }, random) {
    if (major !== 5 || items.length < 2) return;
    const at = 2 * random.below(items.length / 2);
    items.push(...items.slice(at, at + 2));
  },
  function dropItem({ items }, random) {
    if (items.length > 0) items.splice(random.below(items.length), 1);
  },
  function exchangeItems({ items }, random) {
    items.sort(() => random.below(3) - 1);
  },
  function otherItem(item, random, elsewhere) {
    item.raw = write(random.pick(elsewhere()));
  },
  function bytesOfContent(item, random) {
    item.content = mutateBytes(contentOf(item), random);
    item.items = [];
  },
  function indefinite(item) {
    const parts = item.major === 2 || item.major === 3 ? [head(item.major, item.content.length), item.content] : item.items.map(write);
    item.raw = joined(Uint8Array.of((item.major << 5) | 31), ...parts, Uint8Array.of(0xff));
  },
  function longHead(item, random) {
    item.raw = joined(headOf(item.major, item.argument, random.pick([1, 2, 4, 8])), contentOf(item));
  },
  function hugeHead(item, random) {
    const argument = random.pick([0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 53 - 1, 2 ** 53]);
    item.raw = joined(headOf(item.major, argument, argument > 0xffff_ffff || random.oneIn(2) ? 8 : 4), contentOf(item));
  },
  function wrongCount(item, random) {
    item.raw = joined(head(item.major, Math.max(0, item.argument + random.pick([-2, -1, 1, 2]))), contentOf(item));
  },
  function tagged(item, random) {
    item.raw = joined(head(6, random.pick([0, 2, 18, 24, 55799])), write(item));
  },
  function strange(item, random) {
    item.raw = random.pick(
      [
        'f4',
        'f6',
        'f7',
        'f93c00',
        'fb7ff0000000000000',
        'e0',
        'f820',
        'ff',
        '1c',
        '60',
        'a0',
        '80',
        '3b7fffffffffffffff',
        '1bffffffffffffffff',
      ].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
    );
  },
  function deep(item, random) {
    item.raw = joined(new Uint8Array(random.pick([10, 600, 20_000])).fill(random.pick([0x81, 0xc1, 0x9f, 0xbf])), write(item));
  },
  function trailing(item, random) {
    item.raw = joined(write(item), random.bytes(1 + random.below(4)));
  },
];

function read(bytes: Uint8Array): Item | undefined {
  const found = readItem(bytes, 0);
  return found && found[1] === bytes.length ? found[0] : undefined;
}

function readItem(bytes: Uint8Array, start: number, depth = 0): [Item, end: number] | undefined {
  const initial = bytes[start];
  if (initial === undefined || depth > 12) return undefined;
  const major = initial >> 5;
  const info = initial & 31;
  const size = info < 24 ? 0 : { 24: 1, 25: 2, 26: 4, 27: 8 }[info];
  if (size === undefined) return undefined;
  const argument = size === 0 ? info : bytes.subarray(start + 1, start + 1 + size).reduce((value, byte) => value * 256 + byte, 0);
  let at = start + 1 + size;
  if (major === 2 || major === 3) {
    const content = new Uint8Array(bytes.subarray(at, at + argument));
    if (content.length !== argument) return undefined;
    const inner = major === 2 && argument > 8 ? read(content) : undefined;
    return [{ major, argument, content, items: inner ? [inner] : [] }, at + argument];
  }
  const count = major === 4 ? argument : major === 5 ? 2 * argument : 0;
  const items: Item[] = [];
  for (let index = 0; index < count; index++) {
    const found = readItem(bytes, at, depth + 1);
    if (!found) return undefined;
    items.push(found[0]);
    at = found[1];
  }
  return [{ major, argument, content: new Uint8Array(), items }, at];
}

function flatten(item: Item): Item[] {
  return [item, ...item.items.flatMap(flatten)];
}

function contentOf(item: Item): Bytes {
  return item.items.length > 0 ? joined(...item.items.map(write)) : item.content;
}

function write(item: Item): Bytes {
  if (item.raw) return item.raw;
  const content = contentOf(item);
  const { major, items } = item;
  if (major === 2 || major === 3) return joined(head(major, content.length), content);
  if (major === 4 || major === 5) return joined(head(major, Math.floor(items.length / (major - 3))), content);
  return head(major, item.argument);
}

/** The shortest head. */
function head(major: number, argument: number): Bytes {
  return headOf(major, argument, argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : argument < 2 ** 32 ? 4 : 8);
}

function headOf(major: number, argument: number, size: number): Bytes {
  if (size === 0) return Uint8Array.of((major << 5) | argument);
  const info = { 1: 24, 2: 25, 4: 26, 8: 27 }[size] ?? 27;
  return Uint8Array.from([
    (major << 5) | info,
    ...Array.from({ length: size }, (_, index) => Math.floor(argument / 256 ** (size - 1 - index)) % 256),
  ]);
}
