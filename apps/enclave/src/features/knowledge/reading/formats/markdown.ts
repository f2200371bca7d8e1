import type { FormatEvent, Source, TextBlock } from './format.ts';
import { decodedPieces, paragraphsOf } from './plain.ts';

const ATX_HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const SETEXT_UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LONGEST_HEADING = 300;

/** Markdown stays as it is written (nothing in it is loaded); its headings become the heading path. */
export async function* readMarkdown(source: Source): AsyncGenerator<FormatEvent> {
  const outline = createOutline();
  let title: string | undefined;
  for await (const piece of decodedPieces(source)) {
    for (const paragraph of paragraphsOf(piece)) {
      for (const block of outline(paragraph)) {
        if (title === undefined && block.heading === 1 && block.title) {
          title = block.title;
          yield { type: 'about', title };
        }
        yield block;
      }
    }
    yield piece.progress;
  }
}

/** Splits paragraphs at headings, and keeps in mind whether a fenced code block is open. */
function createOutline(): (paragraph: TextBlock) => Iterable<TextBlock> {
  let fence: string | undefined;
  let isFirst = true;

  return function* outline(paragraph): Generator<TextBlock> {
    const isFrontMatter = isFirst && paragraph.text.startsWith('---\n');
    isFirst = false;
    let join = paragraph.join ?? 'paragraph';
    let plain: string[] = [];
    const flush = function* (): Generator<TextBlock> {
      if (plain.length === 0) return;
      yield { ...paragraph, text: plain.join('\n'), join };
      join = 'line';
      plain = [];
    };
    for (const line of paragraph.text.split('\n')) {
      const mark = FENCE.exec(line)?.[1];
      if (mark && (fence === undefined || mark.startsWith(fence))) fence = fence === undefined ? mark : undefined;
      const heading = fence === undefined && !isFrontMatter && line.length <= LONGEST_HEADING ? toHeading(line, plain) : undefined;
      if (!heading) {
        plain.push(line);
        continue;
      }
      if (heading.usesLine) plain = [];
      yield* flush();
      yield { type: 'text', text: heading.text, title: heading.title, heading: heading.level, join };
      join = 'line';
    }
    yield* flush();
  };
}

/** `# Terms` by itself, or an underline below the only line before it. */
function toHeading(line: string, before: string[]): { level: number; text: string; title: string; usesLine: boolean } | undefined {
  const atx = ATX_HEADING.exec(line);
  if (atx?.[1]) return { level: atx[1].length, text: line, title: atx[2] ?? '', usesLine: false };
  const underline = SETEXT_UNDERLINE.exec(line)?.[1];
  const [only] = before;
  if (!underline || before.length !== 1 || !only || !/\w|[^\0-\x7f]/.test(only) || /^\s*[-*>|]/.test(only)) return undefined;
  return { level: underline.startsWith('=') ? 1 : 2, text: `${only}\n${line}`, title: only.trim(), usesLine: true };
}
