// The documents of vectors/documents: small, made here, free of any licence. `node .../testing/documents.ts` writes them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, type Zippable, zipSync } from 'fflate';
import { writePdf } from './pdf-writer.ts';

/** What a reading must hold, as `index.json` of ../shared/documents says it. */
export type Expectation = {
  file: string;
  expect: 'text' | 'no_text' | 'refuse';
  accept?: string[];
  contains: string[];
  once?: string[];
  not_contains?: string[];
  /** Of a refusal: the exact code. */
  code?: string;
};

type Made = Omit<Expectation, 'contains'> & { contains?: string[]; bytes: Uint8Array };

export const VECTORS = join(import.meta.dirname, '../../../../../../../vectors/documents');

export function makeDocuments(): Made[] {
  return [...texts(), ...pages(), ...offices(), ...books(), ...mails(), ...pdfs(), ...refusals()];
}

const RUSSIAN = 'Совет согласился с отчётом. Следующая встреча назначена на весну, когда вернутся все участники поездки.';
/** Text in encodings that cannot be written from here: file, what it says, its bytes in base64. */
const ENCODED = [
  [
    'shift-jis.txt',
    '会議は来週の火曜日に開かれます。資料は前日までに全員へ配布されますので、必ず目を通してください。',
    'ie+LY4LNl4iPVILMic6XapP6gsmKSoKpguqC3IK3gUKOkZe/gs2RT5P6gtyCxYLJkVOI9YLWlHqVeoKzguqC3IK3gsyCxYFBlUuCuJbagvCSyoK1gsSCrYK+grOCooFC',
  ],
  [
    'big5.txt',
    '會議將於下週二舉行，請各位同仁準時出席，並於會前閱讀所附資料與上次會議的紀錄。',
    't3zEs7FOqfOkVbZnpEfBfKbmoUG90KZVpuymUKSvt8euyaVYrnWhQajDqfO3fKtlvlzFqqnSqv646q7Gu1CkV6a4t3zEs6q6rPa//aFD',
  ],
  [
    'gb18030.txt',
    '会议将于下周二举行，请各位同事准时出席，并在会前阅读所附材料和上次会议的记录。',
    'u+HS6b2r09rPwtbctv6+2dDQo6zH67j3zrvNrMrC17zKsbP2z6+jrLKi1Nq74cew1MS2wcv5uL2yxMHPus3Jz7TOu+HS6bXEvMfCvKGj',
  ],
  [
    'koi8-r.txt',
    'Совет согласился с отчетом. Следующая встреча назначена на весну, когда вернутся все участники поездки.',
    '88/XxdQg08/HzMHTyczT0SDTIM/U3sXUz80uIPPMxcTVwN3B0SDX09TSxd7BIM7B2s7B3sXOwSDOwSDXxdPO1Swgy8/HxMEg18XSztXU09Eg19PFINXewdPUzsnLySDQz8XaxMvJLg==',
  ],
] as const;

function texts(): Made[] {
  const german = 'Die Größe der Bögen wurde geprüft. Über Änderungen entscheidet der Ausschuss im Frühjahr.';
  return [
    text('plain.txt', strToU8('First paragraph.\r\n\r\nSecond paragraph\r\nwith two lines.\r\n'), [
      'First paragraph.',
      'Second paragraph with two lines.',
    ]),
    text('bom.txt', strToU8('\ufeffWith a mark.'), ['With a mark.']),
    text('latin1.txt', Buffer.from(german, 'latin1'), [german]),
    text('windows-1251.txt', cyrillic(RUSSIAN), [RUSSIAN]),
    text('utf16-bom.txt', Buffer.from(`\ufeff${german}`, 'utf16le'), [german]),
    text('utf16-no-bom.txt', Buffer.from(german, 'utf16le'), [german]),
    text('utf16-big-endian.txt', Buffer.from(`\ufeff${RUSSIAN}`, 'utf16le').swap16(), [RUSSIAN]),
    ...ENCODED.map(([file, words, bytes]) => text(file, Buffer.from(bytes, 'base64'), [words])),
    text('right-to-left.txt', strToU8('שלום עולם. 👩‍👩‍👧 مرحبا'), ['שלום עולם. 👩‍👩‍👧 مرحبا']),
    text('late-accent.txt', strToU8(`${'plain ascii line\n'.repeat(8000)}naïve`), ['naïve']),
    text('controls.txt', strToU8(`A bell\u0007 and a nul\u0000 go.${' Words stay.'.repeat(30)}`), ['A bell and a nul go.']),
    text(
      'terms.md',
      strToU8('# Terms\n\nWe ![x](https://elsewhere.example/x.png) stay.\n\n```\n# no heading\n```\n\nPrices\n------\n\nTen.\n'),
      ['![x](https://elsewhere.example/x.png)', '# no heading', 'Prices', 'Ten.'],
    ),
    text('people.csv', strToU8('name,city\n"Ann, the elder",Bath\nBob,"Ripon\nNorth"\n'), [
      'name: Ann, the elder; city: Bath',
      'name: Bob; city: Ripon North',
    ]),
    text('semicolon.csv', strToU8('item;price\npen;1,20\nbook;3,40\n'), ['item: book; price: 3,40']),
    text('tabs.tsv', strToU8('item\tprice\npen\t2\n'), ['item: pen; price: 2']),
    text('data.json', strToU8('{"bot":{"name":"Ada \\"A\\"","tags":["x",{"y":null}],"on":true,"n":-1.5e3}}'), [
      'bot.name: Ada "A"',
      'bot.tags[0]: x',
      'bot.tags[1].y: null',
      'bot.on: true',
      'bot.n: -1.5e3',
    ]),
    text('lines.jsonl', strToU8('{"q":"One?"}\n{"q":"Two?"}\n'), ['q: One?', 'q: Two?']),
  ];
}

function pages(): Made[] {
  const html =
    '<!doctype html><title>Leave</title><style>p{color:red}</style><nav>Home</nav><h1>Leave</h1><p>Ask&nbsp;early &amp; often.' +
    '<script>steal()</script><a href="javascript:alert(1)">Form</a><svg><text>Chart</text></svg><ul><li>One<li>Two</ul>' +
    '<table><tr><th>Kind<th>Days<tr><td>Annual<td>30</table><p hidden>Unseen';
  return [
    {
      ...text('page.html', strToU8(html), ['Leave', 'Ask early & often.', 'Form', 'Chart', '- One', 'Kind | Days', 'Annual | 30']),
      not_contains: ['steal', 'javascript:', 'color:red', 'Unseen'],
    },
    text('declared.html', cyrillic(`<html><meta charset="windows-1251"><p>${RUSSIAN.slice(0, 12)}`), [RUSSIAN.slice(0, 12)]),
    text('html.txt', strToU8('<!DOCTYPE html><p>Named text, but a page.</p>'), ['Named text, but a page.']),
  ];
}

function offices(): Made[] {
  return [
    {
      ...text('report.docx', docx(), ['Report', 'Kept and added.', '[Note: A footnote.]', 'Cell | Next', 'Last.']),
      not_contains: ['struck out'],
    },
    text('slides.pptx', pptx(), ['Second in the file', 'First in the file', 'Say this.']),
    text('book.xlsx', xlsx(), ['Sums', 'day: 2024-02-29; share: 12.5%; total: 610', 'day: 2024-03-01 06:00; total: 987']),
    { ...text('report-as.pdf', docx(), ['Kept and added.']), accept: ['refuse'] },
  ];
}

function books(): Made[] {
  return [
    text('book.epub', epub(), ['Chapter one', 'It — began.', 'Chapter two']),
    refused(
      'locked.epub',
      epub('<encryption><EncryptedData><CipherData><CipherReference URI="two.xhtml"/></CipherData></EncryptedData></encryption>'),
      'encrypted',
    ),
  ];
}

function mails(): Made[] {
  const mail = [
    'From: Ann <ann@example.org>',
    'To: Bob <bob@example.org>',
    'Subject: =?utf-8?B?TWVldGluZyDimLg=?=',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>See the <b>table</b>.</p><script>run()</script>',
    '--b',
    'Content-Type: text/csv; name=t.csv',
    'Content-Disposition: attachment; filename=t.csv',
    '',
    'item,price',
    'pen,2',
    '--b',
    'Content-Type: image/png; name=x.png',
    'Content-Disposition: attachment; filename=x.png',
    'Content-Transfer-Encoding: base64',
    '',
    'iVBORw0KGgo=',
    '--b--',
    '',
  ].join('\r\n');
  const encrypted =
    'Subject: s\r\nContent-Type: multipart/encrypted; boundary=b; protocol="application/pgp-encrypted"\r\n\r\n--b\r\n\r\nVersion: 1\r\n--b--\r\n';
  return [
    {
      ...text('mail.eml', strToU8(mail), [
        'Meeting ☸',
        'From: Ann <ann@example.org>',
        'See the table.',
        'Attachment: t.csv',
        'item: pen; price: 2',
        '(not read)',
      ]),
      not_contains: ['run()'],
    },
    refused('encrypted.eml', strToU8(encrypted), 'encrypted'),
  ];
}

function pdfs(): Made[] {
  const lock = `/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /Length 40 /O <${'11'.repeat(32)}> /U <${'22'.repeat(32)}> >> `;
  const lines = (page: number): string[] => [`This is page ${page} of`, 'a small paper.'];
  return [
    text('paper.pdf', pdf(3, lines), ['This is page 1 of', 'This is page 3 of', 'a small paper.']),
    { file: 'blank.pdf', bytes: pdf(2, () => []), expect: 'no_text', code: 'no_text' },
    refused('locked.pdf', pdf(1, lines, lock), 'encrypted'),
    refused('cut.pdf', pdf(1, lines).subarray(0, 60), 'corrupt'),
    { ...text('paper-as.docx', pdf(1, lines), ['This is page 1 of']), accept: ['refuse'] },
  ];
}

function refusals(): Made[] {
  const noise = Uint8Array.from({ length: 4000 }, (_, at) => (at * at * 31 + (at >> 3) * 7) % 256);
  const compound = new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
  const bomb = zip({
    '[Content_Types].xml': '',
    '_rels/.rels': rels(['officeDocument', 'word/document.xml']),
    'word/document.xml': `<w:document>${' '.repeat(32_000_000)}</w:document>`,
  });
  const entity =
    '<!DOCTYPE d [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>';
  return [
    refused('empty.txt', new Uint8Array(), 'empty'),
    { file: 'blank.txt', bytes: strToU8(' \r\n\t\n'), expect: 'no_text', code: 'no_text' },
    refused('binary.txt', noise, 'wrong_type'),
    refused('noise.pptx', noise, 'wrong_type'),
    refused('picture.pdf', strToU8('\x89PNG\r\n\x1a\n', true), 'wrong_type'),
    refused('text.xlsx', strToU8('only words'), 'wrong_type'),
    refused('old.doc', compound, 'unsupported'),
    refused('locked.xlsx', new Uint8Array([...compound, ...Buffer.from('EncryptedPackage', 'utf16le')]), 'encrypted'),
    refused('archive.zip', zip({ 'readme.txt': 'hello' }), 'unsupported'),
    refused('cut.docx', docx().subarray(0, 900), 'corrupt'),
    refused('bomb.docx', bomb, 'archive_bomb'),
    refused(
      'entity.docx',
      zip({ '_rels/.rels': rels(['officeDocument', 'word/document.xml']), 'word/document.xml': entity }),
      'archive_bomb',
    ),
    refused('broken.json', strToU8('{"a": [1, 2'), 'corrupt'),
    refused('deep.json', strToU8('['.repeat(100_000)), 'corrupt'),
    refused('unclosed.csv', strToU8('a,b\n"never closed,2\n'), 'corrupt'),
  ];
}

function text(file: string, bytes: Uint8Array, contains: string[]): Made {
  return { file, bytes, expect: 'text', contains };
}

function refused(file: string, bytes: Uint8Array, code: string): Made {
  return { file, bytes, expect: 'refuse', code };
}

function pdf(...parameters: Parameters<typeof writePdf>): Uint8Array {
  return Buffer.concat([...writePdf(...parameters)]);
}

/** Windows-1251: Cyrillic letters stand 0x350 below Unicode; ё is apart. */
function cyrillic(text: string): Uint8Array {
  return Uint8Array.from(text, (character) =>
    character === 'ё' ? 0xb8 : character > '\u007f' ? character.charCodeAt(0) - 0x350 : character.charCodeAt(0),
  );
}

function zip(parts: Record<string, string>): Uint8Array {
  const files: Zippable = {};
  for (const [name, part] of Object.entries(parts)) files[name] = [strToU8(part), { mtime: '1980-01-01T00:00:00' }];
  return zipSync(files, { level: 9 });
}

function rels(...targets: [type: string, target: string][]): string {
  const one = ([type, target]: [string, string], at: number): string =>
    `<Relationship Id="r${at + 1}" Type="http://x/relationships/${type}" Target="${target}"/>`;
  return `<Relationships>${targets.map(one).join('')}</Relationships>`;
}

function docx(): Uint8Array {
  const run = (inner: string): string => `<w:r><w:t xml:space="preserve">${inner}</w:t></w:r>`;
  const body = [
    `<w:p><w:pPr><w:pStyle w:val="H"/></w:pPr>${run('Report')}</w:p>`,
    `<w:p>${run('Kept')}<w:del><w:r><w:delText> struck out</w:delText></w:r></w:del><w:ins>${run(' and added.')}</w:ins>`,
    '<w:r><w:footnoteReference w:id="2"/></w:r></w:p>',
    `<w:tbl><w:tr><w:tc><w:p>${run('Cell')}</w:p></w:tc><w:tc><w:p>${run('Next')}</w:p></w:tc></w:tr></w:tbl>`,
    `<w:p>${run('Last.')}</w:p>`,
  ].join('');
  return zip({
    '_rels/.rels': rels(['officeDocument', 'word/document.xml']),
    'word/_rels/document.xml.rels': rels(['styles', 'styles.xml'], ['footnotes', 'footnotes.xml']),
    'word/styles.xml': '<w:styles><w:style w:styleId="H"><w:name w:val="heading 1"/></w:style></w:styles>',
    'word/footnotes.xml': `<w:footnotes><w:footnote w:id="2"><w:p>${run('A footnote.')}</w:p></w:footnote></w:footnotes>`,
    'word/document.xml': `<w:document><w:body>${body}</w:body></w:document>`,
  });
}

function pptx(): Uint8Array {
  const shape = (type: string, words: string): string =>
    `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>${words}</a:t></a:r></a:p></p:txBody></p:sp>`;
  return zip({
    '_rels/.rels': rels(['officeDocument', 'ppt/presentation.xml']),
    'ppt/_rels/presentation.xml.rels': rels(['slide', 'slides/slide1.xml'], ['slide', 'slides/slide2.xml']),
    'ppt/presentation.xml':
      '<p:presentation><p:sldIdLst><p:sldId id="257" r:id="r2"/><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
    'ppt/slides/slide1.xml': `<p:sld>${shape('title', 'First in the file')}</p:sld>`,
    'ppt/slides/_rels/slide1.xml.rels': rels(['notesSlide', '../notesSlides/notesSlide1.xml']),
    'ppt/slides/slide2.xml': `<p:sld>${shape('title', 'Second in the file')}</p:sld>`,
    'ppt/notesSlides/notesSlide1.xml': `<p:notes>${shape('body', 'Say this.')}${shape('sldNum', '7')}</p:notes>`,
  });
}

function xlsx(): Uint8Array {
  const cell = (at: string, value: string, more = ''): string => `<c r="${at}" ${more}><v>${value}</v></c>`;
  const rows = [
    `<row>${cell('A1', '0', 't="s"')}${cell('C1', '1', 't="s"')}${cell('D1', '2', 't="s"')}</row>`,
    `<row>${cell('A2', '45351', 's="1"')}${cell('C2', '0.125', 's="2"')}<c r="D2"><f>SUM(1)</f><v>610</v></c></row>`,
    `<row>${cell('A3', '45352.25', 's="1"')}${cell('D3', '987')}</row>`,
  ];
  return zip({
    '_rels/.rels': rels(['officeDocument', 'xl/workbook.xml']),
    'xl/_rels/workbook.xml.rels': rels(
      ['worksheet', 'worksheets/sheet1.xml'],
      ['sharedStrings', 'sharedStrings.xml'],
      ['styles', 'styles.xml'],
    ),
    'xl/workbook.xml': '<workbook><sheets><sheet name="Sums" sheetId="1" r:id="r1"/></sheets></workbook>',
    'xl/sharedStrings.xml': '<sst><si><t>day</t></si><si><r><t>sha</t></r><r><t>re</t></r></si><si><t>total</t></si></sst>',
    'xl/styles.xml': '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="10"/></cellXfs></styleSheet>',
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows.join('')}</sheetData></worksheet>`,
  });
}

function epub(encryption?: string): Uint8Array {
  const chapter = (title: string, words: string): string =>
    `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x.js"/></head><body><h1>${title}</h1><p>${words}</p></body></html>`;
  const item = (id: string): string => `<item id="${id}" href="${id}.xhtml" media-type="application/xhtml+xml"/>`;
  return zip({
    mimetype: 'application/epub+zip',
    'META-INF/container.xml': '<container><rootfiles><rootfile full-path="book.opf"/></rootfiles></container>',
    ...(encryption ? { 'META-INF/encryption.xml': encryption } : {}),
    'book.opf': `<package><metadata><dc:title>Book</dc:title></metadata><manifest>${item('two')}${item('one')}</manifest><spine><itemref idref="one"/><itemref idref="two"/></spine></package>`,
    'one.xhtml': chapter('Chapter one', 'It &mdash; began.'),
    'two.xhtml': chapter('Chapter two', 'It ended.'),
  });
}

if (import.meta.main) {
  rmSync(VECTORS, { recursive: true, force: true });
  mkdirSync(VECTORS, { recursive: true });
  const documents = makeDocuments();
  for (const { file, bytes } of documents) writeFileSync(join(VECTORS, file), bytes);
  const index = documents.map(({ bytes: _, contains = [], ...expectation }) => ({ ...expectation, contains }));
  writeFileSync(join(VECTORS, 'index.json'), `${JSON.stringify(index, null, 1)}\n`);
  console.log(`${documents.length} documents written`);
}
