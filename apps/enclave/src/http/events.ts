import { errorBody } from './errors.ts';
import type { PublicScope } from './scope.ts';

const encoder = new TextEncoder();

/**
 * Streams values as server-sent events, one JSON value per `data:` line. A failure on the way becomes a last event of
 * type `failed`. When the reader leaves, the source is ended.
 */
export function eventResponse(
  source: AsyncIterable<unknown>,
  { headers, requestId, fail }: Pick<PublicScope, 'headers' | 'requestId' | 'fail'>,
): Response {
  const iterator = source[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(frame(value));
      } catch (thrown) {
        const { code, message, retry, reference } = errorBody(await fail(thrown), requestId).error;
        controller.enqueue(frame({ type: 'failed', code, message, retry, reference }));
        controller.close();
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  headers.set('content-type', 'text/event-stream; charset=utf-8');
  headers.set('x-accel-buffering', 'no');
  return new Response(body, { headers });
}

function frame(value: unknown): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(value)}\n\n`);
}
