// `npm run image -- build|nitro|compose`: calls the container tools on the recipes of deploy/images with inputs that are named by content, or says
// which is missing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIGEST = /^[^\s@]+@sha256:[0-9a-f]{64}$/;
/** `${NAME:?what it is}`, as Compose writes what has no default. */
const OPEN = /\$\{(\w+):\?([^}]*)\}/g;

/** Which inputs a build has. Those of kind `digest` name an image by its content. */
const INPUTS = {
  build: { NODE_IMAGE: 'digest', DEBIAN_IMAGE: 'digest', BUILDKIT_IMAGE: 'digest' },
  nitro: {
    ENCLAVE_IMAGE: 'digest',
    BUILDKIT_IMAGE: 'digest',
    DEBIAN_SNAPSHOT: 'text',
    PUBLIC_URL: 'text',
    ROOT_KEY: 'text',
    KEY_SERVICE_HOST: 'text',
    RELEASE_LOG: 'text',
    DATABASE_URL: 'text',
    DATABASE_OWNER_URL: 'text',
  },
} as const satisfies Record<string, Record<string, 'digest' | 'text'>>;
const RECIPE = { build: 'deploy/images/Containerfile', nitro: 'deploy/images/nitro/Containerfile' } as const;

type Given = Readonly<Record<string, string | undefined>>;

/** A command that can't be carried out as it was given. */
export class ImageProblem extends Error {}

/** @throws ImageProblem naming every input that is missing or no digest */
export function requireInputs(kind: keyof typeof INPUTS, given: Given): [name: string, value: string][] {
  const problems: string[] = [];
  const inputs = Object.entries(INPUTS[kind]).map(([name, form]): [string, string] => {
    const value = given[name] ?? '';
    if (!value) problems.push(`${name} is missing`);
    else if (form === 'digest' && !DIGEST.test(value)) problems.push(`${name} must be NAME@sha256:DIGEST, a tag is another image tomorrow`);
    return [name, value];
  });
  if (problems.length) throw new ImageProblem(`${problems.join('; ')}. Set them in the environment of this command.`);
  return inputs;
}

/** What `docker` is given: no provenance and no clock, so that the same inputs make the same bytes. The context comes from stdin. */
export function buildArguments(kind: keyof typeof INPUTS, inputs: [string, string][], epoch: string, out: string): string[] {
  const args = inputs.filter(([name]) => name !== 'BUILDKIT_IMAGE').map(([name, value]) => `--build-arg=${name}=${value}`);
  return [
    'buildx',
    'build',
    '--builder=privexbot',
    `--file=${RECIPE[kind]}`,
    '--platform=linux/amd64',
    '--no-cache',
    '--provenance=false',
    '--sbom=false',
    ...args,
    `--build-arg=SOURCE_DATE_EPOCH=${epoch}`,
    `--output=type=oci,rewrite-timestamp=true,dest=${out}`,
    `--metadata-file=${out}.json`,
    '-',
  ];
}

/** A compose file with nothing left open: what is measured is what runs. @throws ImageProblem naming what is missing */
export function fillCompose(recipe: string, given: Given): string {
  const problems = new Set<string>();
  const filled = recipe.replace(OPEN, (_, name: string, what: string) => {
    const value = given[name] ?? '';
    if (!value) problems.add(`${name} is missing: ${what}`);
    else if (name.endsWith('_IMAGE') && !DIGEST.test(value)) problems.add(`${name} must be NAME@sha256:DIGEST`);
    else if (!/^[^"\\$\p{Cc}]+$/u.test(value))
      problems.add(`${name} has a double quote, a backslash, $ or a line break, which this file can't hold`);
    return value;
  });
  if (problems.size) throw new ImageProblem(`${[...problems].join('; ')}. Set them in the environment of this command.`);
  return filled;
}

async function build(kind: keyof typeof INPUTS, out: string): Promise<void> {
  const inputs = requireInputs(kind, process.env);
  const uncommitted = await output('git', ['status', '--porcelain']);
  if (uncommitted) throw new ImageProblem(`An image is built from a commit, and these files differ from it:\n${uncommitted}`);
  const epoch = await output('git', ['log', '-1', '--format=%ct']);
  const buildkit = inputs.find(([name]) => name === 'BUILDKIT_IMAGE')?.[1] ?? '';
  const builder = ['--name=privexbot', '--driver=docker-container', `--driver-opt=image=${buildkit}`];
  await output('docker', ['buildx', 'create', ...builder]).catch(() => output('docker', ['buildx', 'inspect', 'privexbot']));
  const folder = await mkdtemp(join(tmpdir(), 'privexbot-image-'));
  try {
    const digests: string[] = [];
    for (const file of [out, join(folder, 'again.tar')]) {
      await buildFromCommit(buildArguments(kind, inputs, epoch, file));
      const { 'containerimage.digest': digest } = JSON.parse(await readFile(`${file}.json`, 'utf8')) as Record<string, string>;
      digests.push(digest ?? 'none');
    }
    const [first, second] = digests;
    if (first !== second) throw new ImageProblem(`Two builds of this commit differ: ${first} and ${second}. Do not publish either.`);
    console.log(`${out} was built twice with the same bytes: ${first}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The context is what git holds, with the commit's time, and no file that lies about. */
async function buildFromCommit(args: string[]): Promise<void> {
  const archive = spawn('git', ['archive', '--format=tar', 'HEAD'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const docker = spawn('docker', args, { cwd: ROOT, stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(docker, 'exit');
  await pipeline(archive.stdout, docker.stdin).catch(() => undefined); // one that ends early says why by how it ends
  const [code] = await ended;
  if (code !== 0) throw new ImageProblem(`docker ended with ${code}.`);
}

async function output(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new ImageProblem(`${command} ${args[0]} ended with ${code}.`);
  return said.trim();
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
  const [command, target = ''] = positionals;
  if (command === 'build' || command === 'nitro') return build(command, values.out ?? `privexbot-${command}.tar`);
  if (command !== 'compose' || !['dstack', 'secretvm'].includes(target))
    throw new ImageProblem('usage: npm run image -- build | nitro | compose dstack | compose secretvm  [--out FILE]');
  const filled = fillCompose(await readFile(join(ROOT, `deploy/images/${target}/compose.yaml`), 'utf8'), process.env);
  await writeFile(values.out ?? `compose.${target}.yaml`, filled);
}

if (import.meta.main)
  await main().catch((error: unknown) => {
    if (!(error instanceof ImageProblem)) throw error;
    console.error(error.message);
    process.exit(1);
  });
