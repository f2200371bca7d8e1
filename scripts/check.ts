// Types, format and lint, layers, dead code: everything that can be said without running the product.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROJECTS = [
  '.',
  'e2e',
  'packages/attestation',
  'packages/contract',
  'packages/flow',
  'packages/secure-channel',
  'packages/sdk',
  'packages/ui',
  'apps/web',
  'apps/widget',
];
const steps: [string, string, string[]][] = [
  ...PROJECTS.filter((project) => existsSync(`${project}/tsconfig.json`)).map((project): [string, string, string[]] => [
    `types of ${project}`,
    'node_modules/.bin/tsc',
    ['-p', `${project}/tsconfig.json`],
  ]),
  ['format and lint', 'node_modules/.bin/biome', ['check', '--error-on-warnings', '.']],
  ['layers', process.execPath, ['scripts/layers.ts']],
  ['dead code', process.execPath, ['node_modules/knip/bin/knip.js']],
];

let failed = 0;
for (const [name, command, args] of steps) {
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed++;
}
process.exit(failed ? 1 : 0);
