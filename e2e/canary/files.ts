// One file of each format, with a word of ours in it.
import { makeDocuments } from '@privexbot/enclave/features/knowledge/reading/testing/documents.ts';
import { writePdf } from '@privexbot/enclave/features/knowledge/reading/testing/pdf-writer.ts';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';

export interface MarkedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Of the documents that readers are tested with: file, and the words in it that make room for ours. */
const PLACES = {
  'plain.txt': 'First',
  'terms.md': 'Prices',
  'people.csv': 'Bob',
  'data.json': 'Ada',
  'lines.jsonl': 'One?',
  'page.html': 'Annual',
  'mail.eml': 'pen',
  'report.docx': 'Last.',
  'slides.pptx': 'Say this.',
  'book.xlsx': 'total',
  'book.epub': 'ended',
  'report-as.pdf': 'Last.',
} as const;

/** @param wordOf makes the word for a file's content */
export function markedFiles(wordOf: (file: string) => string): MarkedFile[] {
  const made = new Map(makeDocuments().map(({ file, bytes }) => [file, bytes]));
  const files = Object.entries(PLACES).map(([name, place]) => {
    const bytes = made.get(name);
    if (!bytes) throw new Error(`there is no document ${name}`);
    return { name, bytes: new Uint8Array(replace(bytes, place, wordOf(name))) };
  });
  const ofPdf = wordOf('paper.pdf');
  const pdf = new Uint8Array(Buffer.concat([...writePdf(2, (page) => [`Page ${page} says ${ofPdf} to its readers.`])]));
  const cut = new Uint8Array(Buffer.concat([...writePdf(1, () => [wordOf('cut.pdf')])]));
  return [
    ...files,
    { name: 'paper.pdf', bytes: pdf },
    { name: 'cut.pdf', bytes: cut.slice(0, -cut.length / 3) },
    { name: 'utf16.txt', bytes: new Uint8Array(Buffer.from(`\ufeffWide ${wordOf('utf16.txt')} words.`, 'utf16le')) },
    { name: 'many.md', bytes: new TextEncoder().encode(manyPassages(wordOf('many.md'))) },
  ];
}

/** Long enough for its search index to be kept as a snapshot. */
function manyPassages(word: string): string {
  const filler = `${'Few words are said here again. '.repeat(40)}\n\n`;
  return `# ${word}\n\n${Array.from({ length: 2_100 }, (_, at) => `## Part ${at}\n\n${at % 700 ? '' : word} ${filler}`).join('')}`;
}

function replace(bytes: Uint8Array, place: string, word: string): Uint8Array {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return strToU8(required(strFromU8(bytes), place).replace(place, word));
  const parts = Object.entries(unzipSync(bytes)).map(([name, part]) => [name, strFromU8(part)] as const);
  required(parts.map(([, part]) => part).join(), place);
  return zipSync(Object.fromEntries(parts.map(([name, part]) => [name, strToU8(part.replace(place, word))])), { level: 9 });
}

function required(text: string, place: string): string {
  if (!text.includes(place)) throw new Error(`a document does not say “${place}” any more`);
  return text;
}
