import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChannelError } from './errors.ts';
import { concat, readU32 } from './protocol/bytes.ts';
import { portableHashes as hashes } from './protocol/hashes.ts';
import { paddedLength, recordSender } from './protocol/records.ts';
import { receivingKeys, sendingKeys } from './protocol/traffic-keys.ts';
import { connectTo, hex, makeServer, post } from './test-environment.ts';

type Frames = Uint8Array<ArrayBuffer>[];

function framesOf(body: Uint8Array<ArrayBuffer>): Frames {
  const frames: Frames = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + readU32(body, at);
    frames.push(body.slice(at, end));
    at = end;
  }
  return frames;
}

/** A response of these chunks, its frames changed on the way. @returns what the reader got before the end, and the error instead of the end */
async function answered(chunks: string[], change: (frames: Frames, other: Frames) => Frames): Promise<{ text: string; error?: unknown }> {
  using server = makeServer({ coalesceMs: 0, suites: [2] });
  let other: Frames = [];
  const down = (body: Uint8Array<ArrayBuffer>, count: number) => {
    if (count === 0) return body;
    if (count === 1) other = framesOf(body);
    return count === 1 ? body : concat(...change(framesOf(body), other));
  };
  const handler = () => {
    const left = [...chunks];
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      await new Promise(setImmediate);
      const next = left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(next));
    };
    return new Response(new ReadableStream({ pull }));
  };
  using channel = await connectTo(server, handler, { suites: [2] }, { down });
  await (await channel.fetch(post('/a', ''))).text();
  let text = '';
  try {
    const response = await channel.fetch(post('/a', ''));
    for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk);
    return { text };
  } catch (error) {
    return { text, error };
  }
}

const someChunks = fc.array(fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme-ascii' }), { minLength: 2, maxLength: 6 });

/** Ways to change a list of frames; each names the frame it is about. */
const CHANGES: Record<string, (frames: Frames, at: number, other: Frames) => Frames> = {
  'a record repeated': (frames, at) => frames.toSpliced(at, 0, frames[at] ?? new Uint8Array()),
  'a record dropped': (frames, at) => frames.toSpliced(at, 1),
  'two records exchanged': (frames, at) => {
    const next = (at + 1) % frames.length;
    return frames.with(at, frames[next] ?? new Uint8Array()).with(next, frames[at] ?? new Uint8Array());
  },
  'a record of another stream': (frames, at, other) => frames.with(at, other[at] ?? new Uint8Array()),
  'the answer of another stream': (_frames, _at, other) => other,
  'cut before its end': (frames, at) => frames.slice(0, at),
  'cut within a record': (frames, at) => [...frames.slice(0, at), (frames[at] ?? new Uint8Array()).slice(0, -7)],
  'the end claimed too soon': (frames, at) => {
    const flagged = (frames[at] ?? new Uint8Array()).slice();
    flagged[4] = (flagged[4] ?? 0) ^ 1;
    return frames.with(at, flagged);
  },
};

test.each(Object.entries(CHANGES))('%s is an error, and what was read before is a true beginning', async (_name, change) => {
  await fc.assert(
    fc.asyncProperty(someChunks, fc.nat(), async (chunks, n) => {
      const { text, error } = await answered(chunks, (frames, other) => {
        // Repeating the last record changes nothing: nothing is read after it.
        const at = n % (frames.length - 1);
        return change(frames, at, other);
      });
      expect(error).toBeInstanceOf(ChannelError);
      expect(chunks.join('').startsWith(text)).toBe(true);
    }),
    { numRuns: 8 },
  );
});

test('any flipped bit of an answer is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (n) => {
      const { error } = await answered(['one', 'two'], (frames) => {
        const body = concat(...frames);
        const bit = n % (body.length * 8);
        body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return [body];
      });
      expect(error).toBeInstanceOf(ChannelError);
    }),
    { numRuns: 60 },
  );
});

test('unchanged frames give the answer, so the changes above are what fails', async () => {
  await fc.assert(
    fc.asyncProperty(someChunks, async (chunks) => {
      expect(await answered(chunks, (frames) => frames)).toEqual({ text: chunks.join('') });
    }),
    { numRuns: 10 },
  );
});

test('no nonce repeats under a key over a million records of a thousand interleaved streams', () => {
  let keyNumber = 0;
  const keys = sendingKeys(hashes, new Uint8Array(32), () => keyNumber++, { records: 300_000, bytes: 2 ** 30 });
  const sessionId = new Uint8Array(16);
  const context = new Uint8Array(32);
  const none = new Uint8Array();
  const streams = Array.from({ length: 1000 }, (_, n) => recordSender({ sessionId, direction: 0, streamId: n + 1, context }, keys));
  const seen = new Map<number, Set<string>>();
  for (let round = 0; round < 1000; round++)
    for (const send of streams) {
      const { key, nonce } = send(none, false);
      const ofKey = seen.get(key) ?? new Set();
      seen.set(key, ofKey.add(String.fromCharCode(...nonce)));
    }
  expect([...seen.values()].map(({ size }) => size)).toEqual([300_000, 300_000, 300_000, 100_000]);
});

test('a stream sends nothing after its end', () => {
  const keys = sendingKeys(hashes, new Uint8Array(32), () => 'key');
  const send = recordSender({ sessionId: new Uint8Array(16), direction: 0, streamId: 1, context: new Uint8Array(32) }, keys);
  send(new Uint8Array(), true);
  expect(() => send(new Uint8Array(), true)).toThrow(ChannelError);
});

test('both sides change keys together; forged generations move nothing, old ones are gone', () => {
  const secret = new Uint8Array(32).fill(7);
  const sending = sendingKeys(hashes, secret, hex, { records: 2, bytes: 2 ** 30 });
  const receiving = receivingKeys(hashes, secret, hex);
  for (const number of [0, 0, 1, 1, 2]) {
    const sent = sending.take(64);
    expect(sent.number).toBe(number);
    expect(receiving.find(sent.number)).toEqual(sent);
    receiving.opened(sent.number);
  }
  receiving.find(3);
  receiving.opened(9);
  expect(() => receiving.find(0)).toThrow(ChannelError);
  expect(() => receiving.find(4)).toThrow(ChannelError);
  expect(receiving.find(1).number).toBe(1);
});

test('a gibibyte under one key is enough', () => {
  const sending = sendingKeys(hashes, new Uint8Array(32), hex);
  const numbers = Array.from({ length: 5 }, () => sending.take(2 ** 29).number);
  expect(numbers).toEqual([0, 0, 1, 1, 2]);
});

test.each([
  [0, 64],
  [60, 64],
  [61, 256],
  [252, 256],
  [253, 1024],
  [1020, 1024],
  [1021, 2048],
  [65_532, 65_536],
])('%i bytes travel as %i', (content, padded) => expect(paddedLength(content)).toBe(padded));
