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
  const place = error.stack
    ?.split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 4)
    .map((line) => line.trim());
  return {
    type: error.name,
    code: (error as NodeJS.ErrnoException).code,
    at: place,
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}
