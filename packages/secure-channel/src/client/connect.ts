import { ChannelError } from '../errors.ts';
import { committedReportData } from '../protocol/batch.ts';
import { equalBytes } from '../protocol/bytes.ts';
import { MAX_ANSWER_BYTES } from '../protocol/constants.ts';
import { portableHashes as hashes } from '../protocol/hashes.ts';
import { decodeKeyConfig, type KeyConfig, keyConfigToSign, requireCurrent } from '../protocol/key-config.ts';
import { confirmation, deriveSecrets, type SessionSecrets } from '../protocol/key-schedule.ts';
import { type Answer, decodeAnswer, decodeHello, encodeAnswer, encodeHello, type Hello } from '../protocol/messages.ts';
import { RESUMPTION_SUITE, type SuiteId } from '../protocol/suites.ts';
import { transcriptOf } from '../protocol/transcript.ts';
import { type Channel, openChannel } from './channel.ts';
import { verifyEd25519 } from './ed25519.ts';
import { exchange, type Transport } from './exchange.ts';
import { generateKemKey, type KemKey } from './kem.ts';

/** What the handshake proved besides the evidence; policies look at it. */
export interface Peer {
  readonly identityKey: Uint8Array;
  readonly keyConfig: KeyConfig;
  readonly release: Uint8Array;
  readonly launchManifest: Uint8Array;
  /** The nonce of this handshake, which Nitro documents repeat. */
  readonly nonce: Uint8Array;
}

/** The two messages of a full handshake without its secrets, so that somebody else can look at the evidence again: `repeatHandshake`. */
export interface Exchange {
  readonly hello: Uint8Array;
  readonly answer: Uint8Array;
}

/** Secrets of a session, to open another without new evidence. Keep it in memory only, no longer than the proof is good for. */
export interface Resumption<Proof> {
  readonly ticket: Uint8Array;
  readonly psk: Uint8Array;
  readonly peer: Peer;
  readonly proof: Proof;
}

export interface ConnectOptions<Proof> {
  /** Where sealed messages are posted; its path is bound to each request. */
  readonly url: string;
  /** @returns a proof if the evidence is acceptable and commits `reportData`; throws otherwise */
  readonly verify: (evidence: Uint8Array, reportData: Uint8Array, peer: Peer, exchange: Exchange) => Promise<Proof>;
  readonly transport?: Transport;
  /** What the environment must speak for: by default the origin of `url`. */
  readonly origin?: string;
  /** The pinned identity; without it whoever answers is taken, and the caller should pin and show `channel.peer.identityKey`. */
  readonly identityKey?: Uint8Array;
  /** Most wanted first; X-Wing alone by default. */
  readonly suites?: readonly SuiteId[];
  readonly resume?: Resumption<Proof>;
  /** Beyond the allow lists of the specification; the server must agree. */
  readonly requestHeaders?: readonly string[];
  readonly responseHeaders?: readonly string[];
  /** Sends request bodies as they come instead of whole. Needs a transport that streams uploads. */
  readonly streamUploads?: boolean;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  readonly random?: (length: number) => Uint8Array;
}

/**
 * Opens a sealed session with a verified enclave in one round trip (docs/secure-channel.md §3 to §6); nothing but the hello was sent if it throws.
 * A resumption that the server no longer knows becomes a full handshake by itself.
 * @throws ChannelError with a code that names the check that failed; `evidence_refused` keeps the verifier's error as its cause
 */
export async function connect<Proof>(options: ConnectOptions<Proof>): Promise<Channel<Proof>> {
  if (options.resume)
    try {
      return await handshake(options, options.resume);
    } catch (error) {
      if (!(error instanceof ChannelError && error.code === 'rehandshake')) throw error;
    }
  return handshake(options);
}

async function handshake<Proof>(options: ConnectOptions<Proof>, resume?: Resumption<Proof>): Promise<Channel<Proof>> {
  const { url, origin = new URL(url).origin, random = randomBytes, transport = fetch, now = () => new Date(), signal } = options;
  const suites = resume ? [RESUMPTION_SUITE] : (options.suites ?? [1]);
  const keys = new Map<SuiteId, KemKey>();
  const nonce = random(32);
  for (const suite of suites) keys.set(suite, await generateKemKey[suite](random(32)));
  const keyShares = new Map([...keys].map(([suite, { publicKey }]) => [suite, publicKey] as const));
  const hello: Hello = { suites, nonce, keyShares, origin, ticket: resume?.ticket ?? new Uint8Array() };

  const reader = await exchange(transport, url, encodeHello(hello), signal);
  const answer = decodeAnswer(await readAnswer(reader, signal));
  const key = keys.get(answer.suite);
  if (!key || answer.resumed !== (resume !== undefined)) throw new ChannelError('malformed_message');

  const peer = await requirePeer(answer, origin, now(), nonce, resume?.peer.identityKey ?? options.identityKey);
  if (resume && !(equalBytes(peer.release, resume.peer.release) && equalBytes(peer.launchManifest, resume.peer.launchManifest)))
    throw new ChannelError('rehandshake');
  const transcript = transcriptOf(hashes, hello, answer);
  const secrets = deriveSecrets(hashes, transcript.hash, await key.decapsulate(answer.ciphertext), resume?.psk ?? new Uint8Array());
  requireConfirmed(secrets, transcript.hash, answer);

  const proof = resume ? resume.proof : await requireEvidence(options, hello, answer, transcript.reportData, peer);
  signal?.throwIfAborted();
  return openChannel({ ...options, transport, sessionId: answer.sessionId, ticket: answer.ticket, secrets, peer, proof });
}

async function readAnswer(reader: Awaited<ReturnType<typeof exchange>>, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return await reader.readAll(MAX_ANSWER_BYTES);
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof ChannelError ? cause : new ChannelError('transport_failed', cause);
  }
}

/** The pin, then the signature, then what it signs: docs/secure-channel.md §4. */
async function requirePeer(answer: Answer, origin: string, now: Date, nonce: Uint8Array, pinned?: Uint8Array): Promise<Peer> {
  const { identityKey, release, launchManifest } = answer;
  if (pinned && !equalBytes(pinned, identityKey)) throw new ChannelError('identity_mismatch');
  if (!(await verifyEd25519(identityKey, answer.keyConfigSignature, keyConfigToSign(answer.keyConfig)).catch(() => false)))
    throw new ChannelError('key_config_invalid');
  const keyConfig = decodeKeyConfig(answer.keyConfig);
  requireCurrent(keyConfig, origin, now);
  return { identityKey, keyConfig, release, launchManifest, nonce };
}

function requireConfirmed({ confirmKey }: SessionSecrets, transcriptHash: Uint8Array, answer: Answer): void {
  if (!equalBytes(confirmation(hashes, confirmKey, transcriptHash, answer), answer.confirm)) throw new ChannelError('handshake_failed');
}

async function requireEvidence<Proof>(
  { verify }: ConnectOptions<Proof>,
  hello: Hello,
  answer: Answer,
  reportData: Uint8Array,
  peer: Peer,
): Promise<Proof> {
  const committed = committedReportData(hashes, reportData, answer.batchPath);
  // The ticket and what confirms it are for this client alone.
  const shared = { ...answer, ticket: new Uint8Array(), confirm: new Uint8Array(CONFIRM_BYTES) };
  try {
    return await verify(answer.evidence, committed, peer, { hello: encodeHello(hello), answer: encodeAnswer(shared) });
  } catch (cause) {
    throw new ChannelError('evidence_refused', cause);
  }
}

const CONFIRM_BYTES = 32;

/**
 * Looks again at what a handshake exchanged, at a time of choice: the identity's signature, the origin, and what the evidence must commit.
 * Whether the other side had the keys was for the client of that handshake to see, so nothing is opened by this.
 * @throws ChannelError
 */
export async function repeatHandshake({ hello: helloBytes, answer: answerBytes }: Exchange, now: Date) {
  const hello = decodeHello(helloBytes);
  const answer = decodeAnswer(answerBytes);
  if (answer.resumed) throw new ChannelError('malformed_message');
  const peer = await requirePeer(answer, hello.origin, now, hello.nonce);
  const { reportData } = transcriptOf(hashes, hello, answer);
  return { origin: hello.origin, evidence: answer.evidence, reportData: committedReportData(hashes, reportData, answer.batchPath), peer };
}

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}
