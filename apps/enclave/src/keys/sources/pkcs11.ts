/**
 * The `pkcs11` source: each epoch has a secret key inside the token that never leaves it. The epoch key is the token's
 * HMAC-SHA-256 of a fixed text under that key, so nothing wrapped is stored outside, and removing the token's key ends it.
 * The module runs in a child process (`pkcs11-tool` of OpenSC): a vendor's library does not share memory with content.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { EPOCH_KEY_BYTES, missingEpoch, NOTHING_CHANGED, RootKeyProblem, type RootKeySource } from '../root-key.ts';

export interface Pkcs11Settings {
  /** Path of the vendor's library. */
  readonly module: string;
  readonly token: string;
  /** What the labels of this environment's keys begin with. */
  readonly object: string;
  /** Read anew for each use. */
  readonly pin: () => Promise<Uint8Array>;
  readonly patienceMs?: number;
}

const TOOL = 'pkcs11-tool';
/** The tool takes a PIN from its arguments, which every user of the machine can read, or from its environment, which only its own user can. */
const PIN_VARIABLE = 'PRIVEXBOT_PIN';
const PATIENCE_MS = 20_000;
const MAX_OUTPUT_BYTES = 1 << 20;

interface Outcome {
  readonly code: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

export function openPkcs11({ module, token, object, pin, patienceMs = PATIENCE_MS }: Pkcs11Settings): RootKeySource {
  const name = `The token "${token}"`;
  const run = async (args: readonly string[], input = new Uint8Array()): Promise<Uint8Array> => {
    const all = ['--module', module, '--token-label', token, '--login', '--pin', `env:${PIN_VARIABLE}`, ...args];
    const outcome = await runTool(all, Buffer.from(await pin()).toString(), input, patienceMs);
    if (outcome.code !== 0) throw explain(name, module, outcome);
    return outcome.stdout;
  };
  const labelOf = (use: string) => `${object} ${use}`;
  // Keys are named by id: the tool ignores labels when it signs. The label is for people.
  const idOf = (label: string) => createHash('sha256').update(label).digest('hex').slice(0, 32);
  const listLabels = async () => {
    const listed = Buffer.from(await run(['--list-objects', '--type', 'secrkey'])).toString();
    const labelled = listed.split(/^Secret Key Object/m).map((text) => ({
      label: /^ {2}label: +(.*)$/m.exec(text)?.[1] ?? '',
      id: /^ {2}ID: +([0-9a-f]+)$/m.exec(text)?.[1],
    }));
    return labelled.filter(({ label, id }) => id === idOf(label)).map(({ label }) => label);
  };
  const has = async (label: string) => {
    const count = (await listLabels()).filter((other) => other === label).length;
    if (count > 1)
      throw new RootKeyProblem(
        'damaged',
        `${name} has ${count} keys named "${label}". Remove those that do not belong to this data. ${NOTHING_CHANGED}`,
      );
    return count === 1;
  };
  const derive = async (use: string) => {
    const text = Buffer.from(`privexbot root key 1 ${use}`);
    const mac = await run(['--sign', '--mechanism', 'SHA256-HMAC', '--id', idOf(labelOf(use))], text);
    if (mac.length !== EPOCH_KEY_BYTES) throw new RootKeyProblem('damaged', `${name} gave an HMAC of a wrong length. ${NOTHING_CHANGED}`);
    return mac;
  };
  const createAndDerive = async (use: string) => {
    const label = labelOf(use);
    const named = ['--label', label, '--id', idOf(label)];
    if (!(await has(label))) await run(['--keygen', '--key-type', 'GENERIC:32', ...named, '--sensitive', '--usage-sign']);
    return derive(use);
  };
  const toUse = (epoch: number) => `epoch ${epoch}`;

  return {
    kind: 'pkcs11',
    databaseSecret: () => createAndDerive('database'),
    async epochs() {
      const prefix = labelOf('epoch ');
      const found = (await listLabels()).filter((label) => label.startsWith(prefix)).map((label) => Number(label.slice(prefix.length)));
      return found.filter(Number.isInteger).sort((a, b) => a - b);
    },
    createEpoch: (epoch) => createAndDerive(toUse(epoch)),
    async openEpoch(epoch) {
      if (!(await has(labelOf(toUse(epoch))))) throw missingEpoch(name, epoch);
      return derive(toUse(epoch));
    },
    async destroyEpoch(epoch) {
      const label = labelOf(toUse(epoch));
      if (await has(label)) await run(['--delete-object', '--type', 'secrkey', '--id', idOf(label)]);
      if (await has(label)) throw new RootKeyProblem('refused', `${name} still has the key "${label}" after it was removed.`);
    },
  };
}

function runTool(args: readonly string[], pin: string, input: Uint8Array, patienceMs: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(TOOL, args, {
      // A vendor's library finds its own settings in the environment, such as SOFTHSM2_CONF
      env: { ...process.env, [PIN_VARIABLE]: pin },
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    const stdout: Uint8Array[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      size > MAX_OUTPUT_BYTES ? child.kill('SIGKILL') : stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Uint8Array) => {
      stderr = (stderr + Buffer.from(chunk).toString()).slice(-4_096);
    });
    child.stdin.on('error', () => undefined); // it may end without reading
    child.stdin.end(input);
    child.once('error', (cause) =>
      reject(
        new RootKeyProblem('unreachable', `${TOOL} cannot be started. Install it (on Debian: apt-get install opensc). ${NOTHING_CHANGED}`, {
          cause,
        }),
      ),
    );
    child.once('close', (code) => resolve({ code, stdout: new Uint8Array(Buffer.concat(stdout)), stderr }));
  });
}

/** What the tool says, by what it means. Never repeated as it is: a vendor's library may say anything. */
const MEANINGS: readonly (readonly [RegExp, ConstructorParameters<typeof RootKeyProblem>[0], string])[] = [
  [
    /CKR_PIN_INCORRECT|CKR_PIN_INVALID|CKR_PIN_LEN_RANGE/,
    'refused',
    'refuses the PIN. Correct the file that PRIVEXBOT_ROOT_KEY_SECRET_FILE names before you start again: many tokens lock after a few wrong ones.',
  ],
  [/CKR_PIN_LOCKED/, 'refused', 'is locked after wrong PINs. Unlock it with its security officer.'],
  [/CKR_PIN_EXPIRED/, 'refused', 'says that the PIN has expired. Set a new one.'],
  [
    /No slot with token named|CKR_TOKEN_NOT_PRESENT|CKR_DEVICE_REMOVED|No slots/,
    'unreachable',
    'is not there. Connect it, or correct PRIVEXBOT_ROOT_KEY.',
  ],
  [/C_Initialize failed/, 'unreachable', "is not there: its module does not start. Connect it, or correct the module's own settings."],
  [
    /Failed to load pkcs11 module|sc_dlopen/,
    'unreachable',
    'cannot be used, because its module cannot be loaded. Correct module-path in PRIVEXBOT_ROOT_KEY, and install the module.',
  ],
  [/CKR_MECHANISM_INVALID|not supported/i, 'refused', 'does not offer HMAC-SHA-256 with generic secret keys. Use another token.'],
  [/CKR_DEVICE_MEMORY/, 'storage_full', 'has no space for another key. Remove keys that nothing needs.'],
];

function explain(name: string, module: string, { code, stderr }: Outcome): RootKeyProblem {
  if (code === null)
    return new RootKeyProblem('unreachable', `${name} does not answer (${module}). Try again when it does. ${NOTHING_CHANGED}`);
  const [, failure = 'unreachable', text = `failed (${/CKR_\w+/.exec(stderr)?.[0] ?? `code ${code}`}).`] =
    MEANINGS.find(([pattern]) => pattern.test(stderr)) ?? [];
  return new RootKeyProblem(failure, `${name} ${text} ${NOTHING_CHANGED}`);
}
