/** A run of text on a page as pdf.js gives it: `transform` holds scale and position in points, y upwards. */
export type TextItem = { str: string; transform: number[]; width: number; height: number; hasEOL: boolean };

/** A line of text. All lengths are in points; `y` grows downwards. `isBeside`: it stands in one row with the line before it. */
export type Line = { text: string; left: number; right: number; y: number; size: number; isBeside: boolean };

/** Runs of a row that are this many times the size of their letters apart are lines of their own. */
const WIDE_GAP = 1.5;
/** Two columns are two when this many rows show both, nearly all right ones begin at one place, and both hold words rather than numbers. */
const ROWS_OF_COLUMNS = 12;
const SAME_PLACE = 6;
const NEARLY_ALL = 0.75;
const WORDS_OF_COLUMN = 12;

/** Joins runs into lines, in reading order: the order in which the file draws them, but where rows cross two columns, column by column. */
export function toLines(items: readonly TextItem[]): Line[] {
  const lines = splitRows(items);
  const gutter = findGutter(lines);
  return gutter === undefined ? joinRows(lines) : readColumns(lines, gutter);
}

/** pdf.js itself joins runs that stand on one line and puts spaces between them, however far they are apart. */
function splitRows(items: readonly TextItem[]): Line[] {
  const lines: Line[] = [];
  let line: Line | undefined;
  const push = (): void => {
    if (line && line.text.trim() !== '') lines.push(line);
    line = undefined;
  };
  for (const { str, transform, width, hasEOL } of items) {
    const [a = 0, b = 0, , , x = 0, y = 0] = transform;
    if (str.trim() !== '') {
      const [left, top] = Math.abs(a) >= Math.abs(b) ? [x, -y] : [y, x];
      const size = Math.round(2 * Math.hypot(a, b)) / 2;
      const isBeside: boolean = line !== undefined && line.text.trim() !== '' && left - line.right > WIDE_GAP * size;
      if (isBeside) push();
      line ??= { text: '', left, right: left, y: top, size: 0, isBeside };
      line.size = Math.max(line.size, size);
      line.left = Math.min(line.left, left);
      line.right = Math.max(line.right, left + width);
      line.y = top;
    }
    if (line) line.text += str;
    if (hasEOL) push();
  }
  push();
  return lines;
}

/** Where the right one of two columns begins; undefined on a page of one column, of more, or with a table. */
function findGutter(lines: readonly Line[]): number | undefined {
  const beside = lines.filter(({ isBeside }) => isBeside);
  if (beside.length < ROWS_OF_COLUMNS) return undefined;
  const lefts = beside.map(({ left }) => left).sort((one, other) => one - other);
  const gutter = lefts[Math.floor(lefts.length / 2)] ?? 0;
  const right = beside.filter(({ left }) => Math.abs(left - gutter) <= SAME_PLACE);
  const left = lines.filter((_, at) => lines[at + 1]?.isBeside);
  const isText = (column: Line[]): boolean => column.reduce((sum, { text }) => sum + text.length, 0) >= WORDS_OF_COLUMN * column.length;
  return right.length >= NEARLY_ALL * beside.length && isText(left) && isText(right) ? gutter : undefined;
}

function joinRows(lines: readonly Line[]): Line[] {
  const rows: Line[] = [];
  for (const line of lines) {
    const row = line.isBeside ? rows.at(-1) : undefined;
    if (row) Object.assign(row, { text: `${row.text.trimEnd()} ${line.text}`, right: line.right, size: Math.max(row.size, line.size) });
    else rows.push(line);
  }
  return rows;
}

/** Lines that cross the gutter stand between the columns above them and those below. */
function readColumns(lines: readonly Line[], gutter: number): Line[] {
  const ordered: Line[] = [];
  let right: Line[] = [];
  for (const line of lines) {
    if (line.left >= gutter - SAME_PLACE) right.push(line);
    else if (line.right <= gutter) ordered.push(line);
    else {
      ordered.push(...right, line);
      right = [];
    }
  }
  return [...ordered, ...right];
}
