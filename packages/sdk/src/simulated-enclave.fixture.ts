// A sealed server with evidence of a simulated TDX machine, in this process: what clients meet, with every part under the test's control.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import {
  encodeEvidence,
  encodeLaunchManifest,
  encodeReleaseStatement,
  launchManifestDigest,
  type ReleaseEntry,
  type TrustAnchor,
} from '@privexbot/attestation';
import {
  appendRelease,
  createSigningKey,
  type LogEntries,
  type NoteSigner,
  signCheckpoint,
  signerOf,
  stateRelease,
} from '@privexbot/attestation/release-log';
import {
  type CollateralContent,
  createDcapMachine,
  type DcapMachine,
  toPem,
  writeCollateral,
  writeQuote,
} from '@privexbot/attestation/simulation';
import { DEFAULT_PATH, fromBase64url, toBase64url } from '@privexbot/secure-channel';
import {
  type ChannelServer,
  createChannelServer,
  type Environment,
  encodeKeyConfig,
  type Handler,
  keyConfigToSign,
} from '@privexbot/secure-channel/server';
import { simulationAnchors } from './development.ts';

export const ORIGIN = 'https://acme.example';

/** What the test changes while the enclave runs. */
export interface EnclaveState {
  identity: string;
  origins: readonly string[];
  /** Sessions and tickets live as long as it stays. */
  generation: string;
  collateral: CollateralContent;
  /** Versions that the log holds, of which the last one runs. */
  releases: readonly string[];
  assets: Readonly<Record<string, string>>;
  /** What runs inside. */
  handler: Handler;
  /** Milliseconds the clocks of server and client are ahead of the real one. */
  aheadMs: number;
  /** Changes an outer message on its way, or answers in the server's place. */
  tap: ((request: Request, pass: (request: Request) => Promise<Response>) => Promise<Response>) | undefined;
}

export interface SimulatedEnclave extends Disposable {
  readonly state: EnclaveState;
  readonly url: string;
  readonly anchors: readonly TrustAnchor[];
  readonly transport: (request: Request) => Promise<Response>;
  readonly now: () => Date;
  /** Outer messages that came in, by kind. */
  readonly seen: { hellos: number; sealed: number; quotes: number };
  /** Forgets all sessions and tickets. */
  restart(): void;
  identityKey(): Uint8Array;
}

let machine: Promise<DcapMachine> | undefined;
let signer: Promise<NoteSigner> | undefined;

export async function openSimulatedEnclave(changes: Partial<EnclaveState> = {}): Promise<SimulatedEnclave> {
  machine ??= createDcapMachine(new Date());
  const tdx = await machine;
  const state: EnclaveState = {
    identity: 'acme',
    origins: [ORIGIN],
    generation: '1',
    collateral: {},
    releases: ['1.0.0'],
    assets: {},
    handler: async (request) => Response.json({ path: new URL(request.url).pathname, method: request.method, body: await request.text() }),
    aheadMs: 0,
    tap: undefined,
    ...changes,
  };
  const seen = { hellos: 0, sealed: 0, quotes: 0 };
  const now = () => new Date(Date.now() + state.aheadMs);
  const launchManifest = encodeLaunchManifest({ v: 1, node: { version: '24.0.0', options: [] }, settings: {}, models: [] });
  const manifestDigest = await launchManifestDigest(launchManifest);
  const evidence = async (reportData: Uint8Array) => {
    seen.quotes++;
    const quote = await writeQuote(tdx, { reportData, mrConfigId: manifestDigest });
    const collateral = await writeCollateral(tdx, { issuedAt: now(), ...state.collateral });
    return encodeEvidence({ evidence: { tee: 'tdx', quote, collateral }, launchManifest });
  };
  signer ??= createSigningKey().then((jwk) => signerOf('acme.example/releases', jwk));
  const log = await signer;
  let statement = { of: '', bytes: new Uint8Array() };
  const stateReleases = async () => {
    const { releases, assets } = state;
    const of = JSON.stringify({ releases, assets });
    if (statement.of !== of) statement = { of, bytes: await releaseStatement(log, releases, assets) };
  };
  await stateReleases();
  const environment = () => environmentOf(state, manifestDigest, statement.bytes, log, now());
  const start = (): ChannelServer => createChannelServer({ environment, evidence, now, coalesceMs: 0 });
  let server = start();

  async function pass(request: Request): Promise<Response> {
    await stateReleases();
    const reader = request.body?.getReader();
    const first = await reader?.read();
    if (first?.value?.[0] === 0) seen.hellos++;
    else seen.sealed++;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(first?.value),
      async pull(controller) {
        const next = await reader?.read();
        if (!next || next.done) controller.close();
        else controller.enqueue(next.value);
      },
    });
    const sent = new Request(request.url, { method: 'POST', body, duplex: 'half' });
    return server.handle(sent, (inner, session) => state.handler(inner, session));
  }
  return {
    state,
    url: ORIGIN,
    anchors: simulationAnchors(toPem(tdx.root)),
    now,
    seen,
    async transport(request) {
      request.signal.throwIfAborted();
      if (new URL(request.url).pathname !== DEFAULT_PATH) return new Response(null, { status: 404 });
      return state.tap ? state.tap(request, pass) : pass(request);
    },
    restart() {
      server[Symbol.dispose]();
      server = start();
    },
    identityKey: () => environment().identityKey,
    [Symbol.dispose]: () => server[Symbol.dispose](),
  };
}

/** What `writeQuote` measures by default. */
const TDX_REGISTERS = { mrtd: '7d'.repeat(48), rtmr0: '10'.repeat(48), rtmr1: '11'.repeat(48), rtmr2: '12'.repeat(48) };
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

async function releaseStatement(
  log: NoteSigner,
  releases: readonly string[],
  assets: ReleaseEntry['assets'],
): Promise<Uint8Array<ArrayBuffer>> {
  const measurement = { tee: 'tdx', registers: TDX_REGISTERS } as const;
  let entries: LogEntries = [];
  for (const [index, version] of releases.entries())
    entries = appendRelease(entries, {
      ...{ v: 1, name: 'PrivexBot', version, sequence: index + 1, date: '2026-01-01T00:00:00Z', sourceUrl: 'https://source.example' },
      measurements: [measurement],
      assets,
    });
  return encodeReleaseStatement(await stateRelease(entries, entries.length - 1, await signCheckpoint(entries, log)));
}

function environmentOf(
  { identity, origins, generation }: EnclaveState,
  launchManifest: Uint8Array,
  release: Uint8Array,
  { name, key }: NoteSigner,
  at: Date,
): Environment {
  const seed = createHash('sha256').update(identity).digest();
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  const notAfter = Math.floor(at.getTime() / 1000) + 3600;
  const releaseLog = { name, key: toBase64url(key) };
  const keyConfig = encodeKeyConfig({ v: 1, environment: `env_${identity}`, origins, epoch: 1, notAfter, releaseLog });
  return {
    identityKey: fromBase64url(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''),
    keyConfig,
    keyConfigSignature: new Uint8Array(sign(null, keyConfigToSign(keyConfig), privateKey)),
    release,
    launchManifest,
    generation,
  };
}
