import type { ReactNode } from 'react';

export interface Column<Row> {
  id: string;
  header: string;
  /** Numbers stand at the end of their column. */
  numeric?: boolean;
  /** The header is only read out, as for a column of buttons. */
  hiddenHeader?: boolean;
  cell: (row: Row) => ReactNode;
}

/** A real table; under 768 px each row becomes a card of the same data. The first column names the row. */
export function DataTable<Row>({
  caption,
  columns,
  rows,
  rowKey,
}: {
  /** Read out only: what the table holds. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}) {
  return (
    <div className="overflow-x-auto rounded-card border border-line bg-surface">
      <table className="w-full text-start text-body max-md:block">
        <caption className="sr-only">{caption}</caption>
        <thead className="max-md:sr-only">
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={`px-3 py-2 text-dense font-medium text-muted ${column.numeric ? 'text-end' : 'text-start'}`}
              >
                {column.hiddenHeader ? <span className="sr-only">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="max-md:block">
          {rows.map((row) => (
            <tr key={rowKey(row)} className="border-b border-line last:border-b-0 max-md:flex max-md:flex-col max-md:gap-1 max-md:p-3">
              {columns.map((column, index) => (
                <Cell key={column.id} column={column} row={row} isName={index === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<Row>({ column, row, isName }: { column: Column<Row>; row: Row; isName: boolean }) {
  const look = `h-11 px-3 py-1.5 max-md:flex max-md:h-auto max-md:min-h-6 max-md:items-center max-md:gap-2 max-md:p-0 ${column.numeric ? 'text-end tabular-nums max-md:justify-start' : 'text-start'}`;
  const label = !isName && !column.hiddenHeader && (
    <span aria-hidden className="w-32 shrink-0 text-start text-dense text-muted md:hidden">
      {column.header}
    </span>
  );
  return isName ? (
    <th scope="row" className={`font-medium ${look}`}>
      {column.cell(row)}
    </th>
  ) : (
    <td className={look}>
      {label}
      {column.cell(row)}
    </td>
  );
}
