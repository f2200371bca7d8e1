import type { Writable } from 'node:stream';

/** Where a command writes: results to stdout, all else to stderr. With `--json` stdout carries one object and nothing more. */
export interface Screen {
  readonly isJson: boolean;
  /** A piece of the result as it comes; nothing with `--json`. */
  write(text: string): void;
  /** A line for whoever watches. */
  note(line: string): void;
  /** Replaces the status line at the bottom, where there is a terminal; nothing elsewhere. */
  status(line: string): void;
}

type Out = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export function openScreen(isJson: boolean, stdout: Out, stderr: Out): Screen {
  const clear = stderr.isTTY ? '\r\u001b[K' : '';
  return {
    isJson,
    write(text) {
      if (!isJson) stdout.write(plain(text));
    },
    note: (line) => void stderr.write(`${clear}${plain(line)}\n`),
    status(line) {
      if (stderr.isTTY) stderr.write(clear + plain(line).slice(0, (stderr.columns ?? 80) - 1));
    },
  };
}

/** Text of documents and answers without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => (character === '\n' || character === '\t' ? character : ''));
}

/** JSON on one line; characters that a terminal would obey are escaped. */
export function oneLine(value: object): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
