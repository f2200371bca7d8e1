import { pino } from 'pino';

/** Structured log lines on stderr. Fields carry ids, sizes, codes and times; never content, addresses or keys. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export function createLog(level: string): Log {
  return pino({ level, base: null, serializers: { err: describeError } }, pino.destination({ fd: 2, sync: true }));
}

/** Type, code and place of an error; its message may quote content and stays out. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: plainWord(error.name),
    code: plainWord((error as NodeJS.ErrnoException).code),
    at: placesOf(error),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}

const PLACES = 4;

/** The topmost lines of the stack below its heading, which quotes the message; none where the message has changed since. */
function placesOf({ stack = '', message }: Error): string[] {
  const heading = /^[\w$.]*(: )?/.exec(stack)?.[0] ?? '';
  if (!stack.startsWith(`${message}\n`, heading.length)) return [];
  return stack
    .slice(heading.length + message.length + 1)
    .split('\n', PLACES)
    .map((line) => line.trim());
}

function plainWord(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w{1,64}$/.test(value) ? value : undefined;
}
