import { expect, test } from 'vitest';
import { KnowledgeIndex } from './knowledge-index.ts';
import { SnapshotError } from './snapshot.ts';

const passage = (ordinal: number, text: string, title = 'Handbook') => ({ ordinal, text, title, headings: ['Rules'] });
const unit = (...components: number[]): Float32Array => Float32Array.from(components);
const documents = (hits: { document: string }[]): string[] => hits.map(({ document }) => document);

function sample(): KnowledgeIndex {
  const index = new KnowledgeIndex();
  index.add('leave', [passage(0, 'You get 27 days of leave. Ask early.'), passage(1, 'Illness is reported by nine.')]);
  index.add('travel', [passage(0, 'Book trains in the portal.')]);
  index.addVectors('leave', 0, Int8Array.from([127, 0, 0, 60, 60, 0]));
  index.addVectors('leave', 1, Int8Array.from([0, 127, 0]));
  index.addVectors('travel', 0, Int8Array.from([0, 0, 127]));
  return index;
}

test('an empty index finds nothing', () => {
  expect(new KnowledgeIndex().search({ text: 'leave', vector: unit(1, 0), limit: 5 })).toEqual([]);
});

test('words and meaning find passages together, each part between 0 and 1', () => {
  const hits = sample().search({ text: 'How many days?', vector: unit(0, 0, 1), limit: 5 });
  expect(new Set(documents(hits.slice(0, 2)))).toEqual(new Set(['travel', 'leave']));
  expect(hits.find(({ document }) => document === 'travel')).toMatchObject({ ordinal: 0, words: 0 });
  for (const { score, words, meaning } of hits) for (const part of [score, words, meaning]) expect(part >= 0 && part <= 1).toBe(true);
});

test('a document is found by its words before it has vectors', () => {
  const index = sample();
  index.add('new', [passage(0, 'Dogs may come on Fridays.')]);
  expect(index.search({ text: 'When may dogs come?', vector: unit(1, 1, 1), limit: 1 })[0]).toMatchObject({ document: 'new', meaning: 0 });
  expect([index.passages, index.passagesWithVectors]).toEqual([4, 3]);
  expect([index.embeddedPassages('new'), index.embeddedPassages('leave')]).toEqual([0, 2]);
});

test('a removed document is never returned, nor held by a snapshot', () => {
  const index = sample();
  expect(index.remove('leave')).toBe(true);
  expect(index.remove('leave')).toBe(false);
  for (const vector of [unit(1, 0, 0), unit(0, 1, 0)]) {
    expect(documents(index.search({ text: 'leave days illness', vector, limit: 10 }))).not.toContain('leave');
  }
  expect(index.addVectors('leave', 0, Int8Array.from([127, 0, 0, 60, 60, 0]))).toBe(false);
  expect([index.passages, index.passagesWithVectors]).toEqual([1, 1]);
  expect(Buffer.concat(index.toSnapshot()).includes('illness')).toBe(false);
  expect(Buffer.concat(sample().toSnapshot()).includes('illness')).toBe(true);
});

test('a slot used again shows nothing of the passage that had it', () => {
  const index = new KnowledgeIndex();
  for (let round = 0; round < 5; round++) {
    for (let number = 0; number < 400; number++) {
      index.add(`${round}/${number}`, [passage(0, `word${round}x${number} common.`)]);
      index.addVectors(`${round}/${number}`, 0, Int8Array.from([round + 1, number % 100]));
    }
    for (let number = 0; number < 400; number++) index.remove(`${round - 1}/${number}`);
  }
  const hits = index.search({ text: 'common word3x7', vector: unit(1, 0), limit: 1000 });
  expect(hits).toHaveLength(400);
  for (const { document } of hits) expect(document).toMatch(/^4\//);
});

test('the same passage again changes nothing; another text under its ordinal takes its place and its vectors', () => {
  const index = sample();
  index.add('travel', [passage(0, 'Book trains in the portal.')]);
  expect([index.passages, index.passagesWithVectors]).toEqual([3, 3]);
  index.add('travel', [passage(0, 'Book flights by telephone.')]);
  expect([index.passages, index.passagesWithVectors]).toEqual([3, 2]);
  expect(index.search({ text: 'trains', limit: 5 })).toEqual([]);
  expect(documents(index.search({ text: 'flights', limit: 5 }))).toEqual(['travel']);
});

test('two documents of the same text are both found', () => {
  const index = new KnowledgeIndex();
  for (const document of ['a', 'b']) index.add(document, [passage(0, 'Same words.')]);
  expect(documents(index.search({ text: 'same', limit: 5 }))).toEqual(['a', 'b']);
});

test('vectors that do not fit the sentences of a passage are not taken', () => {
  const index = sample();
  expect(index.addVectors('travel', 0, Int8Array.from([1, 2]))).toBe(false);
  expect(index.addVectors('leave', 0, Int8Array.from([1, 2, 3]))).toBe(false);
  expect(index.addVectors('leave', 7, Int8Array.from([1, 2, 3]))).toBe(false);
  expect(new KnowledgeIndex(4).addVectors('leave', 0, Int8Array.from([1]))).toBe(false);
  expect(index.vectors('travel', 0)).toEqual(Int8Array.from([0, 0, 127]));
});

test('the sentences of a passage are scored one by one', () => {
  const [first = 0, second = 0] = sample().sentenceScores('leave', 0, unit(1, 0, 0));
  expect(first).toBeCloseTo(1, 3);
  expect(second).toBeCloseTo(Math.SQRT1_2, 3);
  expect(sample().sentenceScores('leave', 9, unit(1, 0, 0))).toEqual([]);
});

test('a search may be narrowed to documents, among which the best is found however far down it stands', () => {
  const index = new KnowledgeIndex();
  for (let number = 0; number < 500; number++) {
    index.add(`d${number}`, [passage(0, number === 400 ? 'oak and a long tail of other words besides it' : 'oak oak oak')]);
    index.addVectors(`d${number}`, 0, Int8Array.from([127, number === 400 ? -127 : 0]));
  }
  expect(documents(index.search({ text: 'oak', vector: unit(1, 0), limit: 5, documents: ['d400', 'unknown'] }))).toEqual(['d400']);
  expect(index.search({ text: 'oak', vector: unit(1, 0), limit: 5, documents: [] })).toEqual([]);
});

test('the order of the first does not depend on how many are asked for', () => {
  const index = new KnowledgeIndex();
  for (let number = 0; number < 300; number++) {
    index.add(`d${number}`, [passage(0, `oak ${'elm '.repeat(number % 17)} fir${number % 5}`)]);
    index.addVectors(`d${number}`, 0, Int8Array.from([127, (number * 7) % 120]));
  }
  const ask = (limit: number) => documents(index.search({ text: 'oak fir3', vector: unit(1, 0.2), limit }));
  expect(ask(50).slice(0, 5)).toEqual(ask(5));
  expect([ask(0), ask(-3), ask(100_000).length]).toEqual([[], [], 300]);
});

test.each(['', ' ', '\u0000\u0001', '"; DROP TABLE', '😀', 'x'.repeat(1_000_000), '休假', '\ud800'])(
  'any text is a question (%#)',
  (text) => {
    expect(sample().search({ text, limit: 3 }).length).toBeLessThanOrEqual(3);
  },
);

test('a snapshot restores the same answers, counts and digests, however it is cut', () => {
  const index = sample();
  index.remove('travel');
  index.add('travel', [passage(0, 'Book trains in the portal.'), passage(4, 'Hotels up to 140.')]);
  const bytes = Buffer.concat(index.toSnapshot());
  const pieces = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, at) => bytes.subarray(at * 100, (at + 1) * 100));
  const restored = KnowledgeIndex.fromSnapshot(pieces, 3);
  for (const vector of [undefined, unit(1, 0, 0)]) {
    const question = { text: 'trains or leave', limit: 9, ...(vector ? { vector } : {}) };
    expect(restored.search(question)).toEqual(index.search(question));
  }
  expect([restored.passages, restored.passagesWithVectors, restored.digests()]).toEqual([4, 2, index.digests()]);
  expect(restored.addVectors('travel', 4, Int8Array.from([1, 2, 3]))).toBe(true);
  restored.remove('leave');
  expect(documents(restored.search({ text: 'leave', limit: 9 }))).toEqual([]);
});

test('an empty index has a snapshot too', () => {
  expect(KnowledgeIndex.fromSnapshot(new KnowledgeIndex().toSnapshot()).passages).toBe(0);
});

test('a damaged snapshot is refused as a whole, wherever the damage is', () => {
  const bytes = new Uint8Array(Buffer.concat(sample().toSnapshot()));
  for (let at = 0; at < bytes.length; at += 3) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    expect(() => KnowledgeIndex.fromSnapshot([damaged])).toThrow(SnapshotError);
  }
  expect(() => KnowledgeIndex.fromSnapshot([bytes.subarray(0, -1)])).toThrow(SnapshotError);
  expect(() => KnowledgeIndex.fromSnapshot([])).toThrow(SnapshotError);
  expect(() => KnowledgeIndex.fromSnapshot([bytes], 512)).toThrow(SnapshotError);
});

test('the digest of a document tells whether it is up to date, whatever the order of its passages', () => {
  const passages = [passage(0, 'You get 27 days of leave. Ask early.'), passage(1, 'Illness is reported by nine.')];
  const held = sample().digests().get('leave');
  expect(KnowledgeIndex.digestOf([...passages].reverse())).toBe(held);
  expect(KnowledgeIndex.digestOf(passages.slice(1))).not.toBe(held);
  expect(KnowledgeIndex.digestOf([passage(0, 'You get 28 days of leave. Ask early.'), ...passages.slice(1)])).not.toBe(held);
});

test('either part of the score can rank on its own, and leaves out what has nothing of it', () => {
  const index = new KnowledgeIndex(2);
  index.add('words', [{ ordinal: 0, text: 'Oak and elm.', headings: [], title: '' }]);
  index.add('meaning', [{ ordinal: 0, text: 'A tall tree.', headings: [], title: '' }]);
  index.addVectors('meaning', 0, Int8Array.of(127, 0));
  const ranked = (rankBy: 'score' | 'words' | 'meaning') =>
    documents(index.search({ text: 'oak elm', vector: unit(1, 0), limit: 5, rankBy }));
  expect(ranked('words')).toEqual(['words']);
  expect(ranked('meaning')).toEqual(['meaning']);
  expect(ranked('score').toSorted()).toEqual(['meaning', 'words']);
});
