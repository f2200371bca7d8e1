import type { TextBlock } from './format.ts';

/** A table row longer than this, or with a heading in it, lays out a page: its paragraphs stand for themselves. */
const LONGEST_ROW = 1000;
const CELL_SEPARATOR = ' | ';

type Row = { cells: TextBlock[][] };

/** Gathers blocks in reading order; those inside table cells become rows, nested tables included. */
export type BlockCollector = {
  add: (block: TextBlock) => void;
  openTable: () => void;
  openRow: () => void;
  openCell: () => void;
  closeRow: () => void;
  closeTable: () => void;
  isInTable: () => boolean;
  /** Gives what is finished, and forgets it. */
  take: () => TextBlock[];
};

export function createBlockCollector(): BlockCollector {
  const tables: { rows: Row[]; hasRows: boolean }[] = [];
  let finished: TextBlock[] = [];

  function add(block: TextBlock): void {
    const row = tables.findLast(({ rows }) => rows.length > 0)?.rows.at(-1);
    if (!row) finished.push(block);
    else if (row.cells.length === 0) row.cells.push([block]);
    else row.cells.at(-1)?.push(block);
  }

  function closeRow(): void {
    const table = tables.at(-1);
    const row = table?.rows.pop();
    if (!table || !row) return;
    const parts = row.cells.flat();
    const isLayout = parts.some(({ heading }) => heading) || parts.reduce((sum, { text }) => sum + text.length, 0) > LONGEST_ROW;
    if (isLayout) for (const part of parts) add(part);
    else {
      const text = row.cells.map((cell) => cell.map((part) => part.text).join(' ')).join(CELL_SEPARATOR);
      if (parts.length > 0) add({ type: 'text', text, join: table.hasRows ? 'line' : 'paragraph' });
    }
    table.hasRows = true;
  }

  return {
    add,
    openTable: () => tables.push({ rows: [], hasRows: false }),
    openRow: () => tables.at(-1)?.rows.push({ cells: [] }),
    openCell: () => tables.at(-1)?.rows.at(-1)?.cells.push([]),
    closeRow,
    closeTable: () => {
      closeRow();
      tables.pop();
    },
    isInTable: () => tables.length > 0,
    take: () => {
      const taken = finished;
      finished = [];
      return taken;
    },
  };
}
