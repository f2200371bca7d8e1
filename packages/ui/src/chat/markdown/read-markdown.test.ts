// The reader against the reference implementation, as far as answers go: what it leaves out on purpose is told apart below.
import fc from 'fast-check';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { expect, test } from 'vitest';
import type { BlockNode, Inline, ListItem } from './nodes.ts';
import { readBlocksOf, toLines } from './read-markdown.ts';

const REFERENCE = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };

function read(text: string): BlockNode[] {
  return readBlocksOf(toLines(text)).map(({ node }) => node);
}

/** Both trees as one short notation. */
function write(node: BlockNode | Inline | ListItem): string {
  if (!('type' in node)) return `item${node.checked === null ? '' : node.checked}(${node.children.map(write).join('')})`;
  if (node.type === 'table')
    return `table[${node.align}](${node.rows.map((row) => `row(${row.map((cell) => `cell(${cell.map(write).join('')})`).join('')})`).join('')})`;
  if (node.type === 'list') return `list${node.ordered ? node.start : ''}(${node.children.map(write).join('')})`;
  if (node.type === 'link') return `link<${node.url}>(${node.children.map(write).join('')})`;
  if (node.type === 'image') return `image(${node.alt})`;
  if ('children' in node) return `${node.type}(${node.children.map(write).join('')})`;
  return 'value' in node ? `${node.type}“${node.value}”` : node.type;
}

function writeReference(node: Nodes): string {
  const inside = 'children' in node ? (node.children as Nodes[]).map(writeReference).join('') : '';
  switch (node.type) {
    case 'listItem':
      return `item${node.checked ?? ''}(${inside})`;
    case 'table':
      return `table[${node.align?.map((align) => align ?? '')}](${inside})`;
    case 'tableRow':
      return `row(${inside})`;
    case 'tableCell':
      return `cell(${inside})`;
    case 'list':
      return `list${node.ordered ? node.start : ''}(${inside})`;
    case 'link':
      return `link<${node.url}>(${inside})`;
    case 'image':
      return `image(${node.alt})`;
    default:
      if ('value' in node) return `${node.type}“${node.value}”`;
      return 'children' in node ? `${node.type}(${inside})` : node.type;
  }
}

const expected = (text: string) => fromMarkdown(text, REFERENCE).children.map(writeReference);

test.each([
  'One line.\nAnd another.\n\nA second paragraph.',
  'Hard  \nbreak and\\\nanother',
  '# One\n## Two ##\n### Three #\n####### no\n#no\n#',
  'Title\n===\n\nOther\n---\ntext',
  '***\n- - -\n___\n--',
  '*a* _b_ **c** __d__ ***e*** ~~f~~ ~g~',
  'snake_case_word and 2*3*4 and **bold*it*alic** and *a **b** c*',
  '** not bold ** and * not * and a*"b"*c and *(**d**)*',
  '*open and **never closed and ~~neither',
  'code `x` and ``y ` z`` and ` a ` and `unclosed',
  '[link](https://a.example) and [two **b**](<https://b.example/x y> "title") and [no] and [no](',
  '[a](https://a.example/(x)) [b]( /relative ) [c]() [[d](https://d.example)](https://e.example)',
  '![alt *x*](https://a.example/i.png) and !no and ![no]',
  '<https://a.example> <mailto:a@b.example> <a@b.example> a < b',
  'see https://a.example/x. and (https://b.example/y) or www.c.example, and http://d.example/a_b_c',
  'Say [1] and [2][3] and [12].',
  '&amp; &lt; &#39; &#x2014; &unknown; & &copy',
  '\\*no\\* \\[x\\] \\a \\\\',
  '> quote\ncontinued\n> more\n\nafter',
  '> a\n>\n> > b\n> - c\n> - d',
  '- a\n- b\n- c',
  '* a\n\n* b\n\n  second\n* c',
  '- a\n  - b\n    - c\n  - d\n- e',
  '1. a\n2. b\n   text\n3) c',
  '7. seven\n8. eight',
  '- [ ] open\n- [x] done\n- [y] neither',
  '- a\n\n\n- b\n\nafter',
  'text\n- list\ntext\n1. one\n\ntext\n2. no list',
  '- a\n+ b\n* c',
  '-\n- b\n-\n  c',
  '```js\nx = 1\n\n  y\n```\nafter',
  '~~~\n```\n~~~~\n\n````\n```\n````',
  '```\nunclosed\n\n# no heading',
  '    indented\n\n      more\n\nafter',
  'text\n    not code',
  '- a\n\n      code in it\n\n  text',
  '1. ```\n   x\n   ```\n2. b',
  '| a | b |\n| - | :-: |\n| 1 | 2 |\n\nafter',
  'a | b\n-: | :-\n`x\\|y` | **z**\n> quote',
  '| a |\n| - |\n| 1 |\ntext',
  '| a | b |\n| - |\n',
  '\ta\n\n-\tb\n\n\tc',
  'Ünï *çödé* — „quotes“ 漢字*強調*です',
])('%j is read as the reference reads it', (text) => {
  expect(read(text).map(write)).toEqual(expected(text));
});

test('a row of a table has as many cells as its head', () => {
  expect(read('| a | b |\n| - | - |\n| 1 |\n| 2 | 3 | 4 |').map(write)).toEqual([
    'table[,](row(cell(text“a”)cell(text“b”))row(cell(text“1”)cell())row(cell(text“2”)cell(text“3”)))',
  ]);
});

test('HTML, references and footnotes stay the text they are written as', () => {
  expect(read('<script>alert(1)</script>\n\n<b>x</b> [a][b] [^1]\n\n[b]: https://a.example').map(write)).toEqual([
    'paragraph(text“<script>alert(1)</script>”)',
    'paragraph(text“<b>x</b> [a][b] [^1]”)',
    'paragraph(text“[b]: ”link<https://a.example>(text“https://a.example”))',
  ]);
});

const WORD = fc.constantFrom('a', 'word', 'two words', 'x_y', '*it*', '**b**', '`c`', '[l](https://a.example)', '[1]', '~~d~~', '1', '—');
const LINE = fc.array(WORD, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
const BLOCK = fc.oneof(
  LINE,
  LINE.map((line) => `## ${line}`),
  fc.array(LINE, { minLength: 1, maxLength: 3 }).map((lines) => lines.map((line) => `- ${line}`).join('\n')),
  fc.array(LINE, { minLength: 1, maxLength: 3 }).map((lines) => lines.map((line, index) => `${index + 1}. ${line}`).join('\n')),
  fc.array(LINE, { minLength: 1, maxLength: 3 }).map((lines) => lines.map((line) => `> ${line}`).join('\n')),
  LINE.map((line) => `- ${line}\n  - ${line}`),
  LINE.map((line) => `\`\`\`\n${line}\n\`\`\``),
  fc.constant('---'),
);

test('blocks one after another are read as the reference reads them', () => {
  const property = fc.property(fc.array(BLOCK, { minLength: 1, maxLength: 6 }), (blocks) => {
    const text = blocks.join('\n\n');
    expect(read(text).map(write)).toEqual(expected(text));
  });
  fc.assert(property, { numRuns: 300 });
});

test('no text takes long, whatever it is made of', () => {
  for (const piece of [
    '*',
    '_a',
    '**a',
    '`',
    '``a',
    '[',
    '[a](',
    '![',
    '<',
    '&',
    '> ',
    '- ',
    '  - a\n',
    '\\',
    '~',
    '|',
    '| - ',
    '# ',
    '1. ',
    'a@',
    'http://a(',
    '(',
    '"',
  ])
    for (const end of ['', '\n']) {
      const text = `${piece}${end}`.repeat(5_000);
      const started = performance.now();
      read(text);
      expect(performance.now() - started, `${JSON.stringify(piece + end)} many times`).toBeLessThan(1_500);
    }
});
