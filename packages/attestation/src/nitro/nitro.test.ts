import { encode } from 'cborg';
import { beforeAll, expect, test } from 'vitest';
import { anchorsFromPem, type TrustAnchor } from '../anchors.ts';
import { toPem } from '../simulation/authority.ts';
import { createNitroMachine, type NitroContent, type NitroMachine, writeNitroDocument } from '../simulation/nitro.ts';
import { type VerifyOptions, verifyEvidence } from '../verify.ts';
import { decodeStrictCbor } from './cbor.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const MINUTE = 60_000;
const REPORT_DATA = new Uint8Array(64).fill(7);

let machine: NitroMachine;
let anchors: readonly TrustAnchor[];

beforeAll(async () => {
  machine = await createNitroMachine(AT);
  anchors = anchorsFromPem(toPem(machine.root));
});

test('a document of the pinned root passes every check and tells its registers', async () => {
  const nonce = Uint8Array.of(1, 2, 3);
  const { verdict, checks, claims } = await verify(
    { userData: REPORT_DATA, nonce },
    { expectedReportData: REPORT_DATA, policy: { nitro: { nonce } } },
  );
  expect(verdict).toBe('verified');
  expect(checks.map(({ id, status }) => `${id} ${status}`)).toEqual(
    ['parse', 'chain', 'signature', 'debug', 'freshness', 'report-data'].map((id) => `${id} passed`),
  );
  expect(claims).toMatchObject({ details: { module_id: 'i-0000000000000000-enc0000000000000000' }, registers: { pcr1: '02'.repeat(48) } });
});

test('a document of another root is refused', async () => {
  const other = anchorsFromPem(toPem((await createNitroMachine(AT)).root));
  expect(await failures({}, { anchors: other })).toEqual(['chain']);
  expect(await failures({}, { anchors: [] })).toEqual(['chain']);
});

test.each([
  ['five minutes later', 5 * MINUTE, []],
  ['a little more than five minutes later', 5 * MINUTE + 1, ['freshness']],
  ['a minute before it was made', -MINUTE, []],
  ['two minutes before it was made', -2 * MINUTE, ['freshness']],
  ['when its key has ended', 4 * 60 * MINUTE, ['chain', 'freshness']],
  ['a year later', 365 * 24 * 60 * MINUTE, ['chain', 'freshness']],
])('at a time %s', async (_, offsetMs, expected) => {
  expect(await failures({}, { at: AT.getTime() + offsetMs })).toEqual(expected);
});

test('all of PCR0, 1 and 2 are required, and zeros there are debug mode', async () => {
  const full = [0, 1, 2].map((index): [number, Uint8Array] => [index, new Uint8Array(48).fill(9)]);
  for (const index of [0, 1, 2]) {
    const missing = await verify({ pcrs: new Map(full.filter(([at]) => at !== index)) });
    expect(missing.checks, `without PCR${index}`).toContainEqual(expect.objectContaining({ id: 'debug', status: 'unknown' }));
    expect(missing.verdict).toBe('not-verified');
    const zero = full.map(([at, value]): [number, Uint8Array] => [at, at === index ? new Uint8Array(48) : value]);
    expect(await failures({ pcrs: new Map(zero) })).toEqual(['debug']);
  }
});

test('a build is allowed only as a whole', async () => {
  const build = { pcr0: '01'.repeat(48), pcr1: '02'.repeat(48), pcr2: '03'.repeat(48) };
  const { pcr2, ...part } = build;
  const other = 'ff'.repeat(48);
  expect(await failures({}, { policy: { measurements: [{ ...build, pcr0: other }, build] } })).toEqual([]);
  for (const measurement of [{ ...build, pcr2: other }, { ...build, pcr8: other }, part, { pcr2 }, {}]) {
    expect(await failures({}, { policy: { measurements: [measurement] } })).toEqual(['policy-measurement']);
  }
});

test('a document made for somebody else is refused', async () => {
  const other = REPORT_DATA.slice().fill(8);
  for (const userData of [other, REPORT_DATA.slice(1), new Uint8Array()]) {
    expect(await failures({ userData }, { expectedReportData: REPORT_DATA })).toEqual(['report-data']);
  }
  expect(await failures({}, { expectedReportData: REPORT_DATA })).toEqual(['report-data']);
  expect(await failures({ userData: new Uint8Array(64) }, { expectedReportData: new Uint8Array(64) })).toEqual(['report-data']);
  expect(await failures({ nonce: other }, { policy: { nitro: { nonce: REPORT_DATA } } })).toEqual(['report-data']);
  expect(await failures({}, { policy: { nitro: { nonce: REPORT_DATA } } })).toEqual(['report-data']);
});

test.each<[string, Record<string, unknown>]>([
  ['module_id', { module_id: '' }],
  ['module_id', { module_id: new Uint8Array(4) }],
  ['module_id', { module_id: 'ü' }],
  ['digest', { digest: 'SHA256' }],
  ['timestamp', { timestamp: 0 }],
  ['timestamp', { timestamp: -1 }],
  ['timestamp', { timestamp: 'now' }],
  ['timestamp', { timestamp: Number.MAX_SAFE_INTEGER }],
  ['timestamp', { timestamp: 2n ** 63n }],
  ['timestamp', { timestamp: 1.5 }],
  ['pcrs', { pcrs: new Map() }],
  ['pcrs', { pcrs: new Map(Array.from({ length: 33 }, (__, index) => [index, new Uint8Array(48)])) }],
  ['pcrs', { pcrs: new Map([[32, new Uint8Array(48)]]) }],
  ['pcrs', { pcrs: new Map([['0', new Uint8Array(48)]]) }],
  ['pcrs', { pcrs: new Map([[0, new Uint8Array(47)]]) }],
  ['certificate', { certificate: new Uint8Array() }],
  ['certificate', { certificate: new Uint8Array(1025) }],
  ['cabundle', { cabundle: [] }],
  ['cabundle', { cabundle: [new Uint8Array(1025)] }],
  ['cabundle', { cabundle: Array.from({ length: 9 }, () => new Uint8Array(1)) }],
  ['public_key', { public_key: new Uint8Array() }],
  ['public_key', { public_key: new Uint8Array(1025) }],
  ['user_data', { user_data: new Uint8Array(513) }],
  ['nonce', { nonce: new Uint8Array(513) }],
  ['nonce', { nonce: 'text' }],
  ['unknown field of a forbidden type', { more: true }],
])('a document outside the limits of %s is not read, though it is signed: %#', async (_, fields) => {
  expect(await failures({ fields })).toEqual(['parse']);
});

test('a document cut anywhere, or with anything behind it, is not read', async () => {
  const document = await writeNitroDocument(machine, { at: AT });
  for (let length = 0; length < document.length; length += length < 40 ? 1 : 37) {
    expect(await failuresOf(document.slice(0, length)), `cut at ${length}`).toEqual(['parse']);
  }
  expect(await failuresOf(Uint8Array.of(...document, 0))).toEqual(['parse']);
});

test('any changed bit is refused', async () => {
  const document = await writeNitroDocument(machine, { at: AT, userData: REPORT_DATA });
  for (let bit = 5; bit < 8 * document.length; bit += 211) {
    const altered = document.slice();
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(await failuresOf(altered), `bit ${bit}`).not.toEqual([]);
  }
});

test('only ES384, an empty unprotected header and four parts are COSE_Sign1 here', async () => {
  const [header, , payload, signature] = decodeStrictCbor(await writeNitroDocument(machine, { at: AT })) as [
    Uint8Array,
    unknown,
    Uint8Array,
    Uint8Array,
  ];
  const es256 = Uint8Array.of(0xa1, 0x01, 0x26);
  const longForm = Uint8Array.of(0xa1, 0x18, 0x01, 0x38, 0x22);
  const messages = [
    [es256, new Map(), payload, signature],
    [longForm, new Map(), payload, signature],
    [header, new Map([[1, -7]]), payload, signature],
    [header, new Map(), payload, signature.slice(1)],
    [header, new Map(), null, signature],
    [header, new Map(), payload],
    [header, new Map(), payload, signature, 0],
    { header, payload, signature },
  ];
  for (const message of messages) expect(await failuresOf(encode(message))).toEqual(['parse']);
  const tagged = Uint8Array.of(0xd2, ...encode([header, new Map(), payload, signature]));
  expect(await failuresOf(tagged)).toEqual([]);
  expect(await failuresOf(Uint8Array.of(0xd2, ...tagged))).toEqual(['parse']);
});

test.each([
  ['nothing', ''],
  ['an array of indefinite length', '9f8080ff'],
  ['a byte string of indefinite length', '5f4100ff'],
  ['a text of indefinite length', '7f6161ff'],
  ['a map of indefinite length', 'bf616101ff'],
  ['a lone break', 'ff'],
  ['a break inside a map', 'a16161ff'],
  ['a repeated key', 'a2616101616102'],
  ['a repeated integer key', 'a201010102'],
  ['a byte string as key', 'a1410101'],
  ['an array as key', 'a18001'],
  ['a length not in its shortest form', '5801aa'],
  ['an integer not in its shortest form', '1801'],
  ['an integer beyond 2^53', '1b0020000000000000'],
  ['a float', 'f93c00'],
  ['a boolean', 'f5'],
  ['undefined', 'f7'],
  ['a tag', 'c074'],
  ['a simple value', 'e0'],
  ['a reserved head', '1c'],
  ['text that is not UTF-8', '61ff'],
  ['text with a byte order mark', '64efbbbf61'],
  ['bytes behind the end', '8000'],
  ['a list that claims 4,294,967,295 items', '9affffffff00'],
  ['a list that claims 2^64-1 items', '9bffffffffffffffff00'],
  ['a map that claims 4,294,967,295 entries', 'baffffffff6161f6'],
  ['a byte string that claims 4 GiB', '5affffffff00'],
  ['nesting of 100,000', `${'81'.repeat(100_000)}00`],
  ['nested maps', `${'a100'.repeat(50_000)}00`],
  ['100,000 small items', `9a000186a0${'00'.repeat(100_000)}`],
])('%s is not CBOR here, and is refused at once', (_, hex) => {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  const start = performance.now();
  expect(() => decodeStrictCbor(bytes)).toThrow();
  expect(performance.now() - start).toBeLessThan(200);
});

test('one outer map of indefinite length is read where it is asked for, and nowhere inside', () => {
  const read = (hex: string) => decodeStrictCbor(Uint8Array.from(Buffer.from(hex, 'hex')), { openMap: true });
  expect(read('bf616101ff')).toEqual(new Map([['a', 1]]));
  expect(read('bfff')).toEqual(new Map());
  for (const hex of [
    'bf',
    'bf6161',
    'bf616101',
    'bf616101ff00',
    'bf6161bfff',
    'bf6161bfffff',
    'bfffff',
    'bf6161ff',
    'bf61619fffff',
    'bf616101616102ff',
    'bf6161a1ff',
  ]) {
    expect(() => read(hex), hex).toThrow();
  }
});

async function verify(content: Partial<NitroContent>, options: Partial<VerifyOptions> = {}) {
  return verifyDocument(await writeNitroDocument(machine, { at: AT, ...content }), options);
}

function verifyDocument(document: Uint8Array, options: Partial<VerifyOptions> = {}) {
  return verifyEvidence({ tee: 'nitro', document }, { at: AT.getTime(), anchors, ...options });
}

async function failures(content: Partial<NitroContent>, options?: Partial<VerifyOptions>): Promise<string[]> {
  return failuresOf(await writeNitroDocument(machine, { at: AT, ...content }), options);
}

async function failuresOf(document: Uint8Array, options?: Partial<VerifyOptions>): Promise<string[]> {
  const { checks } = await verifyDocument(document, options);
  return checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
}
