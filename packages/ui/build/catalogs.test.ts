import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { expect, test } from 'vitest';
import { compileCatalog, findCatalogProblems, readLocales } from './catalogs.ts';
import { findMessageUses, resolveMessageUses } from './message-uses.ts';
import { checkMessages } from './messages-plugin.ts';

const locales = {
  source: {
    hello: { message: 'Hello {name}', note: 'greeting' },
    count: { message: '{n, plural, one {# file} other {# files}}', note: 'files' },
  },
  translations: { es: { hello: 'Hola {name}' } },
};

test('what is not translated stays English', () => {
  expect(compileCatalog(locales, 'es', ['hello', 'count'])).toEqual({
    count: compileMessageOrThrow('{n, plural, one {# file} other {# files}}'),
    hello: ['Hola ', ['name']],
  });
});

test('pseudo-locales change the words and leave placeholders alone', () => {
  const [text, placeholder] = compileCatalog(locales, 'en-XA', ['hello']).hello ?? [];
  expect(text).toBe('Ĥéļļö·· ');
  expect(placeholder).toEqual(['name']);
  expect(compileCatalog(locales, 'ar-XB', ['hello']).hello?.[0]).toBe('\u202eHello\u202c ');
});

test.each([
  ['an uncompilable message', { ...locales, source: { bad: { message: '{n, plural, one {x', note: 'n' } } }, /cannot be compiled/],
  ['a message without a note', { ...locales, source: { ...locales.source, x: { message: 'x', note: '' } } }, /no note/],
  ['a translation of nothing', { ...locales, translations: { es: { gone: 'x' } } }, /not in English/],
  ['a translation with another placeholder', { ...locales, translations: { es: { hello: 'Hola {nombre}' } } }, /differs from English/],
])('%s is named', (_, given, expected) => {
  expect(findCatalogProblems(given).join('\n')).toMatch(expected);
});

test('uses are found in calls and in ids built from a value, and unknown ones are named', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source being read holds a template
  const uses = findMessageUses(["t('chat.send')", 't(\n  `error.${code}`,\n)', "messageId('nav.home')", "start('not.this')"]);
  const { used, missing } = resolveMessageUses(uses, ['chat.send', 'error.busy', 'error.internal', 'other']);
  expect([...used].sort()).toEqual(['chat.send', 'error.busy', 'error.internal']);
  expect(missing).toEqual(['nav.home']);
});

test('the catalogs of this repository hold together with the sources that use them', () => {
  const { problems, files } = checkMessages(['apps/web/src']);
  expect(problems).toEqual([]);
  expect(files).toBeGreaterThan(20);
});

test('Spanish is complete', () => {
  const { source, translations } = readLocales();
  expect(Object.keys(source).filter((id) => !translations.es?.[id])).toEqual([]);
});
