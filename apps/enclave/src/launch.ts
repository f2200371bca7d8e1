/**
 * What was measured before this process ran, and what of its environment therefore may not come from whoever starts it.
 * A loader option (LD_PRELOAD, NODE_OPTIONS) acts before this code does: that these are refused here is for whoever set one by mistake. Against one
 * set on purpose stands that what starts this process is measured as well.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeLaunchManifest, type LaunchManifest } from '@privexbot/attestation';
import { isSimulatedKind, type TeeKind } from './providers/tee/tee-provider.ts';
import { StartProblem, systemCode } from './start-problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Launch {
  /** Absent: no file was measured with the image. */
  readonly manifest?: { readonly bytes: Uint8Array; readonly content: LaunchManifest };
  /** Made to be given to others: it refuses every simulation. */
  readonly isProductionImage: boolean;
}

const MANIFEST_FILE = '/etc/privexbot/launch.json';
/** The image's recipe puts it beside package.json. A file, because a variable could be left out by whoever starts the image. */
const MARKER_FILE = fileURLToPath(new URL('../../../production-image', import.meta.url));

/** @throws StartProblem where the manifest is there and cannot be read */
export function readLaunch(manifestFile = MANIFEST_FILE, markerFile = MARKER_FILE): Launch {
  return { isProductionImage: existsSync(markerFile), ...readManifest(manifestFile) };
}

function readManifest(path: string): Pick<Launch, 'manifest'> {
  try {
    const bytes = new Uint8Array(readFileSync(path));
    return { manifest: { bytes, content: decodeLaunchManifest(bytes) } };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return {};
    throw new StartProblem(
      `The launch manifest ${path} cannot be used (${code ?? (error as Error).message}). Write it with scripts/launch-manifest.ts.`,
    );
  }
}

/** Where a process listens and keeps what it sealed is no secret and changes nothing about who can read what. */
const FROM_OUTSIDE = new Set([
  'PRIVEXBOT_HOST',
  'PRIVEXBOT_PORT',
  'PRIVEXBOT_PROXIES',
  'PRIVEXBOT_DATA',
  'PRIVEXBOT_COLLATERAL',
  'PRIVEXBOT_ROOT_KEY_SECRET_FILE',
  'PRIVEXBOT_RELEASE',
  'DATABASE_URL',
  'DATABASE_OWNER_URL',
]);

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const ANYTHING = () => true;
/** What shells, containers and service managers set by themselves, and what it may be. */
const HARMLESS: Readonly<Record<string, (value: string) => boolean>> = {
  PATH: (value) => value.split(':').every((folder) => SYSTEM_FOLDERS.includes(folder)),
  TMPDIR: (value) => value === '/tmp',
  PRIVEXBOT_PRODUCTION_IMAGE: ANYTHING,
  ...Object.fromEntries(
    ['HOME', 'HOSTNAME', 'PWD', 'OLDPWD', 'SHLVL', 'TERM', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', '_', 'container'].map(
      (name) => [name, ANYTHING],
    ),
  ),
  ...Object.fromEntries(['INVOCATION_ID', 'JOURNAL_STREAM', 'SYSTEMD_EXEC_PID', 'NODE_VERSION'].map((name) => [name, ANYTHING])),
};

/** Their environment is part of what is measured: an enclave image has no other, a compose file holds it. */
const ENVIRONMENT_IS_MEASURED: ReadonlySet<TeeKind> = new Set<TeeKind>(['nitro', 'dstack', 'secretvm']);

/** The environment as it counts: the measured manifest, and beside it what may come from outside or says the same, secrets included. */
export function settingsOf(env: Environment, { manifest }: Launch): Environment {
  if (!manifest) return env;
  const { settings } = manifest.content;
  const own = Object.entries(env).filter(([name, value]) => FROM_OUTSIDE.has(name) || isStated(settings, name, value ?? ''));
  return { ...settings, ...Object.fromEntries(own) };
}

/**
 * Refuses what would make the process another one than was measured.
 * @param known names of settings that the server reads
 * @throws StartProblem naming the variable, never its value
 */
export function requireMeasured(env: Environment, kind: TeeKind, launch: Launch, known: ReadonlySet<string>): void {
  const content = launch.manifest?.content;
  if (!content && isSimulatedKind(kind)) return;
  if (!content && !ENVIRONMENT_IS_MEASURED.has(kind))
    throw new StartProblem(
      `PRIVEXBOT_TEE=${kind} takes its settings from ${MANIFEST_FILE}, which is measured, and there is none. See docs/guides/hardware.md.`,
    );
  for (const name of Object.keys(content?.settings ?? {}))
    if (name.startsWith('PRIVEXBOT_') && !known.has(name)) throw new StartProblem(`The launch manifest has an unknown setting: ${name}.`);
  for (const [name, value] of Object.entries(env)) {
    if (!value || FROM_OUTSIDE.has(name) || name === 'NODE_OPTIONS' || HARMLESS[name]?.(value)) continue;
    if (content ? isStated(content.settings, name, value) : known.has(name)) continue;
    throw new StartProblem(
      `The environment variable ${name} is not what was measured. Take it out of the environment, or state it in the launch manifest. Nothing was changed.`,
    );
  }
  if (content) requireNode(content.node, env);
}

function requireNode(stated: LaunchManifest['node'], env: Environment): void {
  const { version, options } = nodeOf(env);
  if (stated.version !== version)
    throw new StartProblem(
      `Node is ${version}, and the launch manifest states ${stated.version}. Use that version, or write the manifest anew.`,
    );
  if (JSON.stringify(stated.options) !== JSON.stringify(options))
    throw new StartProblem(`Node's own options (the command line's and NODE_OPTIONS) are not those that the launch manifest states.`);
}

/** Version and own options of the Node that runs; options can load foreign code. */
export function nodeOf(env: Environment): LaunchManifest['node'] {
  return { version: process.version, options: [...process.execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/).filter(Boolean)] };
}

/** As if these settings had been measured: what `scripts/launch-manifest.ts` writes a manifest from. */
export function draftLaunch(env: Environment): Launch {
  const content: LaunchManifest = { v: 1, node: nodeOf(env), settings: stateSettings(env), models: [] };
  return { manifest: { bytes: new Uint8Array(), content }, isProductionImage: false };
}

/** Settings as a launch manifest states them: what acts on privacy, without secrets. */
export function stateSettings(given: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value && !FROM_OUTSIDE.has(name) ? [[name, stateSetting(name, value)]] : [])),
  );
}

function isStated(settings: LaunchManifest['settings'], name: string, value: string): boolean {
  const stated = settings[name];
  return stated !== undefined && (stated === value || stated === stateSetting(name, value));
}

/**
 * A manifest is public, so no password stands in it. A key by which an endpoint knows its customer does by its hash: another customer's key would show
 * that customer what is sent. Such keys are long and random; a password may be short, and its hash would give it away.
 */
const STATED: Readonly<Record<string, (value: string) => string>> = {
  PRIVEXBOT_MODEL_URL: withoutPassword,
  PRIVEXBOT_MODEL_KEY: (key) => `sha256:${createHash('sha256').update(key).digest('hex')}`,
  PRIVEXBOT_EMBEDDINGS_URL: withoutPassword,
  PRIVEXBOT_SMTP_URL: withoutPassword,
  // Where the file lies is the machine's business; that it is a file is everybody's.
  PRIVEXBOT_ROOT_KEY: (source) => (source.startsWith('file:') ? 'file' : source),
};

function stateSetting(name: string, value: string): string {
  return STATED[name]?.(value) ?? value;
}

function withoutPassword(value: string): string {
  const url = URL.parse(value);
  if (!url?.password) return value;
  url.password = '';
  return url.href;
}
