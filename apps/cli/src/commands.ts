import { type Command, command, UsageError } from './command.ts';
import { ask } from './commands/ask.ts';
import { verifyAudit } from './commands/audit.ts';
import { createBot } from './commands/bot.ts';
import { evaluate } from './commands/eval.ts';
import { exportAll } from './commands/export.ts';
import { createKey } from './commands/key.ts';
import { addKnowledge, createKnowledge, searchKnowledge } from './commands/knowledge.ts';
import { login } from './commands/login.ts';
import { verifyVectors } from './commands/verify-vectors.ts';

/** Every command there is. */
export const COMMANDS: readonly Command[] = [
  login,
  createKey,
  createKnowledge,
  addKnowledge,
  searchKnowledge,
  createBot,
  ask,
  evaluate,
  exportAll,
  verifyAudit,
  later('verify', ['URL'], 'Check which enclave answers at an address'),
  verifyVectors,
];

function later(words: string, takes: readonly string[], summary: string): Command {
  return command({
    words,
    summary: `${summary} (not in this version)`,
    takes,
    options: {},
    run: async () => {
      throw new UsageError(`${words} is not in this version`);
    },
  });
}
