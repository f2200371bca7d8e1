/** Whatever a hostile network, client or enclave may send: answered in words of the protocol, and never read as something nobody sent. */
import { connect } from '../packages/secure-channel/src/client/connect.ts';
import { ChannelError, isChannelErrorCode, REFUSALS } from '../packages/secure-channel/src/errors.ts';
import { committedReportData } from '../packages/secure-channel/src/protocol/batch.ts';
import { concat, lengthPrefixed, readParts, readU32, u32 } from '../packages/secure-channel/src/protocol/bytes.ts';
import { portableHashes } from '../packages/secure-channel/src/protocol/hashes.ts';
import { decodeKeyConfig } from '../packages/secure-channel/src/protocol/key-config.ts';
import type { ChannelServer } from '../packages/secure-channel/src/server/server.ts';
import {
  connectTo,
  echo,
  makeEnvironment,
  makeServer,
  post,
  tokens,
  URL_OF_CHANNEL,
  verifyTestEvidence,
} from '../packages/secure-channel/src/test-environment.ts';
import { type Bytes, EDGES, mutateBytes } from './mutate-bytes.ts';
import { mutateJson } from './mutate-text.ts';
import type { Random } from './random.ts';
import { headed, rawClient, rawServer } from './raw-session.ts';
import type { Target } from './target.ts';

export async function hostileChannel(): Promise<Target[]> {
  return [
    await hellosToServer(),
    await requestsToServer(),
    await headsToServer(),
    await answersToClient(),
    await responsesToClient(),
    headsToClient(),
    statementsToClient(),
    refusalsToClient(),
    keyConfigs(),
    batchPaths(),
  ];
}

/** The network may deliver in pieces of any size. */
function inPieces(body: Bytes, random: Random): Bytes | ReadableStream<Uint8Array> {
  if (random.oneIn(2)) return body;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += pieces.at(-1)?.length || 1)
    pieces.push(body.slice(at, at + random.pick([0, 1, 3, 64, 1000, body.length])));
  if (random.oneIn(4)) pieces.push(new Uint8Array());
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
}

/** Fields get other lengths, other content, other places; or the bytes are changed as they are. */
function mutateFields(message: Bytes, count: number, random: Random, others: readonly Bytes[]): Bytes {
  if (random.oneIn(3)) return mutateBytes(message, random, others);
  const fields = readParts(message.subarray(1), count);
  const strange = readParts(random.pick(others).subarray(1), count);
  for (let changes = 1 + random.below(2); changes > 0; changes--) {
    const at = random.below(fields.length);
    const field = fields[at] ?? new Uint8Array();
    const changed = [
      () => fields.splice(at, 1, mutateBytes(field, random, strange)),
      () => fields.splice(at, 1, strange[at] ?? field),
      () => fields.splice(at, 1),
      () => fields.splice(at, 0, field),
      () => fields.splice(at, 1, new Uint8Array(random.pick([0, 1, 16, 64, 513, 70_000]))),
    ];
    random.pick(changed)();
  }
  const written = lengthPrefixed(...fields);
  if (random.oneIn(6)) {
    // A length near the limits of integers, in front of one of the fields.
    let at = 0;
    for (let skip = random.below(fields.length); skip > 0; skip--) at += 4 + readU32(written, at);
    written.set(u32(random.pick(EDGES)), Math.min(at, written.length - 4));
  }
  return concat(Uint8Array.of(random.oneIn(20) ? random.below(256) : (message[0] ?? 0)), written);
}

async function answered(server: ChannelServer, body: Bytes | ReadableStream<Uint8Array>, handler = echo): Promise<string | undefined> {
  const answer = await server.answer(body, handler);
  if (answer.status === 200) {
    if (answer.body instanceof ReadableStream) await new Response(answer.body).arrayBuffer().catch(() => undefined);
    return undefined;
  }
  const { code } = JSON.parse(await new Response(answer.body).text());
  return isChannelErrorCode(code) && REFUSALS[code].status === answer.status ? undefined : `answered ${answer.status} ${code}`;
}

async function recordedHandshakes(server: ChannelServer): Promise<{ hellos: Bytes[]; answers: Bytes[] }> {
  const hellos: Bytes[] = [];
  const answers: Bytes[] = [];
  const tap = {
    up: (body: Bytes) => {
      hellos.push(body);
      return body;
    },
    down: (body: Bytes) => {
      answers.push(body);
      return body;
    },
  };
  for (const suites of [[1], [2], [2, 1]] as const) await connectTo(server, echo, { suites }, tap);
  const channel = await connectTo(server, echo, {}, tap);
  const resume = channel.resumption();
  if (resume) await connectTo(server, echo, { resume }, tap);
  return { hellos, answers };
}

async function hellosToServer(): Promise<Target> {
  const server = makeServer({ suites: [1, 2], maxUnconfirmed: 50 });
  const { hellos } = await recordedHandshakes(server);
  return {
    name: 'hellos to a server',
    run: (_, random) => answered(server, inPieces(mutateFields(random.pick(hellos), 6, random, hellos), random)),
  };
}

function framesOf(body: Uint8Array): Bytes[] {
  const frames: Bytes[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + readU32(body, at);
    frames.push(new Uint8Array(body.slice(at, end)));
    at = end;
  }
  return frames;
}

/** Frames are repeated, dropped, exchanged, taken from another stream, cut or changed. */
function mutateFrames(frames: readonly Bytes[], random: Random, others: readonly Bytes[]): Bytes {
  const changed = [...frames];
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = random.below(Math.max(1, changed.length));
    const frame = changed[at] ?? new Uint8Array(1);
    const change = [
      () => changed.splice(at, 0, frame),
      () => changed.splice(at, 1),
      () => changed.reverse(),
      () => changed.splice(at, 1, random.pick(others)),
      () => changed.splice(at, 0, random.pick(others)),
      () => changed.splice(at),
      () => changed.splice(at, 1, mutateBytes(frame, random, others)),
      () => changed.splice(at, 1, concat(u32(random.pick(EDGES)), frame.subarray(4))),
    ];
    random.pick(change)();
  }
  return concat(...changed);
}

const PREFIX_BYTES = 1 + 1 + 16 + 4;

/** What the handler reads to its end is what a client sent, whole, and each of those once. */
async function requestsToServer(): Promise<Target> {
  return {
    name: 'sealed requests to a server',
    async run(_, random) {
      const server = makeServer({ suites: [2] });
      const sent: Bytes[] = [];
      const transport = async (request: Request) => {
        const body = new Uint8Array(await request.arrayBuffer());
        if (body[0] === 0) return new Response((await server.answer(body, echo)).body);
        sent.push(body);
        throw new TypeError('kept back');
      };
      const channel = await connect({ url: URL_OF_CHANNEL, transport, verify: verifyTestEvidence, suites: [2] });
      const texts = ['one', 'two '.repeat(30_000), 'three '.repeat(40_000)];
      for (const [n, text] of texts.entries()) await channel.fetch(post(`/${n}`, text)).catch(() => undefined);
      const read: string[] = [];
      const handler = async (request: Request) => {
        const text = await request.text();
        read.push(`${request.url.at(-1)} ${text}`);
        return new Response(null, { status: 204 });
      };
      const frames = sent.map((body) => framesOf(body.subarray(PREFIX_BYTES)));
      for (let deliveries = 0; deliveries < 6; deliveries++) {
        const n = random.below(sent.length);
        const prefix = (sent[random.oneIn(6) ? random.below(sent.length) : n] ?? new Uint8Array()).slice(0, PREFIX_BYTES);
        const own = frames[n] ?? [];
        const body = random.oneIn(4)
          ? (sent[n] ?? prefix)
          : concat(random.oneIn(8) ? mutateBytes(prefix, random) : prefix, mutateFrames(own, random, frames.flat()));
        const wrong = await server.answer(inPieces(body, random), handler).then(undefined, (error: unknown) => error);
        // A body that is cut fails in the handler, whose errors are its own.
        if (wrong !== undefined && !(wrong instanceof ChannelError) && !('status' in (wrong as object))) throw wrong;
      }
      const allowed = new Set(texts.map((text, n) => `${n} ${text}`));
      for (const one of read)
        if (!allowed.delete(one)) return `read ${one.length} characters that nobody sent, or sent once: ${one.slice(0, 40)}`;
      return undefined;
    },
  };
}

async function headsToServer(): Promise<Target> {
  const HEAD = JSON.stringify({
    method: 'POST',
    path: '/v1/chat?q=1',
    headers: [
      ['content-type', 'text/plain'],
      ['accept', '*/*'],
    ],
  });
  return {
    name: 'heads of a hostile client',
    async run(_, random) {
      const server = makeServer({ suites: [2] });
      const seal = await rawClient(server);
      const head = mutateJson(HEAD, random).slice(0, 60_000);
      const content = random.oneIn(5) ? mutateBytes(headed(HEAD), random) : headed(head, random.bytes(random.below(20)));
      const contents = [content.subarray(0, 65_532), ...(random.oneIn(3) ? [new Uint8Array(), random.bytes(9)] : [])];
      const outcome = await answered(server, inPieces(seal(contents), random));
      // A request that is right is still answered in the same session.
      return outcome ?? (await answered(server, seal([headed(HEAD, new TextEncoder().encode('hi'))])));
    },
  };
}

async function answersToClient(): Promise<Target> {
  const server = makeServer({ suites: [1, 2] });
  const { answers } = await recordedHandshakes(server);
  return {
    name: 'answers to a client',
    async run(_, random) {
      let isChanged = false;
      const down = (body: Bytes) => {
        const changed = random.oneIn(12) ? random.pick(answers) : mutateFields(body, 14, random, answers);
        isChanged = Buffer.compare(body, changed) !== 0;
        return changed;
      };
      const opened = await onlyChannelErrors(connectTo(server, echo, { suites: [2] }, { down }), 'opened by a changed answer');
      return isChanged ? opened : undefined;
    },
  };
}

/** Either what was sent, or an error after a true beginning of it. */
async function responsesToClient(): Promise<Target> {
  return {
    name: 'sealed responses to a client',
    async run(_, random) {
      const server = makeServer({ suites: [2], coalesceMs: 0 });
      const kept: Bytes[] = [];
      const down = (body: Bytes, count: number) => {
        if (count === 0) return body;
        const frames = framesOf(body);
        kept.push(...frames);
        return count === 1 ? body : mutateFrames(frames, random, kept);
      };
      const channel = await connectTo(server, () => tokens(4), { suites: [2] }, { down });
      const whole = await (await channel.fetch(post('/x', ''))).text();
      let text = '';
      try {
        for await (const chunk of (await channel.fetch(post('/x', ''))).body ?? []) text += new TextDecoder().decode(chunk);
      } catch (error) {
        if (!(error instanceof ChannelError)) throw error;
        return whole.startsWith(text) ? undefined : `read ${text}`;
      }
      return text === whole ? undefined : `ended after ${JSON.stringify(text)}`;
    },
  };
}

function headsToClient(): Target {
  const HEAD = JSON.stringify({
    status: 200,
    headers: [
      ['content-type', 'text/plain'],
      ['etag', '"e"'],
    ],
    ticket: 'AAAA',
  });
  return {
    name: 'heads of a hostile enclave',
    async run(_, random) {
      const content = random.oneIn(5)
        ? mutateBytes(headed(HEAD), random)
        : headed(mutateJson(HEAD, random).slice(0, 60_000), random.bytes(random.below(20)));
      const contents = [content.subarray(0, 65_532), ...(random.oneIn(3) ? [random.bytes(9), new Uint8Array()] : [])];
      const transport = rawServer(makeEnvironment(), {}, contents, { method: 'GET', path: '/x' });
      const channel = await connect({ url: URL_OF_CHANNEL, transport, verify: verifyTestEvidence, suites: [2] });
      return onlyChannelErrors(
        channel.fetch(new Request(new URL('/x', URL_OF_CHANNEL))).then((response) => response.arrayBuffer()),
        undefined,
      );
    },
  };
}

/** Its handshake is right and its identity signs; what it states is odd. */
function statementsToClient(): Target {
  const environment = makeEnvironment();
  return {
    name: 'statements of a hostile enclave',
    run: (_, random) => {
      const lies = [
        () => ({
          batchPath: mutateBytes(concat(u32(random.below(5)), u32(random.pick(EDGES)), random.bytes(64 * random.below(12))), random),
        }),
        () => ({ ticket: random.bytes(random.below(600)) }),
        () => ({ evidence: random.bytes(random.pick([0, 1, 63, 64, 5_000])) }),
        () => ({ release: random.bytes(random.pick([0, 65_536, 65_537])) }),
        () => ({ sessionId: random.bytes(random.pick([0, 15, 16, 64, 65])) }),
        () => ({ keyConfig: mutateBytes(environment.keyConfig, random) }),
        () => ({
          ciphertext: random.pick([
            new Uint8Array(32),
            new Uint8Array(32).fill(0xff),
            random.bytes(32),
            Uint8Array.of(1, ...new Uint8Array(31)),
          ]),
        }),
        () => ({ identityKey: random.pick([new Uint8Array(32), new Uint8Array(32).fill(0xff), random.bytes(32)]) }),
        () => ({ resumed: true }),
      ];
      const verify = async (evidence: Uint8Array, reportData: Uint8Array) => verifyTestEvidence(evidence, reportData);
      const transport = rawServer(environment, random.pick(lies)(), [], { method: 'GET', path: '/x' });
      // Some statements are as good as the truth, such as another ticket.
      return onlyChannelErrors(connect({ url: URL_OF_CHANNEL, transport, verify, suites: [2] }), undefined);
    },
  };
}

function refusalsToClient(): Target {
  return {
    name: 'refusals to a client',
    run: (_, random) => {
      const body = random.pick<() => string | Uint8Array<ArrayBuffer> | null>([
        () => null,
        () => mutateJson('{"code":"rehandshake"}', random),
        () => random.bytes(random.below(3000)),
        () => '['.repeat(900),
      ])();
      const status = random.pick([200, 201, 302, 400, 404, 409, 500, 503]);
      const transport = async () => new Response(body, { status });
      return onlyChannelErrors(connect({ url: URL_OF_CHANNEL, transport, verify: verifyTestEvidence, suites: [2] }), 'opened by a refusal');
    },
  };
}

function keyConfigs(): Target {
  const text = new TextDecoder().decode(makeEnvironment().keyConfig);
  return {
    name: 'key configurations',
    async run(_, random) {
      const bytes = new TextEncoder().encode(mutateJson(text, random));
      return onlyChannelErrors(
        Promise.resolve().then(() => decodeKeyConfig(bytes)),
        undefined,
      );
    },
  };
}

function batchPaths(): Target {
  return {
    name: 'batch paths',
    async run(_, random) {
      const own = random.bytes(64);
      const path = concat(u32(random.pick(EDGES)), u32(random.pick([1, 2, 3, 4096, 4097, ...EDGES])), random.bytes(64 * random.below(14)));
      return onlyChannelErrors(
        Promise.resolve().then(() => committedReportData(portableHashes, own, mutateBytes(path, random))),
        undefined,
      );
    },
  };
}

/** @param otherwise what it is called if nothing is refused; undefined where that is allowed */
async function onlyChannelErrors(work: Promise<unknown>, otherwise: string | undefined): Promise<string | undefined> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ChannelError) return undefined;
    throw error;
  }
  return otherwise;
}
