#!/usr/bin/env node
// `npx privexbot`: runs src/main.ts on the pinned Node, whatever Node runs npx. Plain JavaScript for that reason.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pinned = join(root, 'node_modules/.bin/node');
// A fresh clone has nothing installed yet: the launcher sees to that first.
const runner = existsSync(pinned)
  ? [pinned, '--disable-warning=ExperimentalWarning']
  : [process.execPath, join(root, 'scripts/launch.mjs')];
const [program = '', ...first] = runner;
const env = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled'), ...process.env };
const child = spawn(program, [...first, join(root, 'apps/cli/src/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`Node can't be started (${error.code}). Run "npm ci" in ${root} and try again.`);
  process.exitCode = 1;
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
