// PostgreSQL's messages may quote rows and statements, so only their codes reach our log.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The part of pino's logger that the database needs. */
export interface DatabaseLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ServerMessage {
  /** SQLSTATE, PostgreSQL appendix A. */
  code: string | undefined;
  /** Kind of the process that spoke, such as `postmaster` or `client backend`. */
  backend: string;
  severity: string;
  /** Never to be logged or shown once the server takes connections. */
  text: string;
}

/** To go with `readServerMessages`. */
export const LOG_LINE_PREFIX = '%e|%b|';
const LINE = /^([0-9A-Z]{5})\|([^|]*)\|([A-Z]+): {2}(.*)$/;

/**
 * Calls `onMessage` for each message on a server's stderr. What it says before its log is set up (paths, system errors) comes without a code.
 * Continuation lines begin with a tab, so no value can pass for a message of its own.
 */
export function readServerMessages(stderr: Readable, onMessage: (message: ServerMessage) => void): void {
  createInterface({ input: stderr }).on('line', (line) => {
    const [, code, backend = '', severity = '', text = ''] = LINE.exec(line) ?? [];
    if (code) onMessage({ code, backend, severity, text });
    else if (!line.startsWith('\t')) onMessage({ code: undefined, backend: 'postmaster', severity: 'FATAL', text: line });
  });
}

const SERVER_TROUBLE = /^(53|58|XX)/; // insufficient resources, system error, internal error or corruption
const LOGGED = ['WARNING', 'ERROR', 'FATAL', 'PANIC'];

/** Logs the code of a message that is about the server itself. What a client did wrong, the client is told. */
export function logServerMessage(log: DatabaseLog, { code, backend, severity }: ServerMessage): void {
  if (code === undefined || !LOGGED.includes(severity)) return;
  if (backend === 'client backend' && !SERVER_TROUBLE.test(code)) return;
  const fields = { code, backend, severity };
  if (severity === 'WARNING') log.warn(fields, 'PostgreSQL warned');
  else log.error(fields, 'PostgreSQL reported an error');
}
