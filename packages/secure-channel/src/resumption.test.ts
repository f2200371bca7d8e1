import { expect, test } from 'vitest';
import { connectTo, echo, makeEnvironment, makeServer, post, type Tap } from './test-environment.ts';

const HOUR_MS = 3_600_000;

/** A server whose clock and generation the test moves, and a count of quotes. */
function movable() {
  const state = { now: Date.UTC(2026, 0, 1), generation: '1', quotes: 0 };
  const server = makeServer({
    now: () => new Date(state.now),
    environment: () => makeEnvironment('identity', {}, state.generation),
    evidence: async (reportData) => {
      state.quotes++;
      return new Uint8Array(reportData);
    },
  });
  return { state, server };
}

async function resumptionOf(server: ReturnType<typeof makeServer>) {
  using channel = await connectTo(server);
  const resume = channel.resumption();
  if (!resume) throw new Error('no ticket');
  return resume;
}

test('a resumed session needs no new evidence, has other keys and can be resumed again', async () => {
  const { server, state } = movable();
  const resume = await resumptionOf(server);
  using first = await connectTo(server, echo, { resume });
  using second = await connectTo(server, echo, { resume });
  const again = first.resumption();
  using third = await connectTo(server, echo, again ? { resume: again } : {});
  expect(state.quotes).toBe(1);
  expect(first.export('x', 32)).not.toEqual(second.export('x', 32));
  for (const channel of [first, second, third]) {
    expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
    expect(channel.proof).toBe('genuine');
  }
});

test.each([
  ['an hour without use', { now: HOUR_MS + 1 }],
  ['a change of key epoch, release, policy or collateral', { generation: '2' }],
])('after %s there is a full handshake instead', async (_name, { now = 0, generation = '1' }: { now?: number; generation?: string }) => {
  const { server, state } = movable();
  const resume = await resumptionOf(server);
  state.now += now;
  state.generation = generation;
  using channel = await connectTo(server, echo, { resume });
  expect(state.quotes).toBe(2);
  expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
});

test('resuming again and again ends five hours after the full handshake', async () => {
  const { server, state } = movable();
  let resume = await resumptionOf(server);
  for (let minutes = 0; minutes <= 330; minutes += 50) {
    using channel = await connectTo(server, echo, { resume });
    resume = channel.resumption() ?? resume;
    expect(state.quotes).toBe(minutes <= 300 ? 1 : 2);
    state.now += 50 * 60_000;
  }
});

test('a session in use gets fresh tickets inside the channel, and ends after five hours', async () => {
  const { server, state } = movable();
  using channel = await connectTo(server);
  for (let minutes = 0; minutes < 300; minutes += 50) {
    expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
    state.now += 50 * 60_000;
  }
  const resume = channel.resumption();
  state.now -= 30 * 60_000;
  using resumed = await connectTo(server, echo, resume ? { resume } : {});
  expect(state.quotes).toBe(1);
  state.now += 30 * 60_000;
  await expect(channel.fetch(post('/x', 'hi'))).rejects.toMatchObject({ code: 'rehandshake', resend: 'same-key' });
  await expect(resumed.fetch(post('/x', 'hi'))).rejects.toMatchObject({ code: 'rehandshake' });
});

test('a live session ends with its generation', async () => {
  const { server, state } = movable();
  using channel = await connectTo(server);
  state.generation = '2';
  await expect(channel.fetch(post('/x', 'hi'))).rejects.toMatchObject({ code: 'rehandshake' });
});

test('a server that does not know a session or a ticket answers rehandshake', async () => {
  using one = makeServer();
  using other = makeServer();
  const resume = await resumptionOf(one);
  const codes: unknown[] = [];
  const tap: Tap = {
    down(body) {
      codes.push(body[0] === '{'.charCodeAt(0) ? JSON.parse(new TextDecoder().decode(body)).code : 'answer');
      return body;
    },
  };
  using channel = await connectTo(other, echo, { resume }, tap);
  expect(codes).toEqual(['rehandshake', 'answer']);
  expect((await channel.fetch(post('/x', 'hi'))).status).toBe(200);
});

test('a resumed answer of another enclave, which lacks the secret, opens nothing', async () => {
  using server = makeServer();
  const resume = await resumptionOf(server);
  await expect(connectTo(server, echo, { resume: { ...resume, psk: new Uint8Array(32) } })).rejects.toMatchObject({
    code: 'handshake_failed',
  });
});

test('a new release is not resumed even if the server would', async () => {
  let environment = makeEnvironment();
  using server = makeServer({ environment: () => environment });
  const resume = await resumptionOf(server);
  environment = { ...environment, release: new TextEncoder().encode('release 2') };
  using channel = await connectTo(server, echo, { resume });
  expect(new TextDecoder().decode(channel.peer.release)).toBe('release 2');
});
