// argv -> command -> one result -> exit code: 0 done, 1 failed check or refused, 2 bad usage, 3 what was checked is a simulation.

import { ApiError } from '@privexbot/sdk';
import { ChannelError } from '@privexbot/secure-channel';
import { readArguments } from './arguments.ts';
import { Refusal, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';
import { connect } from './connect.ts';
import { NotVerified } from './explain-connection.ts';
import { oneLine, openScreen, plain } from './screen.ts';

const isJson = process.argv.includes('--json');
const screen = openScreen(isJson, process.stdout, process.stderr);

try {
  const call = readArguments(process.argv.slice(2), COMMANDS);
  if ('help' in call) process.stdout.write(`${call.help}\n`);
  else {
    const { command, values, args } = call;
    const { env } = process;
    const outcome = await command.run({ values, args, env, screen, connect: () => connect(values, env, screen) });
    screen.status('');
    process.stdout.write(isJson ? `${oneLine(outcome.value)}\n` : plain(outcome.text && `${outcome.text}\n`));
    process.exitCode = outcome.failed ? 1 : outcome.isSimulated ? 3 : 0;
  }
} catch (error) {
  screen.status('');
  const { exitCode, code, message } = explain(error);
  screen.note(`privexbot: ${message}`);
  if (isJson) process.stdout.write(`${oneLine({ error: { code, message } })}\n`);
  process.exitCode = exitCode;
}

function explain(error: unknown): { exitCode: 1 | 2; code: string; message: string } {
  if (error instanceof UsageError) return { exitCode: 2, code: 'usage', message: error.message };
  if (error instanceof NotVerified) return { exitCode: 1, code: 'not_verified', message: error.message };
  if (error instanceof Refusal) return { exitCode: 1, code: 'refused', message: error.message };
  if (error instanceof ChannelError) return { exitCode: 1, code: error.code, message: error.message };
  if (error instanceof ApiError) {
    const { code, cause, reference, message } = error;
    if (cause instanceof NotVerified) return explain(cause);
    if (cause instanceof Refusal) return { exitCode: 1, code, message: cause.message };
    const more =
      code === 'internal' && reference ? ` Reference: ${reference}.` : code === 'step_up_required' ? ' Run "privexbot login" again.' : '';
    return { exitCode: 1, code, message: `${message}${more}` };
  }
  // What the system refused says why in one line; anything else is a fault of this program.
  const isSystem = error instanceof Error && 'syscall' in error;
  const message = error instanceof Error ? ((isSystem ? error.message : error.stack) ?? error.message) : String(error);
  return { exitCode: 1, code: 'internal', message };
}
