import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { oneLine, openScreen, plain } from './screen.ts';

test('a document cannot send commands to the terminal', () => {
  expect(plain('a\u001b[2Jb\u009b31mc\rd\u202ee\nf\tg')).toBe('a[2Jb31mcde\nf\tg');
  const line = oneLine({ answer: '\u001b]0;x\u0007\u009b\n' });
  expect(line).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(line)).toEqual({ answer: '\u001b]0;x\u0007\u009b\n' });
});

test('progress is for terminals only', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const screen = openScreen(false, stdout, stderr);
  screen.status('1 of 2');
  screen.note('done');
  stderr.end();
  expect(await text(stderr)).toBe('done\n');
});
