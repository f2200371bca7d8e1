// `npm run proof`: a simulated environment with a small model inside, and the client script that verifies it and sends it a sealed prompt.
// Everything lies in a folder of its own and is gone afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Client, uploadFile } from '@privexbot/sdk';
import { startServer } from '../packages/testing/src/server.ts';
import { tinyGguf } from '../packages/testing/src/tiny-gguf.ts';

const SCRIPT = fileURLToPath(new URL('../examples/encrypted-prompt.ts', import.meta.url));
const SIMULATION_ROOT = fileURLToPath(new URL('../.simulation/root.pem', import.meta.url));
const PROMPT = 'Confidential: what does the merger with Quillfeather cost us?';

export interface ProofEnvironment extends AsyncDisposable {
  /** Of the recording proxy, which is the only way in that clients know. */
  readonly url: string;
  readonly apiKey: string;
  /** SHA-256 of the model that answers, hexadecimal. */
  readonly modelSha256: string;
  /** Every byte that went by so far, in both directions. */
  wire(): Buffer;
}

export interface ClientRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts an environment with one bot, which answers by a model file of random weights that runs inside. */
export async function openProof(): Promise<ProofEnvironment> {
  await using stack = new AsyncDisposableStack();
  const proxy = stack.use(await openProxy());
  const server = stack.use(await startServer({ settings: { PRIVEXBOT_TEE: 'simulated-tdx', PRIVEXBOT_PUBLIC_URL: proxy.url } }));
  proxy.forwardTo(Number(new URL(server.url).port));
  const model = tinyGguf({ contextTokens: 1024, alphabet: 'abcdefghijklmnopqrstuvwxyz   ' });
  const apiKey = await makeBot(server.client(), model);
  const opened = stack.move();
  return {
    url: proxy.url,
    apiKey,
    modelSha256: createHash('sha256').update(model).digest('hex'),
    wire: proxy.recorded,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** @returns an API key that may ask it */
async function makeBot(client: Client, bytes: Uint8Array): Promise<string> {
  const person = { email: 'proof@company.example', password: 'proof of concept', organization: 'Company' };
  const { organizations } = await client.auth.signUp({ body: person });
  const [{ id: org, workspaces: [{ id: workspace } = {}] = [] } = {}] = organizations;
  if (!org || !workspace) throw new Error('sign-up made no organization with a workspace');
  const upload = await uploadFile(client, { org, file: new Blob([new Uint8Array(bytes)]), name: 'tiny.gguf', purpose: 'model' });
  const model = await client.models.add({ params: { org }, body: { provider: 'llama', name: 'Tiny', upload, threads: 1 } });
  if (model.id === 'grounded' || model.id === 'machine') throw new Error('the model file was not added');
  const bot = await client.bots.create({ params: { org, workspace }, body: { name: 'Proof', model: model.id } });
  const params = { org, workspace, bot: bot.id };
  await client.bots.publish({ params, body: { revision: bot.revision } });
  await client.bots.deploy({ params: { ...params, channel: 'api' }, body: { enabled: true } });
  const { key } = await client.apiKeys.create({ params: { org }, body: { name: 'Proof' } });
  // Loaded once, and last: models in use are named in the evidence, and sessions that began before end with the change.
  await client.models.test({ params: { org, model: model.id } });
  return key;
}

/** Runs `examples/encrypted-prompt.ts` as whoever reads it would. */
export async function runClient({ url, apiKey }: ProofEnvironment, prompt: string, settings: NodeJS.ProcessEnv = {}): Promise<ClientRun> {
  const env = {
    PATH: process.env.PATH,
    PRIVEXBOT_URL: url,
    PRIVEXBOT_API_KEY: apiKey,
    PRIVEXBOT_SIMULATION_ROOT: SIMULATION_ROOT,
    ...settings,
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SCRIPT, prompt], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), exit(child)]);
  return { status, stdout, stderr };
}

async function exit(child: ChildProcess): Promise<number> {
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

interface Proxy extends AsyncDisposable {
  readonly url: string;
  forwardTo(port: number): void;
  recorded(): Buffer;
}

/** Carries bytes on loopback as they are, and keeps a copy. */
async function openProxy(): Promise<Proxy> {
  const chunks: Buffer[] = [];
  let target = 0;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      from
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('error', () => to.destroy())
        .pipe(to);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo(port) {
      target = port;
    },
    recorded: () => Buffer.concat(chunks),
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

if (import.meta.main) {
  const prompt = process.argv[2] ?? PROMPT;
  console.log('Starting a simulated environment with a small model inside...');
  await using proof = await openProof();
  console.log(`It listens at ${proof.url}, behind a proxy that records. The model's SHA-256 is ${proof.modelSha256}.`);
  const { status, stdout, stderr } = await runClient(proof, prompt);
  console.log(`\n$ node scripts/launch.mjs examples/encrypted-prompt.ts "${prompt}"\n${stdout}${stderr}`);
  const wire = proof.wire();
  const words = prompt.match(/[\p{L}\p{N}]{4,}/gu) ?? [];
  const inClear = words.filter((word) => wire.includes(word));
  console.log(
    `The proxy in between recorded ${wire.length} bytes, handshake included. Words of the prompt among them: ${inClear.join(', ') || 'none'}.`,
  );
  process.exitCode = status || inClear.length ? 1 : 0;
}
