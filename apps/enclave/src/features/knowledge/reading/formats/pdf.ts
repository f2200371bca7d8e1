import { join } from 'node:path';
import { getDocumentProxy } from 'unpdf';
import { ReadFailure } from '../failures.ts';
import { toLine } from '../normalise.ts';
import type { FormatEvent, Source } from './format.ts';
import { createPageLayout } from './pdf-layout.ts';
import type { TextItem } from './pdf-lines.ts';

/** pdf.js keeps fonts and objects of every page it saw; they are dropped each time this many pages are done. */
const PAGES_BETWEEN_CLEANUPS = 64;
const OPTIONS = {
  cMapUrl: join(import.meta.dirname, '../cmaps/'),
  cMapPacked: true,
  disableFontFace: true,
  useSystemFonts: false,
  useWasm: false,
  enableXfa: false,
  verbosity: 0,
};

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** PDF: the text layer page by page, in the order in which the file draws it. Scripts, forms and attachments are not touched. */
export async function* readPdf(source: Source): AsyncGenerator<FormatEvent> {
  const pdf = await open(await source.all());
  const pages = pdf.numPages;
  if (pages === 0) throw new ReadFailure('corrupt');
  yield { type: 'about', pages, ...(await readTitle(pdf)) };
  const layout = createPageLayout();
  let unreadable = 0;
  for (let number = 1; number <= pages; number++) {
    const items = await readItems(pdf, number);
    if (items) for (const block of layout(items)) yield { ...block, page: number };
    else unreadable++;
    yield { type: 'progress', done: number, total: pages, unit: 'pages' };
    if (number % PAGES_BETWEEN_CLEANUPS === 0) await pdf.cleanup();
  }
  if (unreadable === pages) throw new ReadFailure('corrupt', { pages });
}

async function open(bytes: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(bytes, OPTIONS);
  } catch (error) {
    const isLocked = error instanceof Error && error.name === 'PasswordException';
    throw new ReadFailure(isLocked ? 'encrypted' : 'corrupt', {}, error);
  }
}

/** The text of one page; undefined when that page is damaged. */
async function readItems(pdf: Pdf, number: number): Promise<TextItem[] | undefined> {
  try {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    page.cleanup();
    return items.filter((item) => 'str' in item);
  } catch {
    return undefined;
  }
}

async function readTitle(pdf: Pdf): Promise<{ title?: string }> {
  try {
    const { info } = await pdf.getMetadata();
    const title = 'Title' in info && typeof info.Title === 'string' ? toLine(info.Title) : '';
    return title ? { title } : {};
  } catch {
    return {};
  }
}
