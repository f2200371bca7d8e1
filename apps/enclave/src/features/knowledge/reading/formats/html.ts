import { countBytes } from '../byte-progress.ts';
import { decodeText } from '../encoding.ts';
import { ByteQueue } from '../frames.ts';
import type { FormatEvent, Source } from './format.ts';
import { createHtmlBlocks } from './html-blocks.ts';

/** The HTML standard looks for a declared encoding in the first 1024 bytes; pages in the wild put it later. */
const DECLARATION_WITHIN = 4096;

/** HTML as text: all that a reader of the page would read, navigation aside. Nothing runs and nothing is loaded. */
export async function* readHtml(source: Source): AsyncGenerator<FormatEvent> {
  const counted = countBytes(source.stream(), source.sizeBytes);
  const bytes = new ByteQueue(counted.stream);
  const head = await bytes.take(DECLARATION_WITHIN);
  bytes.unread(head);
  const blocks = createHtmlBlocks();
  for await (const text of decodeText(bytes, source.charset ?? declaredIn(head))) {
    blocks.write(text);
    yield* blocks.take();
    yield counted.progress();
  }
  blocks.end();
  yield { type: 'about', title: blocks.title() };
  yield* blocks.take();
}

/** The encoding that the page names. One that could name itself only in ASCII is not UTF-16, whatever it says. */
function declaredIn(head: Uint8Array): string | undefined {
  const start = new TextDecoder('latin1').decode(head);
  const label = /<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(start)?.[1];
  return label && !/^utf-?16|^utf-?32/i.test(label) ? label : undefined;
}
