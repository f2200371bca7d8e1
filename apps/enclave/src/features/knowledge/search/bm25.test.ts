import { expect, test } from 'vitest';
import { Bm25 } from './bm25.ts';

const passage = (text: string, title = '', headings: string[] = []) => ({ text, title, headings });
const everything = () => true;
const best = (index: Bm25, question: string, limit = 10): number[] => index.rank(question, limit, everything).best;

/** BM25 as in Robertson and Zaragoza (2009), written plainly, for texts of lower-case words that stemming and stop words leave alone. */
function plainScores(texts: string[], question: string): number[] {
  const documents = texts.map((text) => text.split(' '));
  // The index counts one word more for each passage.
  const length = (words: string[]): number => words.length + 1;
  const average = documents.reduce((sum, words) => sum + length(words), 0) / documents.length;
  return documents.map((words) =>
    question.split(' ').reduce((sum, term) => {
      const frequency = words.filter((word) => word === term).length;
      const holders = documents.filter((other) => other.includes(term)).length;
      const idf = Math.log(1 + (documents.length - holders + 0.5) / (holders + 0.5));
      return sum + (idf * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * length(words)) / average));
    }, 0),
  );
}

test('scores are those of the formula', () => {
  const texts = ['oak elm oak fir', 'elm', 'fir fir fir birch', 'birch oak', 'yew'];
  const index = new Bm25();
  for (const text of texts) index.add(passage(text));
  const { scores } = index.rank('oak birch', 10, everything);
  for (const [slot, expected] of plainScores(texts, 'oak birch').entries()) expect(scores[slot]).toBeCloseTo(expected, 5);
});

test('an empty index and an empty question find nothing', () => {
  const index = new Bm25();
  expect(best(index, 'anything')).toEqual([]);
  index.add(passage('something'));
  expect(best(index, '')).toEqual([]);
  expect(best(index, '\u0000\u0007 ...')).toEqual([]);
});

test('one-word questions meet other forms of the word', () => {
  const index = new Bm25();
  index.add(passage('The rule on bookings of rooms.'));
  index.add(passage('Nothing of the kind.'));
  expect(best(index, 'BOOKED')).toEqual([0]);
});

test('stop words do not count beside others, but a question of them alone is searched', () => {
  const index = new Bm25();
  index.add(passage('it is what it is'));
  index.add(passage('valve'));
  expect(best(index, 'what is a valve')).toEqual([1]);
  expect(best(index, 'it')).toEqual([0]);
});

test('title and headings count, but less than the text', () => {
  const index = new Bm25();
  index.add(passage('apples and pears', 'Leave'));
  index.add(passage('apples and pears', '', ['Leave']));
  index.add(passage('leave and pears'));
  expect(best(index, 'leave')).toEqual([2, 1, 0]);
});

test('languages other than English are found by their own words', () => {
  const index = new Bm25();
  index.add(passage('Jahresurlaub: 27 Tage für Vollzeitkräfte.'));
  index.add(passage('每年有二十七天年休假。'));
  index.add(passage('Les congés annuels durent 27 jours.'));
  index.add(passage('Отпуск длится 27 дней.'));
  expect(best(index, 'Wie lang ist der Jahresurlaub?')[0]).toBe(0);
  expect(best(index, '年休假多少天？')[0]).toBe(1);
  expect(best(index, 'congés annuels')[0]).toBe(2);
  expect(best(index, 'ОТПУСК')[0]).toBe(3);
});

test('a removed passage is not found, before and after the sweep', () => {
  const index = new Bm25();
  const kept = index.add(passage('oak and elm'));
  const gone = index.add(passage('oak and fir'));
  index.remove(gone);
  index.remove(gone);
  expect(best(index, 'oak fir')).toEqual([kept]);
  index.sweep();
  expect(best(index, 'oak fir')).toEqual([kept]);
  expect(index.passages).toBe(1);
});

test('slots are used again after a sweep without the words of those before', () => {
  const index = new Bm25();
  const slots = Array.from({ length: 1000 }, (_, at) => index.add(passage(`old word${at}`)));
  for (const slot of slots) index.remove(slot);
  const again = index.add(passage('new'));
  expect(again).toBeLessThan(1000);
  index.sweep();
  expect(best(index, 'old word7')).toEqual([]);
  expect(best(index, 'new')).toEqual([again]);
});

test('parts hold no word of a removed passage', () => {
  const index = new Bm25();
  index.add(passage('kept words'));
  index.remove(index.add(passage('secretword words')));
  const text = new TextDecoder().decode(index.toParts()[0]);
  expect(text).toContain('kept');
  expect(text).not.toContain('secretword');
});

test('parts restore the same ranking, and slots stay free for new passages', () => {
  const index = new Bm25();
  for (let at = 0; at < 50; at++) index.add(passage(`common word${at % 7} item${at}`, `title${at % 3}`));
  index.remove(20);
  const restored = Bm25.fromParts(index.toParts());
  for (const question of ['word3', 'title1 item9', 'item20']) {
    const { best: slots, scores, ideal } = index.rank(question, 10, everything);
    const again = restored.rank(question, 10, everything);
    expect(again.best).toEqual(slots);
    expect(again.ideal).toBe(ideal);
    expect(again.scores.slice(0, 50)).toEqual(scores.slice(0, 50));
  }
  expect(restored.add(passage('fresh'))).toBe(20);
});

test('lists longer than any slice keep every posting', () => {
  const index = new Bm25();
  for (let at = 0; at < 5000; at++) index.add(passage(at % 2 ? 'even common' : 'common'));
  expect(best(index, 'even', 5000)).toHaveLength(2500);
  expect(best(index, 'common', 5000)).toHaveLength(5000);
});

test('a question as long as a book answers within the limits', () => {
  const index = new Bm25();
  index.add(passage('needle'));
  expect(best(index, `needle ${'straw'.repeat(1_000_000)}`)).toEqual([0]);
  expect(best(index, Array.from({ length: 100_000 }, (_, at) => `word${at}`).join(' '))).toEqual([]);
});
