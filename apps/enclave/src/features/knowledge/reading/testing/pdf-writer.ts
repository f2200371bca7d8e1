// A small PDF writer for tests and benches: Helvetica, one column, text that may be any printable ASCII (ISO 32000-2 §7.5).

const encoder = new TextEncoder();
/** Long documents have a tree of pages, not one list: readers take time for each sibling. */
const PAGES_OF_NODE = 100;

/** Pages of lines, as the bytes of a PDF, piece by piece. Lines hold no parentheses or backslashes. */
export function* writePdf(pageCount: number, linesOf: (page: number) => readonly string[], trailer = ''): Generator<Uint8Array> {
  const offsets: number[] = [];
  let written = 0;
  const piece = (text: string): Uint8Array => {
    const bytes = encoder.encode(text);
    written += bytes.length;
    return bytes;
  };
  const object = (number: number, body: string): Uint8Array => {
    offsets[number] = written;
    return piece(`${number} 0 obj\n${body}\nendobj\n`);
  };
  const pageObject = (page: number): number => 2 * page + 2;
  const nodeObject = (node: number): number => pageObject(pageCount + 1) + node;
  const parentOf = (page: number): number => nodeObject(Math.floor((page - 1) / PAGES_OF_NODE));

  yield piece('%PDF-1.7\n');
  yield object(1, '<< /Type /Catalog /Pages 2 0 R >>');
  const nodes = Array.from({ length: Math.ceil(pageCount / PAGES_OF_NODE) }, (_, at) => nodeObject(at));
  yield object(2, `<< /Type /Pages /Kids [${nodes.map(toReference).join(' ')}] /Count ${pageCount} >>`);
  yield object(3, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  for (let page = 1; page <= pageCount; page++) {
    const content = `BT /F1 11 Tf 14 TL 72 760 Td ${linesOf(page)
      .map((line) => `(${line}) Tj T*`)
      .join('\n')} ET`;
    const contents = pageObject(page) + 1;
    const resources = '<< /Font << /F1 3 0 R >> >>';
    yield object(
      pageObject(page),
      `<< /Type /Page /Parent ${parentOf(page)} 0 R /MediaBox [0 0 612 792] /Resources ${resources} /Contents ${contents} 0 R >>`,
    );
    yield object(contents, `<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  for (const [at, node] of nodes.entries()) {
    const first = at * PAGES_OF_NODE + 1;
    const count = Math.min(PAGES_OF_NODE, pageCount - first + 1);
    const kids = Array.from({ length: count }, (_, kid) => toReference(pageObject(first + kid))).join(' ');
    yield object(node, `<< /Type /Pages /Parent 2 0 R /Kids [${kids}] /Count ${count} >>`);
  }
  const start = written;
  const rows = offsets.slice(1).map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
  yield piece(`xref\n0 ${offsets.length}\n0000000000 65535 f \n${rows.join('')}`);
  yield piece(`trailer\n<< /Size ${offsets.length} /Root 1 0 R ${trailer}>>\nstartxref\n${start}\n%%EOF\n`);
}

function toReference(object: number): string {
  return `${object} 0 R`;
}

/** Forty lines of prose that differ from page to page, about 3,000 characters. */
export function proseLines(page: number): string[] {
  return Array.from(
    { length: 40 },
    (_, line) => `Page ${page}, line ${line}: the committee agreed that the report of section ${page * 7 + line} be published.`,
  );
}
