// The channel over real sockets: what a client may cost the server before anything is opened.
import { connect } from 'node:net';
import { RATES } from '@privexbot/contract';
import { beforeEach, expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { RateLimiter } from './limits.ts';
import { listen } from './listen.ts';
import { openSecureChannel } from './secure-channel.ts';

const ADDRESS = '127.0.0.1';
const HELLO = '\x00';
const NONSENSE = '\x09';

const log = createLog('silent');
let limiter: RateLimiter;
beforeEach(() => {
  limiter = new RateLimiter(() => new Date(0));
});

/** Sends one request whose body goes on, and gives the start of what comes back. */
async function begin(target: string, head: string, body: string): Promise<string> {
  const unasked = () => {
    throw new Error('nothing was opened');
  };
  using channel = openSecureChannel({ environment: unasked, evidence: unasked, limiter, log, now: () => new Date(0) }, false);
  const app = {
    fetch: (request: Request) => channel.handle(request, unasked, ADDRESS),
    sealed: { takes: channel.takes, serve: (...streams: Streams) => channel.serve(...streams, unasked, ADDRESS) },
  };
  await using server = await listen(app, { host: ADDRESS, port: 0 });
  const socket = connect(server.port, ADDRESS);
  try {
    socket.write(`POST ${target} HTTP/1.1\r\nhost: enclave.example\r\n${head}\r\n\r\n${body}`);
    return await new Promise((resolve, reject) => {
      socket.once('data', (bytes) => resolve(String(bytes)));
      socket.once('error', reject);
    });
  } finally {
    socket.destroy();
  }
}

type Streams = Parameters<NonNullable<Parameters<typeof listen>[0]['sealed']>['serve']>;

const chunked = (text: string) => ['transfer-encoding: chunked', `${text.length.toString(16)}\r\n${text}\r\n`] as const;
const whole = (text: string) => [`content-length: ${text.length}`, text] as const;
/** The second and third are the channel's address only for those who read addresses as `URL` does. */
const targets = ['/channel', 'http://enclave.example/channel', '/channel#part'];

test.each(targets)('a body at %s that means nothing is refused at its first byte, not gathered to its end', async (target) => {
  expect(await begin(target, ...chunked(NONSENSE))).toMatch(/^HTTP\/1\.1 400/);
});

test.each(targets)('hellos at %s count against the address they come from, with or without a length', async (target) => {
  for (let left = RATES.handshake.burst; left > 0; left--) limiter.take('handshake', ADDRESS);
  expect(await begin(target, ...whole(HELLO))).toMatch(/^HTTP\/1\.1 503/);
  const [head, start] = chunked(HELLO);
  expect(await begin(target, head, `${start}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 503/);
});
