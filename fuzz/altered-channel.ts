/** Every bit and every length of what passes between client and server: refused by whoever notices first, always in words of the protocol. */
import { connect } from '../packages/secure-channel/src/client/connect.ts';
import { ChannelError } from '../packages/secure-channel/src/errors.ts';
import {
  connectTo,
  echo,
  makeServer,
  post,
  seededRandom,
  type Tap,
  tokens,
  URL_OF_CHANNEL,
  verifyTestEvidence,
} from '../packages/secure-channel/src/test-environment.ts';
import type { Bytes } from './mutate-bytes.ts';
import type { Target } from './target.ts';

export async function alteredChannel(): Promise<Target[]> {
  return [...(await handshakes(2)), ...(await handshakes(1)), ...(await sealedRequests()), ...(await sealedResponses())];
}

type Alter = (body: Bytes, n: number) => Bytes;

const flipAnyBit: Alter = (body, n) => flip(body, n);
/** For the long keys of suite 1, whose handshakes cost most: one bit of each byte. */
const flipOneOfByte: Alter = (body, n) => flip(body, 8 * n + (n % 8));
const cut: Alter = (body, n) => body.slice(0, n);

function flip(body: Bytes, bit: number): Bytes {
  return body.with(bit >> 3, (body[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
}

async function handshakes(suite: 1 | 2): Promise<Target[]> {
  const server = makeServer({ suites: [suite] });
  const seen: Bytes[] = [];
  const keep = (body: Bytes) => {
    seen.push(body);
    return body;
  };
  await connectTo(server, echo, { suites: [suite] }, { up: keep, down: keep });
  const [hello, answer] = seen;
  if (!hello || !answer) throw new Error('No handshake was seen.');
  const refused = (name: string, side: 'up' | 'down', count: number, alter: Alter): Target => ({
    name: `${name} in suite ${suite}`,
    count,
    run: (n) => refusal(connectTo(server, echo, { suites: [suite] }, { [side]: (body: Bytes) => alter(body, n) } satisfies Tap)),
  });
  const [flips, perByte] = suite === 2 ? [flipAnyBit, 8] : [flipOneOfByte, 1];
  return [
    refused('bits of hellos', 'up', perByte * hello.length, flips),
    refused('lengths of hellos', 'up', hello.length, cut),
    refused('bits of answers', 'down', perByte * answer.length, flips),
    refused('lengths of answers', 'down', answer.length, cut),
  ];
}

async function sealedRequests(): Promise<Target[]> {
  let runs = 0;
  const handler = async (request: Request) => {
    await request.text();
    runs++;
    return new Response(null, { status: 204 });
  };
  const server = makeServer({ suites: [2] });
  let sealed: Bytes | undefined;
  const transport = async (request: Request) => {
    const body = new Uint8Array(await request.arrayBuffer());
    if (body[0] === 0) return new Response((await server.answer(body, handler)).body);
    sealed = body;
    throw new TypeError('kept back');
  };
  const channel = await connect({ url: URL_OF_CHANNEL, transport, verify: verifyTestEvidence, suites: [2] });
  await refusal(channel.fetch(post('/pay', 'x'.repeat(400))));
  if (!sealed) throw new Error('No request was seen.');
  const original = sealed;
  const refused = (name: string, count: number, alter: Alter): Target => ({
    name: `${name} of sealed requests`,
    count,
    async run(n) {
      const { status, body } = await server.answer(alter(original, n), handler);
      const said = body instanceof Uint8Array ? new TextDecoder().decode(body) : 'a stream';
      if (runs > 0) return 'the handler ran to its end';
      return status >= 400 && /^\{"code":"(record_refused|malformed_message|rehandshake)"\}$/.test(said)
        ? undefined
        : `answered ${status} ${said}`;
    },
  });
  return [refused('bits', 8 * original.length, flipAnyBit), refused('lengths', original.length, cut)];
}

async function sealedResponses(): Promise<Target[]> {
  const server = makeServer({ suites: [2], coalesceMs: 0, random: seededRandom('responses') });
  let alter = (body: Bytes) => body;
  let size = 0;
  const down = (body: Bytes, count: number) => {
    if (count === 0) return body;
    size = body.length;
    return alter(body);
  };
  const channel = await connectTo(server, () => tokens(3), { suites: [2] }, { down });
  const whole = await (await channel.fetch(post('/x', ''))).text();
  const refused = (name: string, count: number, change: Alter): Target => ({
    name: `${name} of sealed responses`,
    count,
    async run(n) {
      alter = (body) => change(body, n);
      let text = '';
      try {
        for await (const chunk of (await channel.fetch(post('/x', ''))).body ?? []) text += new TextDecoder().decode(chunk);
      } catch (error) {
        if (!(error instanceof ChannelError)) throw error;
        return whole.startsWith(text) ? undefined : `read ${JSON.stringify(text)} before the end`;
      }
      return 'ended as if nothing had happened';
    },
  });
  return [refused('bits', 8 * size, flipAnyBit), refused('lengths', size, cut)];
}

async function refusal(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ChannelError) return undefined;
    throw error;
  }
  return 'opened as if nothing had happened';
}
