import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from './command.ts';

type Keyboard = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/**
 * Asks for a password without showing it.
 * @throws UsageError where nobody can be asked
 */
export async function askPassword(keyboard: Keyboard, screen: NodeJS.WritableStream): Promise<string> {
  if (!keyboard.isTTY)
    throw new UsageError('the password is missing: set PRIVEXBOT_PASSWORD, or run this in a terminal to be asked for it');
  screen.write('Password: ');
  // The line editor writes what is typed; here it writes to nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: keyboard, output: nowhere, terminal: true });
  const given = new AbortController();
  lines.on('SIGINT', () => given.abort());
  lines.on('close', () => given.abort());
  try {
    return await lines.question('', { signal: given.signal });
  } catch {
    throw new UsageError('no password was given');
  } finally {
    lines.close();
    screen.write('\n');
  }
}
