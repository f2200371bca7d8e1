import type { OfficePackage } from '../ooxml.ts';
import { attribute, visitXml } from '../xml.ts';

export type NumberStyle = 'number' | 'percent' | 'date';

/** ECMA-376 Part 1 §18.8.30: built-in formats of dates and times, those of East Asian locales included; and of per cents. */
const BUILT_IN_DATES: readonly (readonly [from: number, to: number])[] = [
  [14, 22],
  [27, 36],
  [45, 47],
  [50, 58],
];
const BUILT_IN_PERCENTS = new Set([9, 10]);
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;
/** Day 0, of the usual calendar (which counts a 29 February 1900 that never was) and of the other. */
const EPOCH_1900 = Date.UTC(1899, 11, 30);
const EPOCH_1904 = Date.UTC(1904, 0, 1);
const LAST_DAY = 2_958_466;
/** ECMA-376 allows 255 characters. */
const LONGEST_CODE = 255;

/** How each cell style shows numbers, in the order in which cells name them. */
export async function readNumberStyles({ archive, limits }: OfficePackage, part: string): Promise<NumberStyle[]> {
  const custom = new Map<number, NumberStyle>();
  const styles: NumberStyle[] = [];
  let isCellFormat = false;
  await visitXml(archive.stream(part), limits.maxDepth, {
    open: (name, attributes) => {
      if (name === 'numFmt') custom.set(Number(attribute(attributes, 'numFmtId')), styleOfCode(attribute(attributes, 'formatCode')));
      if (name === 'cellXfs') isCellFormat = true;
      if (name !== 'xf' || !isCellFormat) return;
      const id = Number(attribute(attributes, 'numFmtId'));
      styles.push(custom.get(id) ?? styleOfBuiltIn(id));
    },
    close: (name) => {
      if (name === 'cellXfs') isCellFormat = false;
    },
  });
  return styles;
}

/** Dates as `2024-02-29`, with the time where there is one; numbers in 15 digits, as the program that wrote them showed at most. */
export function formatNumber(value: string, style: NumberStyle, startsIn1904: boolean): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (style === 'percent') return `${round(number * 100)}%`;
  if (style === 'date' && number >= 0 && number < LAST_DAY) return formatDate(number, startsIn1904);
  return String(round(number));
}

function formatDate(days: number, startsIn1904: boolean): string {
  const atMs = (startsIn1904 ? EPOCH_1904 : EPOCH_1900) + Math.round((days * DAY_MS) / SECOND_MS) * SECOND_MS;
  const iso = new Date(atMs).toISOString();
  const time = iso.endsWith(':00.000Z') ? iso.slice(11, 16) : iso.slice(11, 19);
  if (days < 1) return time;
  return time === '00:00' ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${time}`;
}

function styleOfBuiltIn(id: number): NumberStyle {
  if (BUILT_IN_PERCENTS.has(id)) return 'percent';
  return BUILT_IN_DATES.some(([from, to]) => id >= from && id <= to) ? 'date' : 'number';
}

function styleOfCode(code: string): NumberStyle {
  const bare = code.slice(0, LONGEST_CODE).replaceAll(/"[^"]*"|\\.|\[[^\]]*\]|[_*]./g, '');
  if (/[ymdhs]/i.test(bare.replaceAll(/general/gi, ''))) return 'date';
  return bare.includes('%') ? 'percent' : 'number';
}

function round(number: number): number {
  return Number(number.toPrecision(15));
}
