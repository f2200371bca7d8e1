import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDcapMachine, writeCollateral, writeQuote } from '@privexbot/attestation/simulation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hex, sha256, sha384 } from '../registers.ts';
import { openDstack } from './dstack.ts';
import { type Answer, BASE, judge, makeFolder, openGuestAgent, REPORT_DATA, register } from './imitations.fixture.ts';

const intel = await createDcapMachine(new Date());
let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const APP_COMPOSE = '{"name":"privexbot","docker_compose_file":"services: {}"}';

const RUNTIME_EVENT = 0x08000001;
const event = (name: string, payload: Uint8Array) => {
  const type = Buffer.alloc(4);
  type.writeUInt32LE(RUNTIME_EVENT);
  const digest = sha384(new Uint8Array(Buffer.concat([type, Buffer.from(`:${name}:`), payload])));
  return { imr: 3, event_type: RUNTIME_EVENT, digest: hex(digest), event: name, event_payload: hex(payload) };
};
const extend = (digests: readonly string[]) =>
  digests.reduce((value, digest) => sha384(Buffer.concat([value, Buffer.from(digest, 'hex')])), register(0));
const agent = (log = [event('app-id', Uint8Array.of(1)), event('compose-hash', sha256(APP_COMPOSE))], compose = APP_COMPOSE) => ({
  Info: () => ({ app_id: '01', tcb_info: JSON.stringify({ app_compose: compose, event_log: [] }) }),
  GetQuote: async ({ report_data }: Record<string, unknown>) => {
    const rtmrs = [register(0), register(0), register(0), extend(log.map(({ digest }) => digest))] as const;
    const quote = await writeQuote(intel, { reportData: new Uint8Array(Buffer.from(String(report_data), 'hex')), rtmrs });
    return { quote: hex(quote), event_log: JSON.stringify(log), report_data, vm_config: '{}' };
  },
});

test('gives the quote with the log and the compose file that RTMR3 holds', async () => {
  const socketPath = join(folder, 'dstack.sock');
  await writeFile(join(folder, 'collateral.json'), JSON.stringify(await writeCollateral(intel)));
  await using _ = await openGuestAgent(socketPath, agent());
  await using tee = await openDstack({ ...BASE, collateralFolder: folder, socketPath });
  expect(tee.registers.compose_hash).toBe(hex(sha256(APP_COMPOSE)));
  expect(await judge(await tee.attest(REPORT_DATA), intel.root)).toEqual({ verdict: 'verified', failed: [] });
});

test.each<[string, Record<string, Answer>, RegExp]>([
  ['shows another compose file', agent(undefined, '{"name":"other"}'), /does not fit the registers/],
  ['has no compose file in its log', agent([event('app-id', Uint8Array.of(1))]), /does not fit the registers/],
  ['does not know its compose file', { ...agent(), Info: () => ({ tcb_info: '' }) }, /does not say which app-compose\.json/],
  ['says nothing of itself', { ...agent(), Info: () => ({}) }, /has no tcb_info/],
  ['gives no quote', { ...agent(), GetQuote: () => ({ event_log: '[]' }) }, /has no quote/],
  ['speaks another language', { ...agent(), GetQuote: () => '<html>' }, /GetQuote is not JSON/],
  ['is of another time', { Info: agent().Info }, /refused GetQuote \(status 400\)/],
])('an agent that %s stops the start', async (_, methods, message) => {
  const socketPath = join(folder, 'dstack.sock');
  await using server = await openGuestAgent(socketPath, methods);
  await expect(openDstack({ ...BASE, socketPath })).rejects.toThrow(message);
  expect(server.listening).toBe(true);
});

test('a machine without the agent is told so', async () => {
  await expect(openDstack({ ...BASE, socketPath: join(folder, 'none.sock') })).rejects.toThrow(
    /none\.sock cannot be reached \(ENOENT\).*Mount/,
  );
});
