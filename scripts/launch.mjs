// Runs a TypeScript file of this repository on the pinned Node, installing dependencies first where they are missing or out of date.
// Plain JavaScript: it must start on whatever Node (>= 20) came with the machine's npm.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules/.privexbot-installed');
const lockHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockHash) {
  console.error('Installing dependencies (once per version)...');
  const npm = process.env.npm_execpath
    ? [process.execPath, [process.env.npm_execpath]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  // The pinned Node replaces the one that runs npm here, so engine warnings about the latter mean nothing.
  const install = spawnSync(npm[0], [...npm[1], 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (install.status !== 0) {
    console.error('Installing failed. Check that the npm registry is reachable, then run the same command again.');
    process.exit(1);
  }
  writeFileSync(stamp, lockHash);
}

const pinned = join(root, 'node_modules/.bin/node');
const major = Number(process.versions.node.split('.')[0]);
const node = existsSync(pinned) ? pinned : process.execPath;
if (!existsSync(pinned) && major < 24) {
  console.error(
    `Node 24 is not available through npm for ${process.platform}-${process.arch}. Install Node 24 or newer and run the same command again.`,
  );
  process.exit(1);
}

const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// Signals are passed on; the child drains and decides when to end (it takes a repeated Ctrl-C within a second as one).
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
