import { isIP, isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import * as z from 'zod';
import { parseRootKey, ROOT_KEY_SECRETS, type RootKeySetting } from './keys/root-key-setting.ts';
import { type Environment, type Launch, nodeOf, readLaunch, requireMeasured, settingsOf, stateSettings } from './launch.ts';
import { isSimulatedKind, TEE_KINDS, type TeeKind } from './providers/tee/tee-provider.ts';
import { StartProblem } from './start-problem.ts';

const PORT_EXPECTED = 'expected a whole number from 0 to 65535';
const Port = z.coerce.number(PORT_EXPECTED).int(PORT_EXPECTED).min(0, PORT_EXPECTED).max(65_535, PORT_EXPECTED);
const HttpUrl = z.url({ protocol: /^https?$/, message: 'expected an http or https address' });
const PostgresUrl = z.url({ protocol: /^postgres(ql)?$/, message: 'expected postgres://USER:PASSWORD@HOST/DATABASE' });

/** Every environment variable the server reads. An empty value counts as not set. */
const Settings = z.object({
  PRIVEXBOT_HOST: z.string().default('127.0.0.1'),
  PRIVEXBOT_PORT: Port.default(8080),
  PRIVEXBOT_DATA: z.string().default('./.data'),
  PRIVEXBOT_PUBLIC_URL: HttpUrl.refine((url) => URL.parse(url)?.pathname === '/', 'expected an address without a path').optional(),
  PRIVEXBOT_PROXIES: z
    .string()
    .default('')
    .transform(listOf)
    .refine((addresses) => addresses.every((address) => isIP(address)), 'expected IP addresses, separated by commas'),
  PRIVEXBOT_ROOT_KEY: z.string().optional(),
  PRIVEXBOT_ROOT_KEY_SECRET_FILE: z.string().optional(),
  PRIVEXBOT_TEE: z.enum(TEE_KINDS, `expected one of ${TEE_KINDS.join(', ')}`).default('simulated-tdx'),
  PRIVEXBOT_ALLOW_SIMULATED: z.literal('1', 'expected 1 or nothing').optional(),
  PRIVEXBOT_COLLATERAL: z.string().optional(),
  PRIVEXBOT_RELEASE: z.string().optional(),
  PRIVEXBOT_RELEASE_LOG: z
    .string()
    .transform(parseReleaseLog)
    .refine((log) => log !== undefined, 'expected NAME+ID+KEY as "npm run release" prints it, then one such word for each witness')
    .optional(),
  PRIVEXBOT_MODEL_URL: HttpUrl.optional(),
  PRIVEXBOT_MODEL_KEY: z.string().optional(),
  PRIVEXBOT_EMBEDDINGS_URL: HttpUrl.optional(),
  PRIVEXBOT_EMBEDDINGS_MODEL: z.string().optional(),
  PRIVEXBOT_PRIVATE_HOSTS: z.string().default(''),
  PRIVEXBOT_DNS: z
    .string()
    .default('')
    .transform(listOf)
    .refine(isNameServers, 'expected https addresses of name servers, or IP addresses with or without a port, separated by commas'),
  PRIVEXBOT_SMTP_URL: z.url({ protocol: /^smtps?$/, message: 'expected smtp://USER:PASSWORD@HOST:PORT' }).optional(),
  PRIVEXBOT_MAIL_FROM: z.string().default('PrivexBot <no-reply@localhost>'),
  PRIVEXBOT_SIGN_UP: z.enum(['open', 'first', 'invited']).optional(),
  PRIVEXBOT_LOG: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
  DATABASE_URL: PostgresUrl.optional(),
  DATABASE_OWNER_URL: PostgresUrl.optional(),
});

/** Their names. */
export const SETTINGS: readonly string[] = Object.keys(Settings.shape);

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataFolder: string;
  /** Origin that links carry; the listening address unless set. */
  readonly publicUrl: string | undefined;
  /** Reverse proxies in front, which are believed when they name the address of a caller. */
  readonly proxies: ReadonlySet<string>;
  readonly rootKey: RootKeySetting;
  /** With the PIN, token or credentials of the root key source. */
  readonly rootKeySecretFile: string | undefined;
  readonly model: { readonly url: string; readonly key: string | undefined } | undefined;
  readonly embeddings: { readonly url: string; readonly model: string } | undefined;
  /** Hosts on private addresses that may be called, set by whoever runs the machine. */
  readonly privateHosts: ReadonlySet<string>;
  /** Name servers that are asked about domains; the system's where there are none. */
  readonly dns: readonly string[];
  readonly mail: { readonly url: string; readonly from: string } | undefined;
  readonly signUp: 'open' | 'first' | 'invited';
  readonly logLevel: string;
  /** Absent: the embedded PostgreSQL in the data folder. */
  readonly database: { readonly appUrl: string; readonly ownerUrl: string } | undefined;
  readonly tee: TeeKind;
  /** Folder with what the processor's vendor says about it; whoever runs the machine keeps it fresh. */
  readonly collateralFolder: string | undefined;
  /** File with what the log of releases says of this build, kept fresh from outside. */
  readonly releaseFile: string | undefined;
  /** The log that it must be in, as the key configuration names it. */
  readonly releaseLog: object | undefined;
  /** The exact bytes of the manifest that was measured with the image, if one was. */
  readonly launchManifest: Uint8Array | undefined;
  /** Everything that acts on privacy, by the setting's name and without secrets: what the launch manifest states. */
  readonly statedSettings: Readonly<Record<string, string>>;
  /** What runs the server, and the options that act on it before the server does. */
  readonly node: { readonly version: string; readonly options: readonly string[] };
}

/**
 * Parses the environment once. Where a launch manifest was measured, it says everything but what `FROM_OUTSIDE` lists.
 * @throws StartProblem naming the setting and what was expected
 */
export function readConfig(env: Environment, launch: Launch = readLaunch()): Config {
  const given = Object.fromEntries(
    Object.entries(settingsOf(env, launch)).filter(([name, value]) => name in Settings.shape && value !== ''),
  );
  const parsed = Settings.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StartProblem(`The setting ${String(issue?.path[0])} is wrong: ${issue?.message}.`);
  }
  const s = parsed.data;
  const signUp = s.PRIVEXBOT_SIGN_UP ?? (isLoopback(s.PRIVEXBOT_HOST) && !launch.manifest ? 'open' : 'first');
  requireMeasured(env, s.PRIVEXBOT_TEE, launch, new Set(Object.keys(Settings.shape)));
  if (isSimulatedKind(s.PRIVEXBOT_TEE)) requireSimulationAllowed(s, launch.isProductionImage || env.PRIVEXBOT_PRODUCTION_IMAGE === '1');
  if (!s.DATABASE_URL !== !s.DATABASE_OWNER_URL)
    throw new StartProblem(
      `Set both DATABASE_URL (a role without rights to change tables) and DATABASE_OWNER_URL (the role that runs migrations), or neither. Missing: ${s.DATABASE_URL ? 'DATABASE_OWNER_URL' : 'DATABASE_URL'}.`,
    );
  const dataFolder = resolve(s.PRIVEXBOT_DATA);
  const privateHosts = listOf(s.PRIVEXBOT_PRIVATE_HOSTS);
  for (const url of [s.PRIVEXBOT_MODEL_URL, s.PRIVEXBOT_EMBEDDINGS_URL]) if (url) privateHosts.push(new URL(url).host);
  return Object.freeze({
    host: s.PRIVEXBOT_HOST,
    port: s.PRIVEXBOT_PORT,
    dataFolder,
    publicUrl: s.PRIVEXBOT_PUBLIC_URL?.replace(/\/$/, ''),
    proxies: new Set(s.PRIVEXBOT_PROXIES),
    rootKey: readRootKey(s.PRIVEXBOT_ROOT_KEY ?? `file:${dataFolder}.key`, s.PRIVEXBOT_ROOT_KEY_SECRET_FILE, dataFolder),
    rootKeySecretFile: s.PRIVEXBOT_ROOT_KEY_SECRET_FILE && resolve(s.PRIVEXBOT_ROOT_KEY_SECRET_FILE),
    model: s.PRIVEXBOT_MODEL_URL ? { url: s.PRIVEXBOT_MODEL_URL, key: s.PRIVEXBOT_MODEL_KEY } : undefined,
    embeddings: s.PRIVEXBOT_EMBEDDINGS_URL
      ? { url: s.PRIVEXBOT_EMBEDDINGS_URL, model: s.PRIVEXBOT_EMBEDDINGS_MODEL ?? 'default' }
      : undefined,
    privateHosts: new Set(privateHosts),
    dns: s.PRIVEXBOT_DNS,
    mail: s.PRIVEXBOT_SMTP_URL ? { url: s.PRIVEXBOT_SMTP_URL, from: s.PRIVEXBOT_MAIL_FROM } : undefined,
    signUp,
    logLevel: s.PRIVEXBOT_LOG,
    database: s.DATABASE_URL && s.DATABASE_OWNER_URL ? { appUrl: s.DATABASE_URL, ownerUrl: s.DATABASE_OWNER_URL } : undefined,
    tee: s.PRIVEXBOT_TEE,
    collateralFolder: s.PRIVEXBOT_COLLATERAL && resolve(s.PRIVEXBOT_COLLATERAL),
    releaseFile: s.PRIVEXBOT_RELEASE && resolve(s.PRIVEXBOT_RELEASE),
    releaseLog: s.PRIVEXBOT_RELEASE_LOG,
    launchManifest: launch.manifest?.bytes,
    // What follows from the listening address is stated too, because that address is not.
    statedSettings: Object.freeze({ ...stateSettings(given), PRIVEXBOT_TEE: s.PRIVEXBOT_TEE, PRIVEXBOT_SIGN_UP: signUp }),
    node: nodeOf(env),
  });
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter(Boolean);
}

function isNameServers(servers: readonly string[]): boolean {
  const isSecure = (server: string) => server.startsWith('https://') && URL.canParse(server);
  const isPlain = (server: string) => {
    const [, v6, v4] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(server) ?? [];
    return isIP(v6 ?? v4 ?? server) !== 0;
  };
  return servers.every(isSecure) || servers.every(isPlain);
}

/** Verifier keys of C2SP signed-note: the log's, then its witnesses'. Undefined for anything else. */
function parseReleaseLog(text: string): object | undefined {
  const keys = text
    .trim()
    .split(/\s+/)
    .map((word) => /^([^+\s]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44})$/.exec(word))
    .map((match) => match && { name: match[1], key: Buffer.from(match[2] ?? '', 'base64') });
  // One byte names the kind of key: Ed25519, or Ed25519 for cosignatures.
  if (!keys.every((key) => key?.key.length === 33 && (key.key[0] === 1 || key.key[0] === 4))) return undefined;
  const [log, ...witnesses] = keys.map((key) => ({ name: key?.name, key: key?.key.subarray(1).toString('base64url') }));
  return { ...log, ...(witnesses.length > 0 ? { witnesses } : {}) };
}

/** A simulation protects nothing, so it stays on the machine, and out of what is given to others. */
function requireSimulationAllowed(s: z.output<typeof Settings>, isProductionImage: boolean): void {
  if (isProductionImage)
    throw new StartProblem(
      `This image runs in a hardware TEE only, and PRIVEXBOT_TEE is ${s.PRIVEXBOT_TEE}. Set it to what the machine has, see docs/guides/hardware.md.`,
    );
  if (s.PRIVEXBOT_ALLOW_SIMULATED) return;
  const publicHost = s.PRIVEXBOT_PUBLIC_URL && new URL(s.PRIVEXBOT_PUBLIC_URL).hostname.replace(/^\[|\]$/g, '');
  const [name] = [
    ...(isLoopback(s.PRIVEXBOT_HOST) ? [] : ['PRIVEXBOT_HOST']),
    ...(!publicHost || isLoopback(publicHost) ? [] : ['PRIVEXBOT_PUBLIC_URL']),
  ];
  if (name)
    throw new StartProblem(
      `${name} is an address that others reach, and a simulated TEE (PRIVEXBOT_TEE=${s.PRIVEXBOT_TEE}) protects nothing from the machine it runs on. Set PRIVEXBOT_TEE to hardware, or PRIVEXBOT_ALLOW_SIMULATED=1 if that is what you want.`,
    );
}

function readRootKey(text: string, secretFile: string | undefined, dataFolder: string): RootKeySetting {
  const setting = parseRootKey(text, dataFolder);
  if ('expected' in setting) throw new StartProblem(`The setting PRIVEXBOT_ROOT_KEY is wrong: ${setting.expected}.`);
  const secret = ROOT_KEY_SECRETS[setting.kind];
  if (secret && !secretFile)
    throw new StartProblem(
      `Set PRIVEXBOT_ROOT_KEY_SECRET_FILE to a file (chmod 600) that holds ${secret}: the root key source ${setting.kind} needs it.`,
    );
  return setting;
}

/** The address of the server's own listener. */
export function listeningUrl({ host }: Pick<Config, 'host'>, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
