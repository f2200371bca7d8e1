// The real server as a process of its own, as `npm start` runs it once the clients are built.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient, type Transport } from '@privexbot/sdk';
import { choosePort } from './choose-port.ts';
import { endNow, type ProcessInfo, processesBelow, untilNoProcess } from './processes.ts';
import { sealedTransport } from './sealed.ts';

const MAIN = fileURLToPath(new URL('../../../apps/enclave/src/main.ts', import.meta.url));
// Not what is promised, but when there is no hope left: a busy machine may hold everything up for a minute.
const START_MS = 150_000;
const QUIT_MS = 10_000;
const END_MS = 90_000;

/** What `kill` aims at: the server alone, PostgreSQL alone, the server's child processes that are not PostgreSQL, or all at once. */
export type Target = 'server' | 'database' | 'worker' | 'group';

export interface ServerOptions {
  /** As in the environment, such as `{ PRIVEXBOT_LOG: 'debug' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where its folder is made; the system's temporary folder unless given. */
  readonly below?: string;
  /** Goes before the command, such as `unshare ...`; it must become the server, not start it. Called with the data folder. */
  readonly prefix?: (dataFolder: string) => readonly string[];
}

export interface Server extends AsyncDisposable {
  readonly url: string;
  /** A folder of its own: working directory, temporary files, data folder and key file. Gone when disposed. */
  readonly folder: string;
  readonly dataFolder: string;
  readonly keyFile: string;
  /** All that it has written so far on stdout and stderr. */
  output(): string;
  /** The server, its workers, and PostgreSQL with its backends. */
  processes(): Promise<ProcessInfo[]>;
  /** Starts again what was stopped or killed, on the same port and folder. */
  start(): Promise<void>;
  /** Drains; resolves when all processes have ended. */
  stop(): Promise<void>;
  /** Kill -9. Returns how many processes were hit. The server and the whole group have ended when this resolves. */
  kill(target: Target): Promise<number>;
  /** A caller through the sealed channel, with a device key of its own or with an API key. */
  transport(apiKey?: string): Transport;
  client(apiKey?: string): Client;
}

/**
 * Starts a server: `await using server = await startServer()`.
 * @throws what it said where it does not start
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const server = await prepareServer(options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** The same, but not started yet, so that its folder can be filled first. */
export async function prepareServer({ settings = {}, below = tmpdir(), prefix = () => [] }: ServerOptions = {}): Promise<Server> {
  const folder = await realpath(await mkdtemp(join(below, 'privexbot-server-')));
  await chmod(folder, 0o755); // the database runs as another user when the tests run as root
  const dataFolder = join(folder, 'data');
  const port = Number(settings.PRIVEXBOT_PORT ?? (await choosePort()));
  const url = `http://127.0.0.1:${port}`;
  const env = { ...cleanEnvironment(), TMPDIR: folder, PRIVEXBOT_DATA: dataFolder, ...settings, PRIVEXBOT_PORT: `${port}` };
  let output = '';
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();

  const launch = async () => {
    const from = output.length;
    const [command = '', ...args] = [...prefix(dataFolder), process.execPath, MAIN];
    const started = spawn(command, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    ended = once(started, 'exit');
    await new Promise<void>((resolve, reject) => {
      const giveUp = async () => {
        const running = (await processesBelow(folder)).map(({ pid, state, command }) => `${pid} ${state} ${command.slice(0, 80)}`);
        reject(new Error(`the server did not get ready in time; it said “${output.slice(from)}”, running are: ${running.join('; ')}`));
      };
      const late = setTimeout(giveUp, START_MS);
      const onText = (text: string) => {
        output += text;
        if (output.includes(`PrivexBot is ready at ${url}\n`, from)) resolve();
      };
      started.stdout.setEncoding('utf8').on('data', onText);
      started.stderr.setEncoding('utf8').on('data', onText);
      started.once('close', () => reject(new Error(output.slice(from).trim() || 'the server ended without a word')));
      ended.finally(() => clearTimeout(late));
    });
  };
  const transport = (apiKey?: string) => sealedTransport(url, apiKey);

  return {
    url,
    folder,
    dataFolder,
    keyFile: `${dataFolder}.key`,
    output: () => output,
    processes: () => processesBelow(folder),
    start: launch,
    transport,
    client: (apiKey) => createClient(transport(apiKey)),
    async stop() {
      child?.kill('SIGTERM');
      await ended;
      await untilNoProcess(folder, END_MS);
    },
    async kill(target) {
      const hit = (await processesBelow(folder)).filter((one) => TARGETS[target](one, child?.pid));
      for (const { pid } of hit) endNow(pid);
      if (target === 'group') await untilNoProcess(folder, END_MS);
      if (target === 'server' || target === 'group') await ended;
      return hit.length;
    },
    async [Symbol.asyncDispose]() {
      // Killed, PostgreSQL would leave its shared memory on the machine.
      for (const one of await processesBelow(folder)) endNow(one.pid, isDatabase(one) ? 'SIGQUIT' : 'SIGKILL');
      await untilNoProcess(folder, QUIT_MS).catch(() => undefined);
      for (const { pid } of await processesBelow(folder)) endNow(pid);
      await untilNoProcess(folder, END_MS);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const TARGETS: Record<Target, (one: ProcessInfo, server: number | undefined) => boolean> = {
  server: ({ pid }, server) => pid === server,
  // Its backends end with the postmaster.
  database: (one, server) => isDatabase(one) && one.parent === server,
  worker: (one, server) => !isDatabase(one) && one.parent === server,
  group: () => true,
};

function isDatabase({ command }: ProcessInfo): boolean {
  return /(^|\/)postgres(:| )/.test(command);
}

/** Without the settings of whoever runs the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PRIVEXBOT_(?!TEST_RUN)|DATABASE_|VITEST|NODE_)/.test(name)));
}
