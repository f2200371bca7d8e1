// Builds what is published through npm: the SDK for browsers and servers, and the command line. Each `dist` is a whole package that needs no other.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Library {
  readonly workspace: string;
  readonly entry: string;
  /** What is made of the entry. */
  readonly file: string;
  readonly target: 'node' | 'webworker';
  readonly banner?: string;
  /** What its package.json says besides version and licence. */
  readonly manifest: object;
}

const LIBRARIES: readonly Library[] = [
  {
    workspace: 'packages/sdk',
    entry: 'src/index.ts',
    file: 'index.js',
    target: 'webworker',
    manifest: { name: '@privexbot/sdk', exports: './index.js', sideEffects: false },
  },
  {
    workspace: 'apps/cli',
    entry: 'src/main.ts',
    file: 'main.js',
    target: 'node',
    banner: '#!/usr/bin/env node',
    manifest: { name: 'privexbot', bin: { privexbot: 'main.js' }, engines: { node: '>=22' } },
  },
];

/** Production builds: they trust the roots of hardware vendors and take no others. @param out where to, instead of each workspace's `dist` */
export async function buildLibraries(out?: string): Promise<void> {
  const { build } = await import('vite');
  for (const { workspace, entry, file, target, banner = '', manifest } of LIBRARIES) {
    const root = join(ROOT, workspace);
    const outDir = out ? join(out, workspace, 'dist') : join(root, 'dist');
    await build({
      root,
      configFile: false,
      logLevel: 'warn',
      define: { __PRIVEXBOT_SIMULATION_ROOTS__: 'null' },
      ssr: { noExternal: true, target },
      build: {
        ssr: join(root, entry),
        target: 'es2022',
        outDir,
        emptyOutDir: true,
        chunkSizeWarningLimit: 2_000, // kB: nobody waits for it to load
        rolldownOptions: { output: { entryFileNames: file, codeSplitting: false, banner } },
      },
    });
    const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
    writeFileSync(join(outDir, 'package.json'), `${JSON.stringify({ ...manifest, version, license, type: 'module' }, null, 2)}\n`);
    copyFileSync(join(ROOT, 'LICENSE'), join(outDir, 'LICENSE'));
  }
}
