import { Parser } from 'htmlparser2';
import { createBlockCollector } from './block-collector.ts';
import type { TextBlock } from './format.ts';

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));
/** Not part of what a reader of the page reads. Nothing of it runs, loads or becomes text. */
const SKIPPED = words('script style template noscript iframe object embed applet canvas audio video map datalist select nav annotation rt');
const PARAGRAPHS = words(
  'html body main article section header footer aside div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre figure figcaption address ' +
    'form fieldset legend details summary center dir menu hr caption table thead tbody tfoot tr td th text',
);
const LIST_ITEMS = words('li dt dd');
const CELLS = words('td th');
const LONGEST_HEADING = 300;
/** Text without any element around it is passed on when it is this long. */
const LONGEST_RUN = 64 * 1024;

export type HtmlBlocks = {
  write: (html: string) => void;
  end: () => void;
  take: () => TextBlock[];
  title: () => string;
};

/** Reads HTML, or XHTML where a tag may close itself, into blocks as it comes; there is no tree, so depth and size cost nothing. */
export function createHtmlBlocks({ isXhtml = false } = {}): HtmlBlocks {
  const blocks = createBlockCollector();
  let title = '';
  let isTitle = false;
  let skipped = 0;
  let preformatted = 0;
  let heading = 0;
  let item = '';
  let text = '';
  let join: TextBlock['join'] = 'paragraph';

  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        if (skipped > 0 || SKIPPED.has(name) || isHidden(attributes)) {
          skipped++;
          return;
        }
        if (name === 'title') isTitle = title === '';
        if (name === 'br') text += '\n';
        if (!PARAGRAPHS.has(name)) return;
        flush();
        if (name === 'pre') preformatted++;
        if (name === 'table') blocks.openTable();
        if (name === 'tr') openRow();
        if (CELLS.has(name)) blocks.openCell();
        if (LIST_ITEMS.has(name)) item = name;
        heading = /^h[1-6]$/.test(name) ? Number(name[1]) : heading;
      },
      ontext: (piece) => {
        if (skipped > 0) return;
        if (isTitle) title += piece;
        else text += preformatted > 0 ? piece : piece.replaceAll(/[ \t\n\r\f]+/g, ' ');
        if (text.length > LONGEST_RUN) flush('run');
      },
      onclosetag: (name) => {
        if (skipped > 0) {
          skipped--;
          return;
        }
        isTitle = false;
        if (!PARAGRAPHS.has(name)) return;
        flush();
        if (name === 'pre') preformatted--;
        if (name === 'tr') blocks.closeRow();
        if (name === 'table') blocks.closeTable();
        if (LIST_ITEMS.has(name)) item = '';
        if (/^h[1-6]$/.test(name)) heading = 0;
      },
    },
    { decodeEntities: true, recognizeSelfClosing: isXhtml },
  );

  function openRow(): void {
    blocks.closeRow();
    blocks.openRow();
  }

  /** Ends the paragraph, or with `run` only passes on what there is of it. */
  function flush(next: TextBlock['join'] = 'paragraph'): void {
    const tidy = preformatted > 0 ? text.replace(/^\n+/, '').trimEnd() : tidyLines(text);
    const isRun = next === 'run' || join === 'run';
    const piece = isRun ? text : tidy;
    text = '';
    if (piece) {
      const isHeading = heading > 0 && piece.length <= LONGEST_HEADING;
      const bullet = item === 'li' && !isRun ? '- ' : '';
      blocks.add({
        type: 'text',
        text: bullet + piece,
        join: item && !isRun ? 'line' : (join ?? 'paragraph'),
        ...(isHeading ? { heading } : {}),
      });
      if (item === 'li') item = 'dd';
    }
    join = next;
  }

  return {
    write: (html) => parser.write(html),
    end: () => {
      parser.end();
      flush();
      while (blocks.isInTable()) blocks.closeTable();
    },
    take: blocks.take,
    title: () => title,
  };
}

function isHidden(attributes: Readonly<Record<string, string>>): boolean {
  return 'hidden' in attributes || /display\s*:\s*none/i.test(attributes.style ?? '');
}

/** Runs of spaces go first: what follows then looks at each character once. */
function tidyLines(text: string): string {
  return text
    .replaceAll(/ {2,}/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .trim();
}
