import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { anchorsFromPem } from '../anchors.ts';
import { Report } from '../checks.ts';
import { toPem } from '../simulation/authority.ts';
import { createDcapMachine, writeCollateral, writeQuote } from '../simulation/dcap.ts';
import { verifyEvidence } from '../verify.ts';
import { runtimeDigest } from './dstack.ts';
import { replayRegister, sha384 } from './replay.ts';
import { type EventLogEvidence, type MeasuredRegisters, verifyEventLog } from './verify-event-log.ts';

const SHARED = new URL('../../../../../shared/attestation-vectors/tdx/', import.meta.url);
/** Real logs are looked at where the folder is; where it is not, there are no such tests rather than skipped ones. */
const real = existsSync(SHARED) ? test.each([SHARED.pathname.split('/').at(-2)]) : () => undefined;
const NOTHING = new Uint8Array(48);

real('the firmware log of a Google machine gives all four registers of its quote', async () => {
  const { status, claims } = await check({ kind: 'tcg', log: read('gcp-cos113-eventlog/ccel_data.dat') }, quoted('gcp-cos113-eventlog'));
  expect(status).toBe('passed');
  expect(claims).toMatchObject({ events: 43, proven: 31 });
});

real('any changed digest or provable text in the firmware log is noticed', async () => {
  const log = read('gcp-cos113-eventlog/ccel_data.dat');
  const places = [0x4f, 0xbf, 0x190, 0x1b0, 0x250, log.length - 40];
  for (const at of places) {
    const altered = log.slice();
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect((await check({ kind: 'tcg', log: altered }, quoted('gcp-cos113-eventlog'))).status, `byte ${at}`).toBe('failed');
  }
});

real('a SecretVM compose file is the one in RTMR3, and no other is', async () => {
  // The root file system's digest of image v0.0.25, as its maker publishes it.
  const rootfs = Uint8Array.from(Buffer.from('2a6d16965f5ce5143bcba614bb7896cdfc598a71c6e1ecc55efd3d8f74ba7c8a', 'hex'));
  const compose = read('secretvm-docker-check/docker-compose.yaml');
  const registers = quoted('secretvm-docker-check');
  expect((await check({ kind: 'secretvm', compose, rootfs }, registers)).status).toBe('passed');
  expect((await check({ kind: 'secretvm', compose: compose.slice(1), rootfs }, registers)).status).toBe('failed');
  expect((await check({ kind: 'secretvm', compose, rootfs: rootfs.slice(1) }, registers)).status).toBe('failed');
  expect((await check({ kind: 'secretvm', compose, rootfs, files: compose }, registers)).status).toBe('failed');
});

test('a firmware log is replayed, and filling after it is skipped', async () => {
  const separator = Uint8Array.of(0, 0, 0, 0);
  const log = tcgLog([{ register: 1, type: 4, digest: await sha384(separator), data: separator }]);
  const registers = { rtmrs: [await replayRegister([await sha384(separator)]), NOTHING, NOTHING, NOTHING], mrConfigId: NOTHING };
  for (const filler of [[], [0, 0, 0], new Array<number>(64).fill(0xff)]) {
    const { status, claims } = await check({ kind: 'tcg', log: Uint8Array.of(...log, ...filler) }, registers);
    expect(status).toBe('passed');
    expect(claims).toMatchObject({ events: 1, proven: 1 });
  }
  const relabelled = tcgLog([{ register: 1, type: 4, digest: await sha384(separator), data: Uint8Array.of(1, 0, 0, 0) }]);
  expect((await check({ kind: 'tcg', log: relabelled }, registers)).explain).toMatch(/not that of its content/);
});

test('a firmware log cut at any byte, with rubbish behind it or with huge lengths is refused', async () => {
  const digest = await sha384(Uint8Array.of(7));
  const log = tcgLog([{ register: 2, type: 0x80000003, digest, data: Uint8Array.of(1, 2, 3) }]);
  const registers = { rtmrs: [NOTHING, await replayRegister([digest]), NOTHING, NOTHING], mrConfigId: NOTHING };
  expect((await check({ kind: 'tcg', log }, registers)).status).toBe('passed');
  for (let length = 0; length < log.length; length++) {
    expect((await check({ kind: 'tcg', log: log.slice(0, length) }, registers)).status, `cut at ${length}`).toBe('failed');
  }
  expect((await check({ kind: 'tcg', log: Uint8Array.of(...log, 0, 0, 1) }, registers)).status).toBe('failed');
  for (let at = 0; at < log.length - 3; at++) {
    const huge = log.slice();
    huge.fill(0xff, at, at + 4);
    await check({ kind: 'tcg', log: huge }, registers);
  }
});

test('a dstack log binds app-compose.json to RTMR3 and to MRCONFIGID', async () => {
  const { log, registers, appCompose, composeHash } = await dstackMachine();
  const { status, claims } = await check({ kind: 'dstack', log, appCompose }, registers);
  expect(status).toBe('passed');
  expect(claims?.composeHash).toEqual(composeHash);
  expect((await check({ kind: 'dstack', log, appCompose: `${appCompose} ` }, registers)).explain).toMatch(/not the one that was started/);
  const mrConfigId = Uint8Array.of(1, ...new Uint8Array(47));
  expect((await check({ kind: 'dstack', log, appCompose }, { ...registers, mrConfigId })).explain).toMatch(/MRCONFIGID/);
});

test('a dstack event with another name or payload than its digest is refused, and so is a second one of the same name', async () => {
  const machine = await dstackMachine();
  const renamed = machine.log.replace('app-id', 'app-ix');
  expect((await check({ kind: 'dstack', log: renamed }, machine.registers)).explain).toMatch(/not that of its content/);
  const otherKind = machine.log.replace('134217729', '134217730');
  expect((await check({ kind: 'dstack', log: otherKind }, machine.registers)).explain).toMatch(/cannot be computed/);
  const twice = await dstackMachine([['compose-hash', new Uint8Array(32)]]);
  expect((await check({ kind: 'dstack', log: twice.log }, twice.registers)).explain).toMatch(/more than one event compose-hash/);
  const dropped = JSON.stringify(JSON.parse(machine.log).slice(1));
  expect((await check({ kind: 'dstack', log: dropped }, machine.registers)).explain).toMatch(/RTMR0/);
});

test('a quote with a log is verified only if the log fits it, and then names the compose file', async () => {
  const { log, registers, appCompose, composeHash } = await dstackMachine();
  const [rtmr0 = NOTHING, rtmr1 = NOTHING, rtmr2 = NOTHING, rtmr3 = NOTHING] = registers.rtmrs;
  const machine = await createDcapMachine(new Date('2026-03-01T12:00:00Z'));
  const quote = await writeQuote(machine, { rtmrs: [rtmr0, rtmr1, rtmr2, rtmr3], mrConfigId: registers.mrConfigId });
  const evidence = { tee: 'tdx', quote, collateral: await writeCollateral(machine) } as const;
  const options = { at: machine.at.getTime(), anchors: anchorsFromPem(toPem(machine.root)) };

  const fitting = await verifyEvidence({ ...evidence, eventLog: { kind: 'dstack', log, appCompose } }, options);
  expect(fitting.verdict).toBe('verified');
  expect(fitting.claims?.registers.compose_hash).toBe(hex(composeHash));
  const other = await verifyEvidence({ ...evidence, eventLog: { kind: 'dstack', log, appCompose: '{}' } }, options);
  expect(other.verdict).toBe('not-verified');
  expect(other.checks).toContainEqual(expect.objectContaining({ id: 'event-log', status: 'failed' }));
  expect(other.claims?.registers).not.toHaveProperty('compose_hash');
});

test.each([
  '',
  'null',
  '{}',
  '[1]',
  '[[]]',
  '[{}]',
  '[{"imr":4}]',
  '[{"imr":3,"event":1}]',
  '[{"imr":3,"event":"a","digest":"0","event_payload":""}]',
  '['.repeat(100_000),
])('a malformed dstack log is refused: %.30s', async (log) => {
  expect((await check({ kind: 'dstack', log }, { rtmrs: [NOTHING, NOTHING, NOTHING, NOTHING], mrConfigId: NOTHING })).status).toBe(
    'failed',
  );
});

test('a log of an unknown kind is refused', async () => {
  const evidence: EventLogEvidence = JSON.parse('{"kind":"other"}');
  expect((await check(evidence, { rtmrs: [NOTHING, NOTHING, NOTHING, NOTHING], mrConfigId: NOTHING })).status).toBe('failed');
});

async function check(evidence: EventLogEvidence, registers: MeasuredRegisters) {
  const report = new Report();
  const claims = await verifyEventLog(evidence, registers, report);
  return { ...report.checks.find(({ id }) => id === 'event-log'), claims };
}

function read(path: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(path, SHARED)));
}

/** Registers of a TD 1.0 quote v4: header of 48 bytes, then the body. */
function quoted(row: string): MeasuredRegisters {
  const body = read(`${row}/quote.bin`).subarray(48);
  return { rtmrs: [0, 1, 2, 3].map((index) => body.slice(328 + 48 * index, 376 + 48 * index)), mrConfigId: body.slice(184, 232) };
}

function tcgLog(events: { register: number; type: number; digest: Uint8Array; data: Uint8Array }[]): Uint8Array<ArrayBuffer> {
  const u32 = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
  const header = [...new TextEncoder().encode('Spec ID Event03\0'), ...u32(0), 0, 2, 0, 2, ...u32(1), 0x0c, 0, 48, 0, 0];
  const first = [...u32(1), ...u32(3), ...new Uint8Array(20), ...u32(header.length), ...header];
  const rest = events.flatMap(({ register, type, digest, data }) => [
    ...u32(register),
    ...u32(type),
    ...u32(1),
    0x0c,
    0,
    ...digest,
    ...u32(data.length),
    ...data,
  ]);
  return Uint8Array.from([...first, ...rest]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function dstackMachine(more: [name: string, payload: Uint8Array][] = []) {
  const appCompose = '{"manifest_version":2,"docker_compose_file":"services: {}"}';
  const composeHash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(appCompose)));
  const firmware = await sha384(Uint8Array.of(1));
  const runtime: [string, Uint8Array][] = [
    ['app-id', new Uint8Array(20)],
    ['compose-hash', composeHash],
    ['system-ready', new Uint8Array()],
    ...more,
  ];
  const digests = await Promise.all(runtime.map(([name, payload]) => runtimeDigest(name, payload)));
  const log = JSON.stringify([
    { imr: 0, event_type: 2147483659, digest: hex(firmware), event: '', event_payload: '' },
    ...runtime.map(([event, payload], at) => ({
      imr: 3,
      event_type: 134217729,
      digest: hex(digests[at] ?? NOTHING),
      event,
      event_payload: hex(payload),
    })),
  ]);
  const rtmrs = [await replayRegister([firmware]), NOTHING, NOTHING, await replayRegister(digests)];
  return { log, appCompose, composeHash, registers: { rtmrs, mrConfigId: Uint8Array.of(1, ...composeHash, ...new Uint8Array(15)) } };
}
