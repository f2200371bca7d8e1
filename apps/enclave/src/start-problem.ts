/**
 * A reason not to start (or not to go on) that whoever runs the machine can act on. Its message says what is wrong and which setting or step
 * mends it; `main.ts` prints the message alone, without a stack.
 */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}

/** The code of a system error such as `ENOSPC`; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
