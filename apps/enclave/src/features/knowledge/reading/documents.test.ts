import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ReadFailure } from './failures.ts';
import type { Passage } from './passages.ts';
import { readDocument } from './read-document.ts';
import { type Expectation, makeDocuments, VECTORS } from './testing/documents.ts';

/** Documents by others, which cannot be shipped with the project; looked at where they lie beside it. */
const SHARED = join(VECTORS, '../../../shared/documents');

/** Where a reading differs from what ../shared/documents/index.json expects, and why that is right. */
const DISAGREEMENTS: Readonly<Record<string, { problem: string; reason: string }>> = {
  'multicolumn.pdf': {
    problem: 'out of order: Vivamus viverra fermentum felis. Donec nonummy',
    reason: 'the index lists a line of the second column before the last line of the first; a reader ends the first column before',
  },
};

type Outcome = { outcome: Expectation['expect']; code?: string; passages: Passage[] };

async function read(folder: string, file: string): Promise<Outcome> {
  const passages: Passage[] = [];
  try {
    const bytes = createReadStream(join(folder, file));
    for await (const event of readDocument({ name: file, bytes, signal: AbortSignal.timeout(60_000) }))
      if (event.type === 'passages') passages.push(...event.passages);
    return { outcome: 'text', passages };
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error;
    return { outcome: error.code === 'no_text' ? 'no_text' : 'refuse', code: error.code, passages };
  }
}

/** As ../shared/documents/README.md says that texts are compared. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[\u00ad\u200b\ufeff\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll(/\s+/g, ' ');
}

function problemsOf(expectation: Expectation, { outcome, code, passages }: Outcome): string[] {
  const problems: string[] = [];
  if (outcome !== expectation.expect && !expectation.accept?.includes(outcome)) problems.push(`outcome: ${outcome} ${code ?? ''}`);
  if (expectation.code && code && expectation.code !== code) problems.push(`code: ${code}`);
  if (outcome !== 'text') return problems;
  const text = fold(passages.map((passage) => passage.text).join(''));
  let from = 0;
  for (const phrase of expectation.contains.map(fold)) {
    const at = text.indexOf(phrase, from);
    if (at < 0) problems.push(`${text.includes(phrase) ? 'out of order' : 'missing'}: ${phrase}`);
    else from = at;
  }
  for (const phrase of expectation.once ?? []) if (text.split(fold(phrase)).length !== 2) problems.push(`not once: ${phrase}`);
  for (const phrase of expectation.not_contains ?? []) if (text.includes(fold(phrase))) problems.push(`present: ${phrase}`);
  return problems;
}

function readIndex(folder: string): Expectation[] {
  return existsSync(folder) ? JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) : [];
}

test('vectors/documents holds exactly what the committed code makes', () => {
  const made = makeDocuments();
  expect(readdirSync(VECTORS).sort()).toEqual([...made.map(({ file }) => file), 'index.json'].sort());
  for (const { file, bytes } of made) expect(readFileSync(join(VECTORS, file)).equals(bytes), file).toBe(true);
});

for (const expectation of readIndex(VECTORS)) {
  test(`${expectation.file} reads as expected: ${expectation.code ?? expectation.expect}`, async () => {
    expect(problemsOf(expectation, await read(VECTORS, expectation.file))).toEqual([]);
  });
}

for (const expectation of readIndex(SHARED)) {
  const explained = DISAGREEMENTS[expectation.file];
  test(`shared ${expectation.file} ${explained ? `differs from its index, because ${explained.reason}` : 'reads as its index says'}`, async () => {
    expect(problemsOf(expectation, await read(SHARED, expectation.file))).toEqual(explained ? [explained.problem] : []);
  });
}
