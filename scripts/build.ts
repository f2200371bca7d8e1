// Builds the browser's part of the product, web and widget, when their sources changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InlineConfig } from 'vite';
import { checkBudgets } from './budgets.ts';
import { buildLibraries } from './build-libraries.ts';
import { inspectProductionFiles, PRODUCTION_FOLDERS } from './production-files.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Everything a bundle is made from. */
const SOURCES = [
  'apps/web/{src,public}/**',
  'apps/widget/src/**',
  'apps/{web,widget}/{*.html,*.ts,package.json}',
  'packages/ui/{src,build,locales}/**',
  'packages/{attestation,contract,flow,sdk,secure-channel}/src/**',
  'scripts/{build,budgets}.ts',
  'package-lock.json',
];
const BUNDLES = [
  { app: 'apps/web', config: 'vite.config.ts' },
  { app: 'apps/widget', config: 'vite.config.ts' },
  { app: 'apps/widget', config: 'vite.loader.config.ts' },
] as const;

/**
 * Makes `apps/web/dist` and `apps/widget/dist`. Does nothing while the sources are those of the last build.
 * @param production leaves source maps out, trusts hardware vendors only, and fails above a size budget; development builds are not measured,
 *   and hold the root of this checkout's simulated machines besides
 */
export async function buildClients({ production }: { production: boolean }): Promise<void> {
  const stamp = join(ROOT, 'apps/web/dist/.built-from');
  const roots = production ? null : await simulationRoots();
  const hash = hashSources(production, roots);
  const isBuilt = existsSync(join(ROOT, 'apps/widget/dist/widget.js')) && existsSync(stamp);
  if (isBuilt && readFileSync(stamp, 'utf8') === hash) return;

  await bundle({ define: definedFor(roots), build: { sourcemap: !production } });
  const { lines, exceeded } = checkBudgets(ROOT);
  // The budgets are promises about what is published; a development build carries more.
  if (production) for (const line of lines) console.log(line);
  if (production && exceeded.length) throw new Error(`Bundles are larger than their budget: ${exceeded.join(', ')}.`);
  writeFileSync(stamp, hash);
}

/** Makes the production clients in another folder, whatever was built before. */
export async function buildProductionClients(out: string): Promise<void> {
  for (const app of new Set(BUNDLES.map((each) => each.app)))
    await bundle({ define: definedFor(null), build: { outDir: join(out, app, 'dist'), emptyOutDir: false } }, app);
}

/** @param roots PEM; `null` in a production build */
function definedFor(roots: string | null) {
  return { __PRIVEXBOT_SIMULATION_ROOTS__: JSON.stringify(roots) };
}

/** @param only one app instead of all */
async function bundle(config: InlineConfig, only?: string): Promise<void> {
  const { build } = await import('vite');
  for (const { app, config: file } of BUNDLES.filter((each) => !only || each.app === only))
    await build({ root: join(ROOT, app), configFile: join(ROOT, app, file), configLoader: 'native', logLevel: 'warn', ...config });
}

/** The root certificates of this checkout's simulated machines, which are made if there are none yet. */
async function simulationRoots(): Promise<string> {
  const [{ SIMULATION_FOLDER }, { isSimulatedKind, TEE_KINDS }, { prepareSimulation }] = await Promise.all([
    import('../apps/enclave/src/providers/tee/index.ts'),
    import('../apps/enclave/src/providers/tee/tee-provider.ts'),
    import('../apps/enclave/src/providers/tee/simulation/development-keys.ts'),
  ]);
  // The kind that the server is about to be, so that its root is there before the server makes it.
  const kind = TEE_KINDS.find((each) => each === process.env.PRIVEXBOT_TEE) ?? 'simulated-tdx';
  await prepareSimulation(SIMULATION_FOLDER, isSimulatedKind(kind) ? kind : 'simulated-tdx');
  return readFileSync(join(SIMULATION_FOLDER, 'root.pem'), 'utf8');
}

function hashSources(production: boolean, roots: string | null): string {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) throw new Error('No source of web and widget was found.');
  const hash = createHash('sha256').update(`production ${production}\n${roots}\n`);
  for (const file of files) hash.update(`${relative(ROOT, file)}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

if (import.meta.main) {
  await buildClients({ production: true });
  await buildLibraries();
  const { files, certificates, problems } = inspectProductionFiles(PRODUCTION_FOLDERS.map((folder) => join(ROOT, folder)));
  console.log(
    `production files: ${files} files, ${certificates} certificates, all of hardware vendors: ${problems.length === 0 ? 'yes' : 'NO'}`,
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const { measureBuild } = await import('../apps/enclave/src/providers/tee/build-measurement.ts');
  const { digest, assets } = measureBuild(ROOT);
  console.log(
    `measurement of what runs (SHA-384 over sources, ${Object.keys(assets).length} pages and files, lock file, Node ${process.version}): ${digest}`,
  );
}
