// The best that somebody on the way can do with keys of their own: everything but the evidence fits.
import { generateKemKey } from '../../secure-channel/src/client/kem.ts';
import { portableHashes as hashes } from '../../secure-channel/src/protocol/hashes.ts';
import { confirmation, deriveSecrets } from '../../secure-channel/src/protocol/key-schedule.ts';
import {
  type AnswerCore,
  decodeAnswer,
  decodeHello,
  encodeAnswer,
  encodeHello,
  type Hello,
} from '../../secure-channel/src/protocol/messages.ts';
import { transcriptOf } from '../../secure-channel/src/protocol/transcript.ts';
import { nativeEncapsulate } from '../../secure-channel/src/server/kem.ts';

/** Sends a hello to the genuine enclave and gives its answer. */
type Ask = (hello: Uint8Array) => Promise<Buffer>;

export const TAKE_OVER = {
  /** The enclave answers a hello with the attacker's key in it; its answer goes to the client as it is. */
  async withOwnHello(hello: Buffer, ask: Ask): Promise<Buffer> {
    return ask(encodeHello(await withOwnKeys(decodeHello(hello))));
  },

  /** The client gets an answer to its own hello, with the enclave's statements and evidence and with the attacker's key, rightly confirmed. */
  async asEnclave(bytes: Buffer, ask: Ask): Promise<Buffer> {
    const hello = decodeHello(bytes);
    const genuine = decodeAnswer(await ask(encodeHello(await withOwnKeys(hello))));
    const { ciphertext, secret } = nativeEncapsulate(genuine.suite, hello.keyShares.get(genuine.suite) ?? new Uint8Array());
    const core: AnswerCore = { ...genuine, ciphertext };
    const { hash } = transcriptOf(hashes, hello, core);
    const { confirmKey } = deriveSecrets(hashes, hash, secret, new Uint8Array());
    return Buffer.from(encodeAnswer({ ...genuine, ...core, confirm: confirmation(hashes, confirmKey, hash, genuine) }));
  },
};

/** A ticket would ask for a secret that only the client has. */
async function withOwnKeys(hello: Hello): Promise<Hello> {
  const keyShares: [keyof typeof generateKemKey, Uint8Array][] = [];
  for (const suite of hello.suites)
    keyShares.push([suite, (await generateKemKey[suite](crypto.getRandomValues(new Uint8Array(32)))).publicKey]);
  return { ...hello, keyShares: new Map(keyShares), ticket: new Uint8Array() };
}
