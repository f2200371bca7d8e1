import { openArchive } from '../archive.ts';
import { findMainPart, type OfficePackage, readOfficeTitle, readRelationships } from '../ooxml.ts';
import { attribute, visitXml, walkXml, type XmlAttributes } from '../xml.ts';
import type { FormatEvent, Source } from './format.ts';
import { createRowWriter } from './rows.ts';
import { formatNumber, type NumberStyle, readNumberStyles } from './xlsx-numbers.ts';

const LAST_COLUMN = 16_384;

type Sheet = { name: string; part: string };
type Workbook = { sheets: Sheet[]; strings: string[]; styles: NumberStyle[]; startsIn1904: boolean };

/** XLSX: each sheet a section, each row a line, formulas as the values that were last computed. */
export async function* readXlsx(source: Source): AsyncGenerator<FormatEvent> {
  const office: OfficePackage = { archive: openArchive(await source.all(), source.limits), limits: source.limits };
  yield { type: 'about', title: await readOfficeTitle(office) };
  const workbook = await readWorkbook(office);
  for (const [at, sheet] of workbook.sheets.entries()) {
    yield* readSheet(office, sheet, workbook);
    yield { type: 'progress', done: at + 1, total: workbook.sheets.length, unit: 'sheets' };
  }
}

async function readWorkbook(office: OfficePackage): Promise<Workbook> {
  const main = await findMainPart(office);
  const relationships = await readRelationships(office, main);
  const partOf = (type: string): string | undefined => relationships.find((one) => one.type === type && office.archive.has(one.part))?.part;
  const sheets: Sheet[] = [];
  let startsIn1904 = false;
  await visitXml(office.archive.stream(main), office.limits.maxDepth, {
    open: (name, attributes) => {
      if (name === 'workbookPr') startsIn1904 = /^(1|true)$/.test(attribute(attributes, 'date1904'));
      if (name !== 'sheet') return;
      const part = relationships.find(({ id, type }) => id === attribute(attributes, 'id') && type === 'worksheet')?.part;
      if (part !== undefined && office.archive.has(part)) sheets.push({ name: attribute(attributes, 'name'), part });
    },
  });
  const strings = partOf('sharedStrings');
  const styles = partOf('styles');
  return {
    sheets,
    startsIn1904,
    strings: strings === undefined ? [] : await readStrings(office, strings),
    styles: styles === undefined ? [] : await readNumberStyles(office, styles),
  };
}

async function readStrings({ archive, limits }: OfficePackage, part: string): Promise<string[]> {
  const strings: string[] = [];
  let text = '';
  let isText = false;
  let isPhonetic = false;
  await visitXml(archive.stream(part), limits.maxDepth, {
    open: (name) => {
      if (name === 'si') text = '';
      else if (name === 'rPh') isPhonetic = true;
      isText = name === 't' && !isPhonetic;
    },
    text: (piece) => {
      if (isText) text += piece;
    },
    close: (name) => {
      isText = false;
      if (name === 'si') strings.push(text);
      if (name === 'rPh') isPhonetic = false;
    },
  });
  return strings;
}

/** A sheet without any value yields nothing, not even its name. */
async function* readSheet({ archive, limits }: OfficePackage, { name, part }: Sheet, workbook: Workbook): AsyncGenerator<FormatEvent> {
  const write = createRowWriter();
  let rows: string[] = [];
  let cells: [number, string][] = [];
  let column = 0;
  let cell: XmlAttributes = {};
  let value = '';
  let isValue = false;
  let isNamed = false;
  const walk = walkXml(archive.stream(part), limits.maxDepth, {
    open: (element, attributes) => {
      if (element === 'c') {
        column = columnOf(attribute(attributes, 'r')) ?? column + 1;
        cell = attributes;
        value = '';
      } else if (element === 'row') column = 0;
      isValue = element === 'v' || element === 't';
    },
    text: (text) => {
      if (isValue) value += text;
    },
    close: (element) => {
      isValue = false;
      if (element === 'c' && value !== '' && column <= LAST_COLUMN) cells.push([column, toText(value, cell, workbook)]);
      if (element !== 'row') return;
      const row = write(cells);
      if (row) rows.push(row);
      cells = [];
    },
  });
  for await (const _ of walk) {
    if (rows.length > 0 && !isNamed) yield { type: 'text', text: name, heading: 1 };
    isNamed ||= rows.length > 0;
    for (const text of rows) yield { type: 'text', text, join: 'line' };
    rows = [];
  }
}

/** `BC12` is column 55. */
function columnOf(reference: string): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/.exec(reference)?.[0];
  return letters === undefined ? undefined : [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

function toText(value: string, cell: XmlAttributes, { strings, styles, startsIn1904 }: Workbook): string {
  const type = attribute(cell, 't');
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (type !== '' && type !== 'n') return value;
  return formatNumber(value, styles[Number(attribute(cell, 's'))] ?? 'number', startsIn1904);
}
