/**
 * Signatures of unaltered evidence are verified once and remembered: an altered copy still has most of them, and they cost most of the time.
 * What is remembered is the answer of WebCrypto for the same key, signature and bytes; everything else still goes there.
 */
const { subtle } = crypto;
const [importKey, verify] = [subtle.importKey.bind(subtle), subtle.verify.bind(subtle)];
type Key = Awaited<ReturnType<typeof importKey>>;

const keys = new Map<string, Key>();
const answers = new WeakMap<Key, Map<string, boolean>>();
let isLearning = false;

export async function rememberSignatures(work: () => Promise<unknown>): Promise<void> {
  isLearning = true;
  await work();
  isLearning = false;
}

async function importRemembered(...args: Parameters<typeof importKey>): Promise<Key> {
  const [format, bytes, algorithm] = args;
  if (format !== 'spki') return importKey(...args);
  const name = `${JSON.stringify(algorithm)} ${text(bytes)}`;
  const known = keys.get(name);
  if (known) return known;
  const key = await importKey(...args);
  if (isLearning) keys.set(name, key);
  return key;
}

async function verifyRemembered(...args: Parameters<typeof verify>): Promise<boolean> {
  const [algorithm, key, signature, data] = args;
  const ofKey = answers.get(key);
  const name = ofKey || isLearning ? `${JSON.stringify(algorithm)} ${text(signature)} ${text(data)}` : '';
  const known = ofKey?.get(name);
  if (known !== undefined) return known;
  const answer = await verify(...args);
  if (isLearning) answers.set(key, (ofKey ?? new Map<string, boolean>()).set(name, answer));
  return answer;
}

function text(bytes: unknown): string {
  if (bytes instanceof ArrayBuffer) return Buffer.from(bytes).toString('latin1');
  if (!ArrayBuffer.isView(bytes)) throw new TypeError('Not bytes');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

Object.assign(subtle, { importKey: importRemembered, verify: verifyRemembered });
