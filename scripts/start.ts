// `npm start`: builds the clients where their sources changed, then is the server. `--demo` seeds an organization; `--dev` rebuilds and restarts on changes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { buildClients } from './build.ts';

const { values } = parseArgs({ options: { demo: { type: 'boolean', default: false }, dev: { type: 'boolean', default: false } } });

await buildClients({ production: false });
if (values.dev) await watch();
else {
  const { runServer } = await import('../apps/enclave/src/run-server.ts');
  await runServer(values.demo ? showDemo : undefined);
}

async function showDemo(url: string): Promise<void> {
  const { seedDemo } = await import('./demo.ts');
  const { email, password, pageUrl } = await seedDemo(url);
  console.log(`The demo’s chat page: ${pageUrl}\nSign in as ${email} with the password ${password}`);
}

/** The server starts again when one of its files changes, and so does the build of the clients. */
async function watch(): Promise<void> {
  const { watch: watchFolder } = await import('node:fs/promises');
  const server = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'apps/enclave/src/main.ts'], { stdio: 'inherit' });
  const ended = new AbortController();
  void once(server, 'exit').then(() => ended.abort());
  await Promise.allSettled(
    ['apps/web/src', 'apps/widget/src', 'packages'].map((folder) =>
      rebuildOn(watchFolder(folder, { recursive: true, signal: ended.signal })),
    ),
  );
}

async function rebuildOn(changes: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of changes) await buildClients({ production: false }).catch((error: unknown) => console.error(error));
}
