/** What turns a parsed value into what it must be, or throws. */
export interface Schema<T> {
  parse(value: unknown): T;
}

/** Reads server-sent events whose `data:` is one JSON value each. Ends when the stream ends; cancels it when the reader leaves. */
export async function* readEvents<T>(response: Response, schema: Schema<T>): AsyncGenerator<T> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      pending += value;
      const frames = pending.split('\n\n');
      pending = frames.pop() ?? '';
      for (const frame of frames) if (frame.startsWith('data: ')) yield schema.parse(JSON.parse(frame.slice(6)));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
