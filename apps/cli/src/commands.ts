import type { Command } from './command.ts';
import { ask } from './commands/ask.ts';
import { exportAudit, verifyAudit } from './commands/audit.ts';
import { createBot } from './commands/bot.ts';
import { evaluate } from './commands/eval.ts';
import { exportAll } from './commands/export.ts';
import { forget } from './commands/forget.ts';
import { createKey } from './commands/key.ts';
import { addKnowledge, createKnowledge, searchKnowledge } from './commands/knowledge.ts';
import { login } from './commands/login.ts';
import { verify } from './commands/verify.ts';
import { verifyEvidence } from './commands/verify-evidence.ts';
import { verifyReceiptFile } from './commands/verify-receipt.ts';
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
  exportAudit,
  verify,
  forget,
  verifyEvidence,
  verifyVectors,
  verifyReceiptFile,
];
