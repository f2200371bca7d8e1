// Runs a TypeScript file of this repository on the pinned Node, installing dependencies first where they are missing or out of date.
// Plain JavaScript: it must start on whatever Node (>= 20) came with the machine's npm.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const installed = join(root, 'node_modules/.package-lock.json');
const wanted = readLock();

let done = isInstalled();
while (!done) {
  const release = await takeTurn();
  done = isInstalled();
  if (release && !done) {
    await install();
    done = true; // npm succeeded: doing it again would change nothing
  }
  release?.();
}

const pinned = join(root, 'node_modules/.bin/node');
const major = Number(process.versions.node.split('.')[0]);
if (!existsSync(pinned) && major < 24)
  fail(
    `Node 24 is not available through npm for ${process.platform}-${process.arch}. Install Node 24 or newer and run the same command again.`,
  );
// Compiled sources are kept between starts: half the processor time of a start.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/compiled');
const node = existsSync(pinned) ? pinned : process.execPath;
process.exit(await run(node, ['--disable-warning=ExperimentalWarning', ...process.argv.slice(2)], 'inherit', process.cwd()));

function readLock() {
  try {
    return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  } catch (error) {
    return fail(
      `package-lock.json can't be read (${error.code ?? 'not JSON'}). Get it back with "git checkout package-lock.json" and run the same command again.`,
    );
  }
}

/** npm writes what it installed when it has finished, so an installation that broke off is done again. */
function isInstalled() {
  const there = existsSync(installed) ? JSON.parse(readFileSync(installed, 'utf8')).packages : {};
  return Object.entries(wanted).every(
    ([path, { version, optional, link }]) =>
      path === '' || !path.startsWith('node_modules/') || optional || link || there[path]?.version === version,
  );
}

async function install() {
  console.error('Installing dependencies (once per version)...');
  const cli = process.env.npm_execpath ?? '';
  const [command, first] =
    basename(cli) === 'npm-cli.js' ? [process.execPath, [cli]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  // The pinned Node replaces the one that runs npm here, so engine warnings about the latter mean nothing.
  const status = await run(command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], ['ignore', 2, 2]);
  if (status !== 0)
    fail('Installing failed. Check that the npm registry is reachable and the disk has room, then run the same command again.');
}

/**
 * One installation at a time. Resolves with what ends the turn, or, once the one whose turn it was has ended, with nothing: then look again.
 * The turn is a listening socket, which ends with its process, so nobody waits for one that was killed.
 */
async function takeTurn() {
  const name = `privexbot-install-${createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 24)}`;
  const address = { linux: `\0${name}`, win32: `\\\\.\\pipe\\${name}` }[process.platform] ?? join(tmpdir(), `${name}.sock`);
  const server = createServer().listen(address);
  try {
    await once(server, 'listening');
    const waiting = new Set();
    server.on('connection', (socket) => waiting.add(socket.on('error', () => undefined)));
    return () => {
      server.close();
      for (const socket of waiting) socket.destroy();
    };
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
  }
  const wait = connect(address).on('error', (error) => {
    if (error.code === 'ECONNREFUSED' && !address.startsWith('\0')) rmSync(address, { force: true }); // left by one that was killed
  });
  wait.resume();
  await new Promise((resolve) => wait.on('close', resolve));
  return undefined;
}

/** Signals are passed on; the child drains and decides when to end (it takes a repeated Ctrl-C within a second as one). */
async function run(command, args, stdio, cwd = root) {
  // Where util-linux is, a killed launcher takes the child along.
  const setpriv = '/usr/bin/setpriv';
  const hasSetpriv = process.platform === 'linux' && existsSync(setpriv) && basename(realpathSync(setpriv)) === 'setpriv';
  const [program, ...rest] = hasSetpriv ? [setpriv, '--pdeathsig', 'TERM', '--', command, ...args] : [command, ...args];
  const child = spawn(program, rest, { cwd, stdio });
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`${command} can't be started (${error.code}).`));
    child.on('exit', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
