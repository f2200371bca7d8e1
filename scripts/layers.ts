// Fails when a file imports what its layer may not see, and when it looked at nothing.
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

/** Which workspaces each workspace may import. Leaves import none. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  attestation: [],
  contract: [],
  'secure-channel': ['attestation'],
  flow: [],
  sdk: ['contract', 'attestation', 'secure-channel'],
  ui: ['contract', 'attestation'],
  enclave: ['contract', 'flow', 'attestation', 'secure-channel'],
  web: ['sdk', 'contract', 'ui', 'flow'],
  widget: ['sdk', 'contract', 'ui'],
  cli: ['sdk', 'contract', 'attestation', 'secure-channel'],
  testing: ['contract', 'sdk', 'enclave', 'attestation', 'secure-channel', 'flow'],
};

const TESTS_MAY_IMPORT: readonly string[] = ['testing', 'sdk'];

/** Inside the enclave: folders that must not import a feature, and files that may import everything. */
const BELOW_FEATURES = ['http', 'db', 'keys', 'providers', 'jobs'];
const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|(?:^|[^.\w])import\s*\(?\s*'([^']+)'/g;

const problems: string[] = [];
let files = 0;
let imports = 0;

for await (const path of glob('{apps,packages}/*/{src,bin}/**/*.{ts,tsx,mjs}')) {
  const file = path.replaceAll('\\', '/');
  if (file.includes('node_modules')) continue;
  files++;
  const workspace = file.split('/')[1] ?? '';
  const isTest = /\.(test|fixture)\.tsx?$/.test(file);
  for (const match of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? '';
    imports++;
    checkWorkspace(file, workspace, target, isTest);
    if (workspace === 'enclave' && target.startsWith('.')) checkEnclave(file, target, isTest);
  }
}

function checkWorkspace(file: string, workspace: string, target: string, isTest: boolean): void {
  const allowed = MAY_IMPORT[workspace];
  if (!allowed) {
    problems.push(`${file}: workspace "${workspace}" is not in the table of scripts/layers.ts`);
    return;
  }
  const other = target.startsWith('@privexbot/') ? target.split('/')[1] : escapes(file, workspace, target);
  if (!other || other === workspace || allowed.includes(other) || (isTest && TESTS_MAY_IMPORT.includes(other))) return;
  problems.push(`${file}: ${workspace} must not import ${other} ("${target}")`);
}

/** The workspace a relative import reaches when it leaves its own. */
function escapes(file: string, workspace: string, target: string): string | undefined {
  if (!target.startsWith('.')) return undefined;
  const [, reached] = normalize(join(dirname(file), target))
    .replaceAll('\\', '/')
    .split('/');
  return reached === workspace ? undefined : (reached ?? 'the root');
}

function checkEnclave(file: string, target: string, isTest: boolean): void {
  const from = file.split('/').slice(3);
  const to = normalize(join(dirname(file), target))
    .replaceAll('\\', '/')
    .split('/')
    .slice(3);
  const reachesFeature = to[0] === 'features';
  if (!isTest && reachesFeature && BELOW_FEATURES.includes(from[0] ?? ''))
    problems.push(`${file}: ${from[0]} must not import features ("${target}")`);
  if (!isTest && from[0] === 'features' && reachesFeature && from[1] !== to[1] && to[2] !== 'index.ts')
    problems.push(`${file}: reaches into feature ${to[1]} past its index.ts ("${target}")`);
}

if (files === 0 || imports === 0) problems.push('no file or no import was read: the check looked at nothing');
for (const problem of problems) console.error(problem);
console.log(`layers: ${files} files, ${imports} imports, ${problems.length} broken rules`);
process.exit(problems.length ? 1 : 0);
