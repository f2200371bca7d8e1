import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import * as z from 'zod';
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
  PRIVEXBOT_ROOT_KEY: z
    .string()
    .regex(/^file:./, 'expected file:PATH')
    .optional(),
  PRIVEXBOT_TEE: z
    .enum(
      ['simulated-tdx', 'simulated-sev-snp', 'simulated-nitro'],
      'this version runs no hardware TEE; leave it out, or use one of simulated-tdx, simulated-sev-snp, simulated-nitro',
    )
    .optional(),
  PRIVEXBOT_MODEL_URL: HttpUrl.optional(),
  PRIVEXBOT_MODEL_KEY: z.string().optional(),
  PRIVEXBOT_EMBEDDINGS_URL: HttpUrl.optional(),
  PRIVEXBOT_EMBEDDINGS_MODEL: z.string().optional(),
  PRIVEXBOT_PRIVATE_HOSTS: z.string().default(''),
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
  readonly rootKeyPath: string;
  readonly model: { readonly url: string; readonly key: string | undefined } | undefined;
  readonly embeddings: { readonly url: string; readonly model: string } | undefined;
  /** Hosts on private addresses that may be called, set by whoever runs the machine. */
  readonly privateHosts: ReadonlySet<string>;
  readonly mail: { readonly url: string; readonly from: string } | undefined;
  readonly signUp: 'open' | 'first' | 'invited';
  readonly logLevel: string;
  /** Absent: the embedded PostgreSQL in the data folder. */
  readonly database: { readonly appUrl: string; readonly ownerUrl: string } | undefined;
}

/**
 * Parses the environment once.
 * @throws StartProblem naming the setting and what was expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in Settings.shape && value !== ''));
  const parsed = Settings.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StartProblem(`The setting ${String(issue?.path[0])} is wrong: ${issue?.message}.`);
  }
  const s = parsed.data;
  if (!s.DATABASE_URL !== !s.DATABASE_OWNER_URL)
    throw new StartProblem(
      `Set both DATABASE_URL (a role without rights to change tables) and DATABASE_OWNER_URL (the role that runs migrations), or neither. Missing: ${s.DATABASE_URL ? 'DATABASE_OWNER_URL' : 'DATABASE_URL'}.`,
    );
  const dataFolder = resolve(s.PRIVEXBOT_DATA);
  const privateHosts = s.PRIVEXBOT_PRIVATE_HOSTS.split(',')
    .map((host) => host.trim().toLowerCase())
    .filter(Boolean);
  for (const url of [s.PRIVEXBOT_MODEL_URL, s.PRIVEXBOT_EMBEDDINGS_URL]) if (url) privateHosts.push(new URL(url).host);
  return Object.freeze({
    host: s.PRIVEXBOT_HOST,
    port: s.PRIVEXBOT_PORT,
    dataFolder,
    publicUrl: s.PRIVEXBOT_PUBLIC_URL?.replace(/\/$/, ''),
    rootKeyPath: resolve(s.PRIVEXBOT_ROOT_KEY?.slice('file:'.length) ?? `${dataFolder}.key`),
    model: s.PRIVEXBOT_MODEL_URL ? { url: s.PRIVEXBOT_MODEL_URL, key: s.PRIVEXBOT_MODEL_KEY } : undefined,
    embeddings: s.PRIVEXBOT_EMBEDDINGS_URL
      ? { url: s.PRIVEXBOT_EMBEDDINGS_URL, model: s.PRIVEXBOT_EMBEDDINGS_MODEL ?? 'default' }
      : undefined,
    privateHosts: new Set(privateHosts),
    mail: s.PRIVEXBOT_SMTP_URL ? { url: s.PRIVEXBOT_SMTP_URL, from: s.PRIVEXBOT_MAIL_FROM } : undefined,
    signUp: s.PRIVEXBOT_SIGN_UP ?? (isLoopback(s.PRIVEXBOT_HOST) ? 'open' : 'first'),
    logLevel: s.PRIVEXBOT_LOG,
    database: s.DATABASE_URL && s.DATABASE_OWNER_URL ? { appUrl: s.DATABASE_URL, ownerUrl: s.DATABASE_OWNER_URL } : undefined,
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
