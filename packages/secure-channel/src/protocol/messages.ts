import { ChannelError } from '../errors.ts';
import { concat, equalBytes, fromUtf8, lengthPrefixed, readParts, readU16, u16, utf8 } from './bytes.ts';
import { KIND, MAX_ANSWER_BYTES, MAX_HELLO_BYTES, VERSION_BYTES } from './constants.ts';
import { isSuiteId, RESUMPTION_SUITE, SUITES, type SuiteId } from './suites.ts';

/** docs/secure-channel.md §3. */
export interface Hello {
  readonly suites: readonly SuiteId[];
  readonly nonce: Uint8Array;
  readonly keyShares: ReadonlyMap<SuiteId, Uint8Array>;
  readonly origin: string;
  /** Empty unless the client resumes. */
  readonly ticket: Uint8Array;
}

/** What the transcript commits of an answer. */
export interface AnswerCore {
  readonly suite: SuiteId;
  readonly ciphertext: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly keyConfig: Uint8Array;
  readonly keyConfigSignature: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly release: Uint8Array;
  readonly launchManifest: Uint8Array;
  readonly resumed: boolean;
}

export interface Answer extends AnswerCore {
  readonly batchPath: Uint8Array;
  readonly evidence: Uint8Array;
  readonly ticket: Uint8Array;
  readonly confirm: Uint8Array;
}

const ORIGIN = /^https?:\/\/[a-z0-9.\-[\]:]{1,240}$/;

/** The shortest and longest length of each field. */
const HELLO_BOUNDS = [[VERSION_BYTES.length], [2, 16], [32], [32, 4096], [8, 248], [0, 512]] as const;
const ANSWER_BOUNDS = [
  [VERSION_BYTES.length],
  [2],
  [32, 1120],
  [16, 64],
  [2, 16_384],
  [64],
  [32],
  [0, 65_536],
  [32, 64],
  [1],
  [0, 1_024],
  [0, 1_048_576],
  [0, 512],
  [32],
] as const;

export function helloFields({ suites, nonce, keyShares, origin, ticket }: Hello): Uint8Array[] {
  const shares = suites.map((suite) => keyShares.get(suite) ?? new Uint8Array());
  return [VERSION_BYTES, concat(...suites.map(u16)), nonce, concat(...shares), utf8(origin), ticket];
}

export function answerCoreFields(core: AnswerCore): Uint8Array[] {
  const { suite, ciphertext, sessionId, keyConfig, keyConfigSignature, identityKey, release, launchManifest, resumed } = core;
  const flag = Uint8Array.of(resumed ? 1 : 0);
  return [VERSION_BYTES, u16(suite), ciphertext, sessionId, keyConfig, keyConfigSignature, identityKey, release, launchManifest, flag];
}

export function encodeHello(hello: Hello): Uint8Array<ArrayBuffer> {
  return concat(Uint8Array.of(KIND.hello), lengthPrefixed(...helloFields(hello)));
}

export function encodeAnswer(answer: Answer): Uint8Array<ArrayBuffer> {
  const { batchPath, evidence, ticket, confirm } = answer;
  return concat(Uint8Array.of(KIND.answer), lengthPrefixed(...answerCoreFields(answer), batchPath, evidence, ticket, confirm));
}

/** @throws ChannelError `malformed_message`, or `no_common_suite` where a suite is offered that nobody here knows */
export function decodeHello(bytes: Uint8Array): Hello {
  if (bytes.length > MAX_HELLO_BYTES) throw new ChannelError('too_large');
  const [, suiteList, nonce, shares, originBytes, ticket] = readFields(bytes, KIND.hello, HELLO_BOUNDS);
  const suites = readSuites(suiteList);
  const origin = fromUtf8(originBytes);
  if (!ORIGIN.test(origin)) throw new ChannelError('malformed_message');
  if (ticket.length > 0 && (suites.length !== 1 || suites[0] !== RESUMPTION_SUITE)) throw new ChannelError('malformed_message');
  return { suites, nonce, keyShares: splitShares(suites, shares), origin, ticket };
}

/** @throws ChannelError `malformed_message` */
export function decodeAnswer(bytes: Uint8Array): Answer {
  if (bytes.length > MAX_ANSWER_BYTES) throw new ChannelError('too_large');
  const fields = readFields(bytes, KIND.answer, ANSWER_BOUNDS);
  const [, suiteBytes, ciphertext, sessionId, keyConfig, keyConfigSignature, identityKey, release, launchManifest, flag] = fields;
  const [, , , , , , , , , , batchPath, evidence, ticket, confirm] = fields;
  const suite = readU16(suiteBytes);
  const resumed = flag[0] === 1;
  if (!isSuiteId(suite) || ciphertext.length !== SUITES[suite].ciphertextBytes || (flag[0] ?? 2) > 1)
    throw new ChannelError('malformed_message');
  if (resumed !== (evidence.length === 0)) throw new ChannelError('malformed_message');
  const core = { suite, ciphertext, sessionId, keyConfig, keyConfigSignature, identityKey, release, launchManifest, resumed };
  return { ...core, batchPath, evidence, ticket, confirm };
}

type Bounds = readonly (readonly [number, number?])[];
type Fields<B extends Bounds> = { -readonly [K in keyof B]: Uint8Array };

function readFields<const B extends Bounds>(bytes: Uint8Array, kind: number, bounds: B): Fields<B> {
  if (bytes[0] !== kind) throw new ChannelError('malformed_message');
  const fields = readParts(bytes.subarray(1), bounds.length);
  for (const [index, [least, most = least]] of bounds.entries()) {
    const length = fields[index]?.length ?? -1;
    if (length < least || length > most) throw new ChannelError('malformed_message');
  }
  if (!equalBytes(fields[0] ?? bytes, VERSION_BYTES)) throw new ChannelError('malformed_message');
  return fields as Fields<B>; // readParts gave one field for each bound
}

function readSuites(list: Uint8Array): SuiteId[] {
  if (list.length % 2 !== 0) throw new ChannelError('malformed_message');
  const suites: SuiteId[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const id = readU16(list, at);
    if (!isSuiteId(id)) throw new ChannelError('no_common_suite');
    if (suites.includes(id)) throw new ChannelError('malformed_message');
    suites.push(id);
  }
  return suites;
}

function splitShares(suites: readonly SuiteId[], joined: Uint8Array): Map<SuiteId, Uint8Array> {
  const shares = new Map<SuiteId, Uint8Array>();
  let at = 0;
  for (const suite of suites) {
    const end = at + SUITES[suite].publicKeyBytes;
    shares.set(suite, joined.subarray(at, end));
    at = end;
  }
  if (at !== joined.length) throw new ChannelError('malformed_message');
  return shares;
}
