/** Changes of DER that keep most of it readable: a tree is taken apart, one element is changed, and lengths above it are made to fit again. */
import { type Bytes, joined, mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

/** An element that writes its length itself, as it likes, where `raw` is given. */
interface Element {
  tag: number;
  content: Bytes;
  children: Element[];
  raw?: Bytes;
}

/** @param others certificates or lists to take elements from */
export function mutateDer(bytes: Uint8Array, random: Random, others: readonly Uint8Array[] = []): Bytes {
  const tree = read(bytes);
  if (!tree || random.oneIn(8)) return mutateBytes(bytes, random, others);
  const all = flatten(tree);
  const element = random.pick(all);
  random.pick(CHANGES)(element, random, () => elementsOf(random.pick([bytes, ...others])));
  const written = write(tree);
  return random.oneIn(6) ? mutateBytes(written, random, others) : written;
}

type Change = (element: Element, random: Random, elsewhere: () => readonly Element[]) => void;

const CHANGES: readonly Change[] = [
  function repeatChild({ children }, random) {
    if (children.length > 0) children.splice(random.below(children.length + 1), 0, random.pick(children));
  },
  function dropChild({ children }, random) {
    if (children.length > 0) children.splice(random.below(children.length), 1);
  },
  function exchangeChildren({ children }, random) {
    children.sort(() => random.below(3) - 1);
  },
  function strangeChild(element, random, elsewhere) {
    element.children.splice(random.below(element.children.length + 1), 0, random.pick(elsewhere()));
  },
  function otherContent(element, random, elsewhere) {
    Object.assign(element, random.pick(elsewhere()));
  },
  function otherTag(element, random) {
    element.tag = random.pick([
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      0x0a,
      0x13,
      0x17,
      0x18,
      0x1f,
      0x30,
      0x31,
      0x3f,
      0x80,
      0xa0,
      0xa3,
      0xff,
      element.tag ^ 0x20,
    ]);
  },
  function bytesOfContent(element, random) {
    element.content = mutateBytes(write(element).subarray(2), random);
    element.children = [];
  },
  function indefiniteLength(element) {
    element.raw = joined(Uint8Array.of(element.tag, 0x80), contentOf(element), Uint8Array.of(0, 0));
  },
  function longLength(element, random) {
    const content = contentOf(element);
    const size = 1 + random.below(8);
    const length = Uint8Array.from({ length: size }, (_, index) => Math.floor(content.length / 256 ** (size - 1 - index)) % 256);
    element.raw = joined(Uint8Array.of(element.tag, 0x80 | size), length, content);
  },
  function hugeLength(element, random) {
    const length = random.pick([
      [0x84, 0xff, 0xff, 0xff, 0xff],
      [0x84, 0x7f, 0xff, 0xff, 0xff],
      [0x84, 0x80, 0, 0, 0],
      [0x83, 0xff, 0xff, 0xff],
      [0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0xff, 0xff, 0xff],
      [0x82, 0xff, 0xff],
    ]);
    element.raw = joined(Uint8Array.of(element.tag), Uint8Array.from(length), contentOf(element));
  },
  function trailing(element, random) {
    element.raw = joined(write(element), random.bytes(1 + random.below(4)));
  },
  function emptied(element) {
    element.content = new Uint8Array();
    element.children = [];
  },
  function deep(element, random) {
    let inner = write(element);
    for (let depth = random.pick([3, 15, 16, 17, 1000]); depth > 0; depth--) inner = encode(0x30, inner);
    element.raw = inner;
  },
  function manyChildren(element, random) {
    const child = random.pick([Uint8Array.of(5, 0), Uint8Array.of(0x30, 0), Uint8Array.of(2, 1, 1)]);
    element.raw = encode(element.tag | 0x20, joined(...Array.from({ length: random.pick([100, 10_000]) }, () => child)));
  },
];

function read(bytes: Uint8Array): Element | undefined {
  const [elements, rest] = readAll(bytes, 0);
  return rest.length === 0 && elements.length === 1 ? elements[0] : undefined;
}

/** Elements as far as there are any, then what is left. */
function readAll(bytes: Uint8Array, depth: number): [Element[], Uint8Array] {
  const elements: Element[] = [];
  let rest = bytes;
  while (rest.length >= 2) {
    const [tag = 0, first = 0] = rest;
    const size = first < 0x80 ? 0 : first & 0x7f;
    if (size > 3 || first === 0x80) break;
    const length = size === 0 ? first : rest.subarray(2, 2 + size).reduce((value, byte) => value * 256 + byte, 0);
    const end = 2 + size + length;
    if (end > rest.length) break;
    const content = new Uint8Array(rest.subarray(2 + size, end));
    const [children, left] = tag & 0x20 && depth < 16 ? readAll(content, depth + 1) : [[], content];
    elements.push({ tag, content, children: left.length === 0 ? children : [] });
    rest = rest.subarray(end);
  }
  return [elements, rest];
}

/** In objects of their own, so that no tree ever holds itself. */
function elementsOf(bytes: Uint8Array): Element[] {
  return flatten(read(bytes) ?? { tag: 5, content: new Uint8Array(), children: [] });
}

function flatten(element: Element): Element[] {
  return [element, ...element.children.flatMap(flatten)];
}

function contentOf({ content, children }: Element): Bytes {
  return children.length > 0 ? joined(...children.map(write)) : content;
}

function write(element: Element): Bytes {
  return element.raw ?? encode(element.tag, contentOf(element));
}

function encode(tag: number, content: Uint8Array): Bytes {
  const { length } = content;
  const head =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x1_0000
          ? [0x82, length >> 8, length & 255]
          : [0x83, length >> 16, (length >> 8) & 255, length & 255];
  return joined(Uint8Array.of(tag, ...head), content);
}
