import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { countBytes } from '../byte-progress.ts';
import { decodeText } from '../encoding.ts';
import { ByteQueue } from '../frames.ts';
import type { FormatEvent, Source } from './format.ts';
import { createRowWriter } from './rows.ts';

const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLE_LINES = 50;
const LONGEST_RECORD = 4 * 1024 * 1024;
const ROWS_BETWEEN_REPORTS = 256;

/** CSV with any common delimiter: a line for each row, the names of the columns repeated in it. */
export async function* readCsv(source: Source): AsyncGenerator<FormatEvent> {
  const bytes = countBytes(source.stream(), source.sizeBytes);
  const texts = decodeText(new ByteQueue(bytes.stream), source.charset);
  const first = await texts.next();
  const sample = first.done ? '' : first.value;
  const parser = parse({
    delimiter: detectDelimiter(sample),
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
  });
  const all = async function* (): AsyncGenerator<string> {
    yield sample;
    yield* texts;
  };
  // What the text or the parser throws comes out of the loop below.
  pipeline(Readable.from(all()), parser, () => {});
  const write = createRowWriter();
  let rows = 0;
  for await (const record of parser) {
    const cells = (record as string[]).map((text, column) => [column, text] as const); // without the option `columns` records are arrays
    yield { type: 'text', text: write(cells), join: 'line' };
    rows++;
    if (rows % ROWS_BETWEEN_REPORTS === 0) yield bytes.progress();
  }
}

/** The delimiter that stands equally often in most of the first lines, quoted text aside. */
function detectDelimiter(sample: string): string {
  const lines = countDelimiters(sample);
  let best = ',';
  let bestScore = 0;
  for (const [at, delimiter] of DELIMITERS.entries()) {
    const perLine = lines.map((counts) => counts[at] ?? 0);
    const usual = perLine[0] ?? 0;
    const score = usual === 0 ? 0 : perLine.filter((count) => count === usual).length + usual / (usual + 1);
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

/** For each of the first lines, how often each delimiter stands in it. */
function countDelimiters(sample: string): number[][] {
  const lines: number[][] = [];
  let counts = DELIMITERS.map(() => 0);
  let isQuoted = false;
  for (const character of sample) {
    if (character === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    const at = DELIMITERS.indexOf(character);
    if (at >= 0) counts[at] = (counts[at] ?? 0) + 1;
    if (character !== '\n') continue;
    lines.push(counts);
    if (lines.length === SAMPLE_LINES) return lines;
    counts = DELIMITERS.map(() => 0);
  }
  return [...lines, counts].filter((line, at) => at === 0 || line.some((count) => count > 0));
}
