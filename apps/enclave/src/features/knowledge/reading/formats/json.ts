import { countBytes } from '../byte-progress.ts';
import { decodeText } from '../encoding.ts';
import { ByteQueue } from '../frames.ts';
import type { FormatEvent, Source } from './format.ts';
import { createJsonLines } from './json-lines.ts';

/** JSON, or one JSON value a line: each value on a line with the path that leads to it. */
export async function* readJson(source: Source): AsyncGenerator<FormatEvent> {
  const bytes = countBytes(source.stream(), source.sizeBytes);
  const lines = createJsonLines(source.limits.maxDepth);
  for await (const text of decodeText(new ByteQueue(bytes.stream), source.charset ?? 'utf-8')) {
    lines.write(text);
    yield* lines.take();
    yield bytes.progress();
  }
  lines.end();
  yield* lines.take();
}
