import { posix } from 'node:path';
import { type Archive, openArchive } from '../archive.ts';
import { decodeText } from '../encoding.ts';
import { ReadFailure } from '../failures.ts';
import { ByteQueue } from '../frames.ts';
import { attribute, visitXml } from '../xml.ts';
import type { FormatEvent, Source } from './format.ts';
import { createHtmlBlocks } from './html-blocks.ts';

const CONTAINER = 'META-INF/container.xml';
const ENCRYPTION = 'META-INF/encryption.xml';
const TEXT_TYPES = new Set(['application/xhtml+xml', 'text/html', 'application/x-dtbncx+xml']);

/** EPUB: the chapters in the order of the spine. */
export async function* readEpub(source: Source): AsyncGenerator<FormatEvent> {
  const archive = openArchive(await source.all(), source.limits);
  const { title, chapters } = await readBook(archive, source);
  const locked = await readEncrypted(archive, source);
  if (chapters.some((chapter) => locked.has(chapter))) throw new ReadFailure('encrypted');
  yield { type: 'about', title };
  for (const [at, chapter] of chapters.entries()) {
    const blocks = createHtmlBlocks({ isXhtml: true });
    for await (const text of decodeText(new ByteQueue(archive.stream(chapter)), 'utf-8')) {
      blocks.write(text);
      yield* blocks.take();
    }
    blocks.end();
    yield* blocks.take();
    yield { type: 'progress', done: at + 1, total: chapters.length, unit: 'chapters' };
  }
}

/** Reads the package document: its title, and the text files of its spine. */
async function readBook(archive: Archive, { limits }: Source): Promise<{ title: string; chapters: string[] }> {
  const book = await findPackage(archive, limits.maxDepth);
  const folder = posix.dirname(book);
  const items = new Map<string, string>();
  const spine: string[] = [];
  let title = '';
  let isTitle = false;
  await visitXml(archive.stream(book), limits.maxDepth, {
    open: (name, attributes) => {
      isTitle = name === 'title' && title === '';
      if (name === 'item' && TEXT_TYPES.has(attribute(attributes, 'media-type')))
        items.set(attribute(attributes, 'id'), posix.join(folder, decodePath(attribute(attributes, 'href'))));
      if (name === 'itemref') spine.push(attribute(attributes, 'idref'));
    },
    text: (text) => {
      if (isTitle) title += text;
    },
    close: () => {
      isTitle = false;
    },
  });
  const chapters = spine.map((id) => items.get(id)).filter((part) => part !== undefined && archive.has(part));
  if (spine.length === 0) throw new ReadFailure('corrupt');
  return { title, chapters: chapters.filter((part) => part !== undefined) };
}

async function findPackage(archive: Archive, maxDepth: number): Promise<string> {
  let path = '';
  await visitXml(archive.stream(CONTAINER), maxDepth, {
    open: (name, attributes) => {
      if (name === 'rootfile') path ||= attribute(attributes, 'full-path');
    },
  });
  return path;
}

/** Files that cannot be read without a key. Fonts are often among them; only chapters matter. */
async function readEncrypted(archive: Archive, { limits }: Source): Promise<Set<string>> {
  const locked = new Set<string>();
  if (!archive.has(ENCRYPTION)) return locked;
  await visitXml(archive.stream(ENCRYPTION), limits.maxDepth, {
    open: (name, attributes) => {
      if (name === 'CipherReference') locked.add(decodePath(attribute(attributes, 'URI')));
    },
  });
  return locked;
}

/** A path of the book from a URL: without its fragment, escapes resolved. */
function decodePath(url: string): string {
  const path = url.split('#')[0] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
