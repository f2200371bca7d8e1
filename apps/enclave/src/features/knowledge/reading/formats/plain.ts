import { countBytes } from '../byte-progress.ts';
import { decodeText } from '../encoding.ts';
import { ByteQueue } from '../frames.ts';
import type { FormatEvent, Source, TextBlock } from './format.ts';

/** A paragraph longer than this is passed on in runs. */
const LONGEST_PIECE = 64 * 1024;
const BLANK_LINES = /\n(?:[^\S\n]*\n)+/;

/** Plain text: paragraphs are what blank lines part; lines inside them stay. */
export async function* readPlain(source: Source): AsyncGenerator<FormatEvent> {
  for await (const piece of decodedPieces(source)) {
    yield* paragraphsOf(piece);
    yield piece.progress;
  }
}

/** A stretch of decoded text between blank lines, unless it goes on from the piece before (`continues`) or into the next (`isOpen`). */
export type Piece = { text: string; continues: boolean; isOpen: boolean; progress: FormatEvent };

/** Decodes a text file into pieces of bounded length. */
export async function* decodedPieces(source: Source): AsyncGenerator<Piece> {
  const bytes = countBytes(source.stream(), source.sizeBytes);
  let text = '';
  let continues = false;
  for await (const decoded of decodeText(new ByteQueue(bytes.stream), source.charset)) {
    text += decoded;
    const blank = text.lastIndexOf('\n\n') + 1;
    if (blank <= 1 && text.length < LONGEST_PIECE) continue;
    const isOpen = blank <= 1;
    const cut = isOpen ? text.length : blank + 1;
    yield { text: text.slice(0, cut), continues, isOpen, progress: bytes.progress() };
    continues = isOpen;
    text = text.slice(cut);
  }
  if (text) yield { text, continues, isOpen: false, progress: bytes.progress() };
}

export function* paragraphsOf({ text, continues, isOpen }: Pick<Piece, 'text' | 'continues' | 'isOpen'>): Generator<TextBlock> {
  const paragraphs = text.split(BLANK_LINES);
  for (const [index, paragraph] of paragraphs.entries()) {
    const isRun = continues && index === 0;
    const goesOn = isOpen && index === paragraphs.length - 1;
    const begun = isRun ? paragraph : paragraph.replace(/^\n+/, '');
    yield { type: 'text', text: goesOn ? begun : begun.trimEnd(), join: isRun ? 'run' : 'paragraph' };
  }
}
