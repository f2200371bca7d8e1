import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from './command.ts';

type Keyboard = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** What is asked for, and where it comes from else. */
const SECRETS = {
  password: { prompt: 'Password', else: 'set PRIVEXBOT_PASSWORD' },
  code: { prompt: 'Code of the authenticator app, or a recovery code', else: 'give it with --code' },
} as const;

/**
 * Asks for a secret without showing it.
 * @throws UsageError where nobody can be asked
 */
export async function askSecret(what: keyof typeof SECRETS, keyboard: Keyboard, screen: NodeJS.WritableStream): Promise<string> {
  const secret = SECRETS[what];
  if (!keyboard.isTTY) throw new UsageError(`the ${what} is missing: ${secret.else}, or run this in a terminal to be asked for it`);
  screen.write(`${secret.prompt}: `);
  // The line editor writes what is typed; here it writes to nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: keyboard, output: nowhere, terminal: true });
  const given = new AbortController();
  lines.on('SIGINT', () => given.abort());
  lines.on('close', () => given.abort());
  try {
    return await lines.question('', { signal: given.signal });
  } catch {
    throw new UsageError(`no ${what} was given`);
  } finally {
    lines.close();
    screen.write('\n');
  }
}
