import { AppError } from '../../../errors.ts';

const CARRIAGE_RETURN = 13;
/** No event of a model is longer. Without a limit, one endless line would be scanned again with every chunk. */
const MAX_LINE_CHARS = 1 << 20;

/**
 * Reads server-sent events (WHATWG HTML §9.2.6) from text in pieces of any size; calls back with the data of each event. Comments and
 * other fields are skipped. `end` hands out an event whose closing blank line is missing.
 */
export function createSseParser(onData: (data: string) => void): { push(text: string): void; end(): void } {
  let rest = '';
  let data: string | undefined;

  function push(piece: string): void {
    const text = rest === '' ? piece : rest + piece;
    let start = 0;
    for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', start)) {
      readLine(text.slice(start, text.charCodeAt(newline - 1) === CARRIAGE_RETURN ? newline - 1 : newline));
      start = newline + 1;
    }
    rest = start === 0 ? text : text.slice(start);
    if (rest.length > MAX_LINE_CHARS) throw new AppError('model_bad_answer');
  }

  function readLine(line: string): void {
    if (line === '') flush();
    else if (line.startsWith('data:')) {
      const value = line.slice(line[5] === ' ' ? 6 : 5);
      data = data === undefined ? value : `${data}\n${value}`;
    }
  }

  function flush(): void {
    if (data === undefined) return;
    const complete = data;
    data = undefined;
    onData(complete);
  }

  return {
    push,
    end: () => {
      if (rest !== '') readLine(rest);
      rest = '';
      flush();
    },
  };
}
