/** Turns the rows of one table into lines that stand alone: each value with the name of its column, where the first row holds names. */
export function createRowWriter(): (cells: readonly (readonly [column: number, text: string])[]) => string {
  let names: Map<number, string> | undefined;

  return (cells) => {
    const filled = cells.map(([column, text]) => [column, text.trim()] as const).filter(([, text]) => text !== '');
    if (!names && filled.length > 0) {
      names = isHeader(filled) ? new Map(filled) : new Map();
      if (names.size > 0) return filled.map(([, text]) => text).join(' | ');
    }
    const known = names ?? new Map<number, string>();
    if (known.size === 0) return filled.map(([, text]) => text).join(' | ');
    return filled.map(([column, text]) => (known.has(column) ? `${known.get(column)}: ${text}` : text)).join('; ');
  };
}

const LONGEST_NAME = 80;

/** Names are two or more, short, different from each other, and no numbers. */
function isHeader(cells: readonly (readonly [number, string])[]): boolean {
  const texts = new Set(cells.map(([, text]) => text));
  return (
    texts.size > 1 && texts.size === cells.length && [...texts].every((text) => text.length <= LONGEST_NAME && !/^[-+\d.,%\s]+$/.test(text))
  );
}
