// A real TPM 2.0 in software: libtpms behind swtpm, on a UNIX socket.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openTpm } from '../tpm.ts';
import { type Harness, makeFolder } from './harness.fixture.ts';

export interface Swtpm extends Harness {
  readonly socket: string;
  /** Ends the TPM and starts it again from what it keeps, as a machine does. */
  reboot(): Promise<void>;
  /** Runs a program of tpm2-tools against it: another implementation that sees the same TPM. */
  tool(name: string, ...args: string[]): Promise<string>;
}

export const PCRS = [7, 11];
export const INDEX = 0x01_50_42_00;

export async function startSwtpm(ownerPassword = ''): Promise<Swtpm> {
  await using stack = new AsyncDisposableStack();
  const folder = await makeFolder(stack);
  const socket = join(folder, 'tpm');
  const state = join(folder, 'state');
  await mkdir(state);
  let running: ChildProcess | undefined;
  const stop = async () => {
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  const start = async () => {
    const server = ['--server', `type=unixio,path=${socket}`, '--ctrl', `type=unixio,path=${socket}.ctrl`];
    running = spawn('swtpm', ['socket', '--tpm2', '--tpmstate', `dir=${state}`, ...server, '--flags', 'not-need-init,startup-clear'], {
      stdio: 'ignore',
    });
    for (let tries = 0; !(await isListening(socket)) && tries < 400; tries++) await sleep(25);
  };
  stack.defer(stop);
  await start();
  const tool = async (name: string, ...args: string[]) =>
    (await promisify(execFile)(name, args, { env: { ...process.env, TPM2TOOLS_TCTI: `swtpm:path=${socket}` } })).stdout;
  if (ownerPassword) await tool('tpm2_changeauth', '-c', 'owner', ownerPassword);
  const owned = stack.move();
  return {
    socket,
    tool,
    secrets: ownerPassword ? [ownerPassword] : [],
    open: async () => openTpm({ device: socket, pcrs: PCRS, index: INDEX, ownerSecret: async () => Buffer.from(ownerPassword) }),
    takeAway: stop,
    async reboot() {
      await stop();
      await promisify(execFile)('rm', ['-f', socket, `${socket}.ctrl`]);
      await start();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The socket's file is there before anybody answers on it. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
