// A small environment for tests and benches: an identity, evidence that is only the report data, and everything repeatable on request.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { x25519 } from '@noble/curves/ed25519.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { type ConnectOptions, connect } from './client/connect.ts';
import { concat, equalBytes, fromBase64url } from './protocol/bytes.ts';
import { CONTENT_TYPE, DEFAULT_PATH } from './protocol/constants.ts';
import { portableHashes } from './protocol/hashes.ts';
import { dhkemSecret, ML_KEM_768, xWingCombinerInput } from './protocol/kem-combiners.ts';
import { encodeKeyConfig, type KeyConfig, keyConfigToSign } from './protocol/key-config.ts';
import type { Encapsulate } from './server/kem.ts';
import { type ChannelServer, type ChannelServerOptions, createChannelServer, type Environment } from './server/server.ts';
import type { Handler } from './server/session.ts';

export const ORIGIN = 'https://acme.example';
export const URL_OF_CHANNEL = ORIGIN + DEFAULT_PATH;

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Bytes that look random and are the same in each run: SHA-256 in counter mode. */
export function seededRandom(seed: string): (length: number) => Uint8Array<ArrayBuffer> {
  let counter = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let made = 0; made < length; made += 32) blocks.push(createHash('sha256').update(`${seed} ${counter++}`).digest());
    return concat(...blocks).subarray(0, length);
  };
}

/** Both KEMs with their randomness given: 64 bytes for X-Wing (`EncapsulateDerand`), 32 for X25519. */
export function seededEncapsulate(random: (length: number) => Uint8Array): Encapsulate {
  return (suite, publicKey) => {
    if (suite === 2) {
      const own = random(32);
      const enc = x25519.getPublicKey(own);
      return { ciphertext: enc, secret: dhkemSecret(portableHashes, x25519.getSharedSecret(own, publicKey), enc, publicKey) };
    }
    const eseed = random(64);
    const pkX = publicKey.subarray(ML_KEM_768.publicKeyBytes);
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey.subarray(0, ML_KEM_768.publicKeyBytes), eseed.subarray(0, 32));
    const ctX = x25519.getPublicKey(eseed.subarray(32));
    const ssX = x25519.getSharedSecret(eseed.subarray(32), pkX);
    return { ciphertext: concat(cipherText, ctX), secret: sha3_256(xWingCombinerInput(sharedSecret, ssX, ctX, pkX)) };
  };
}

const PKCS8_ED25519 = fromHex('302e020100300506032b657004220420');

export function makeEnvironment(seed = 'identity', changes: Partial<KeyConfig> = {}, generation = '1'): Environment {
  const secret = createHash('sha256').update(seed).digest();
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, secret]), format: 'der', type: 'pkcs8' });
  const config = { v: 1, environment: 'acme', origins: [ORIGIN], epoch: 7, notAfter: 4_102_444_800, ...changes } as const;
  const keyConfig = encodeKeyConfig(config);
  return {
    identityKey: fromBase64url(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''),
    keyConfig,
    keyConfigSignature: new Uint8Array(sign(null, keyConfigToSign(keyConfig), privateKey)),
    release: new TextEncoder().encode('release 1.2.3'),
    launchManifest: new Uint8Array(createHash('sha384').update('manifest').digest()),
    generation,
  };
}

export function makeServer(options: Partial<ChannelServerOptions> = {}): ChannelServer {
  const environment = makeEnvironment();
  return createChannelServer({ environment: () => environment, evidence: async (reportData) => new Uint8Array(reportData), ...options });
}

/** Evidence in these tests is the report data itself. */
export async function verifyTestEvidence(evidence: Uint8Array, reportData: Uint8Array): Promise<'genuine'> {
  if (!equalBytes(evidence, reportData)) throw new Error('evidence for something else');
  return 'genuine';
}

/** A network that may change what passes: `up` and `down` see whole bodies. */
export interface Tap {
  up?: (body: Uint8Array<ArrayBuffer>, count: number) => Uint8Array<ArrayBuffer>;
  down?: (body: Uint8Array<ArrayBuffer>, count: number) => Uint8Array<ArrayBuffer>;
}

export function transportTo(server: ChannelServer, handler: Handler, tap?: Tap): (request: Request) => Promise<Response> {
  let count = 0;
  return async (request) => {
    const n = count++;
    if (!tap) return server.handle(request, handler);
    const body = new Uint8Array(await request.arrayBuffer());
    const sent = new Request(request.url, { method: 'POST', headers: { 'content-type': CONTENT_TYPE }, body: tap.up?.(body, n) ?? body });
    const response = await server.handle(sent, handler);
    const answer = new Uint8Array(await response.arrayBuffer());
    return new Response(tap.down?.(answer, n) ?? answer, response);
  };
}

export const echo: Handler = async (request) =>
  Response.json({
    method: request.method,
    path: new URL(request.url).pathname,
    type: request.headers.get('content-type'),
    body: await request.text(),
  });

/** A streamed answer of so many tokens, each after a turn of the event loop. */
export function tokens(count: number): Response {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      if (sent < count) controller.enqueue(new TextEncoder().encode(`token ${sent++} `));
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

export function connectTo(server: ChannelServer, handler: Handler = echo, options: Partial<ConnectOptions<string>> = {}, tap?: Tap) {
  return connect<string>({ url: URL_OF_CHANNEL, verify: verifyTestEvidence, transport: transportTo(server, handler, tap), ...options });
}

export function post(path: string, body: string, headers: Record<string, string> = {}): Request {
  return new Request(ORIGIN + path, { method: 'POST', body, headers: { 'content-type': 'text/plain', ...headers } });
}
