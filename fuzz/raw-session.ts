/** Both sides of a sealed session without their manners: handshakes that are right, then whatever content one likes. */
import { generateKemKey } from '../packages/secure-channel/src/client/kem.ts';
import { concat, lengthPrefixed, u32 } from '../packages/secure-channel/src/protocol/bytes.ts';
import { DIRECTION, KIND } from '../packages/secure-channel/src/protocol/constants.ts';
import { confirmation, deriveSecrets } from '../packages/secure-channel/src/protocol/key-schedule.ts';
import {
  type AnswerCore,
  decodeAnswer,
  decodeHello,
  encodeAnswer,
  encodeHello,
  type Hello,
} from '../packages/secure-channel/src/protocol/messages.ts';
import { recordSender, requestContext, responseContext } from '../packages/secure-channel/src/protocol/records.ts';
import { sendingKeys } from '../packages/secure-channel/src/protocol/traffic-keys.ts';
import { transcriptOf } from '../packages/secure-channel/src/protocol/transcript.ts';
import { importServerKey, sealRecord } from '../packages/secure-channel/src/server/cipher.ts';
import { nativeHashes as hashes } from '../packages/secure-channel/src/server/hashes.ts';
import { nativeEncapsulate } from '../packages/secure-channel/src/server/kem.ts';
import type { ChannelServer, Environment } from '../packages/secure-channel/src/server/server.ts';
import { ORIGIN } from '../packages/secure-channel/src/test-environment.ts';
import type { Bytes } from './mutate-bytes.ts';

/** @returns seals these contents as the records of a new stream, and gives the whole sealed request */
export async function rawClient(server: ChannelServer): Promise<(contents: readonly Uint8Array[]) => Bytes> {
  const key = await generateKemKey[2](crypto.getRandomValues(new Uint8Array(32)));
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const hello: Hello = { suites: [2], nonce, keyShares: new Map([[2, key.publicKey]]), origin: ORIGIN, ticket: new Uint8Array() };
  const answer = decodeAnswer((await server.openSession(encodeHello(hello))).answer);
  const secret = await key.decapsulate(answer.ciphertext);
  const { client } = deriveSecrets(hashes, transcriptOf(hashes, hello, answer).hash, secret, new Uint8Array());
  const keys = sendingKeys(hashes, client, importServerKey);
  const { sessionId } = answer;
  let streamId = 0;
  return (contents) => {
    streamId++;
    const context = requestContext(hashes, '/channel');
    const seal = recordSender({ sessionId, direction: DIRECTION.toServer, streamId, context }, keys);
    const frames = contents.map((content, index) => sealRecord(seal(content, index === contents.length - 1)));
    return concat(Uint8Array.of(KIND.sealedRequest, sessionId.length), sessionId, u32(streamId), ...frames);
  };
}

/** What a hostile enclave may say of itself besides the truth. */
export interface Lies extends Partial<AnswerCore> {
  readonly batchPath?: Uint8Array;
  readonly ticket?: Uint8Array;
  readonly evidence?: Uint8Array;
}

/**
 * A server that answers hellos as `lies` has it, with the right confirmation, and each first request of a session with these contents as records.
 * It knows the path and content type of the request only because it is told.
 */
export function rawServer(
  environment: Environment,
  lies: Lies,
  contents: readonly Uint8Array[],
  request: { method: string; path: string },
) {
  let seal: ((content: Uint8Array, isLast: boolean) => Bytes) | undefined;
  return async (outer: Request): Promise<Response> => {
    const body = new Uint8Array(await outer.arrayBuffer());
    if (body[0] === KIND.sealedRequest) {
      const frames = contents.map((content, index) => seal?.(content, index === contents.length - 1) ?? new Uint8Array());
      return new Response(concat(...frames));
    }
    const hello = decodeHello(body);
    const { generation: _, ...stated } = environment;
    const { ciphertext, secret } = nativeEncapsulate(2, hello.keyShares.get(2) ?? new Uint8Array());
    const core: AnswerCore = { ...stated, suite: 2, ciphertext, sessionId: new Uint8Array(16), resumed: false, ...lies };
    const transcript = transcriptOf(hashes, hello, core);
    const secrets = deriveSecrets(hashes, transcript.hash, secret, new Uint8Array());
    const { batchPath = new Uint8Array(), ticket = new Uint8Array(), evidence = transcript.reportData } = lies;
    const context = responseContext(hashes, { ...request, headers: [] });
    const next = recordSender(
      { sessionId: core.sessionId, direction: DIRECTION.toClient, streamId: 1, context },
      sendingKeys(hashes, secrets.server, importServerKey),
    );
    seal = (content, isLast) => sealRecord(next(content, isLast));
    const confirm = confirmation(hashes, secrets.confirmKey, transcript.hash, { batchPath, evidence, ticket });
    return new Response(encodeAnswer({ ...core, batchPath, ticket, evidence, confirm }));
  };
}

/** `lp(head) || body`, or nearly. */
export function headed(head: string, body = new Uint8Array()): Bytes {
  return concat(lengthPrefixed(new TextEncoder().encode(head)), body);
}
