import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { askSecret } from './ask-secret.ts';

function terminal() {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true });
  return { keyboard, screen: new PassThrough() };
}

test('what is typed is taken, with corrections, and never shown', async () => {
  const { keyboard, screen } = terminal();
  const asked = askSecret('password', keyboard, screen);
  keyboard.write('secrot\u007f\u007fet\r');
  expect(await asked).toBe('secret');
  screen.end();
  expect(await text(screen)).toBe('Password: \n');
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s gives no password', async (_, key) => {
  const { keyboard, screen } = terminal();
  const asked = askSecret('password', keyboard, screen);
  keyboard.write(key);
  await expect(asked).rejects.toThrow('no password was given');
});
