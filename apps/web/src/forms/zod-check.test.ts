import type { Translate } from '@privexbot/ui/text/texts.ts';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { zodCheck } from './zod-check.ts';

const t: Translate = (id, values) => `${id}${values ? JSON.stringify(values) : ''}`;
const schema = z.object({ name: z.string().trim().min(1).max(5), email: z.email(), url: z.url(), password: z.string().min(10) });

test('each refused field gets one sentence in the person’s language', () => {
  expect(zodCheck(schema, t, { name: ' ', email: 'x', url: 'x', password: 'short' })).toEqual({
    name: 'form.empty',
    email: 'form.email',
    url: 'form.url',
    password: 'form.tooShort{"minimum":10}',
  });
  expect(zodCheck(schema, t, { name: 'too long', email: 'a@b.co', url: 'https://a.b', password: '1234567890' })).toEqual({
    name: 'form.tooLong{"maximum":5}',
  });
});

test('good values have no problems', () => {
  expect(zodCheck(schema, t, { name: 'Ana', email: 'a@b.co', url: 'https://a.b', password: '1234567890' })).toEqual({});
});
