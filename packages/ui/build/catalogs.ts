/** Reads the message catalogs, checks them, and compiles them for the runtime. Runs at build time only. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CompiledMessage, compileMessageOrThrow } from '@lingui/message-utils/compileMessage';

type Source = Record<string, { message: string; note: string }>;
type Translation = Record<string, string>;
export type Catalog = Record<string, CompiledMessage>;

/** Languages that people translated; the pseudo-locales are made from English. */
const TRANSLATED = ['es'] as const;
export const CATALOG_LANGUAGES = ['en', ...TRANSLATED, 'en-XA', 'ar-XB'] as const;
export type CatalogLanguage = (typeof CATALOG_LANGUAGES)[number];

const folder = fileURLToPath(new URL('../locales/', import.meta.url));

export interface Locales {
  source: Source;
  translations: Record<string, Translation>;
}

/** The catalogs as they lie in `locales/`. */
export function readLocales(): Locales {
  const read = (language: string) => JSON.parse(readFileSync(`${folder}${language}.json`, 'utf8'));
  return { source: read('en'), translations: Object.fromEntries(TRANSLATED.map((language) => [language, read(language)])) };
}

/** Sentences about everything wrong with the catalogs: uncompilable, unknown to English, or with other placeholders than English. */
export function findCatalogProblems({ source, translations }: Locales): string[] {
  const problems: string[] = [];
  for (const [id, { message, note }] of Object.entries(source)) {
    if (!note) problems.push(`en: "${id}" has no note for the translator`);
    try {
      compileMessageOrThrow(message);
    } catch (error) {
      problems.push(`en: "${id}" cannot be compiled: ${String(error)}`);
    }
  }
  for (const [language, translation] of Object.entries(translations)) {
    for (const [id, message] of Object.entries(translation)) {
      const english = source[id];
      if (!english) {
        problems.push(`${language}: "${id}" is not in English`);
        continue;
      }
      try {
        const missing = placeholders(english.message).symmetricDifference(placeholders(message));
        if (missing.size) problems.push(`${language}: "${id}" differs from English in {${[...missing].join('}, {')}}`);
      } catch (error) {
        problems.push(`${language}: "${id}" cannot be compiled: ${String(error)}`);
      }
    }
  }
  return problems;
}

/** The catalog of one language, restricted to `ids`; what is not translated stays English. */
export function compileCatalog({ source, translations }: Locales, language: CatalogLanguage, ids: Iterable<string>): Catalog {
  const mapText = PSEUDO[language];
  const translation = translations[language] ?? {};
  const entries = [...ids].sort().map((id): [string, CompiledMessage] => {
    const message = translation[id] ?? source[id]?.message;
    if (message === undefined) throw new Error(`The message "${id}" is used but missing in locales/en.json.`);
    return [id, compileMessageOrThrow(message, mapText)];
  });
  return Object.fromEntries(entries);
}

const PLAIN = 'ABCDEGHIJKLMNOPRSTUWYZabcdeghijklmnoprstuwyz';
const ACCENTED = 'ÅƁÇÐÉĜĤÎĴĶĻḾÑÖÞŔŠŢÛŴÝŽåƀçðéĝĥîĵķļḿñöþŕšţûŵýž';

/** Both pseudo-locales keep placeholders as they are: `mapText` sees the text between them only. */
const PSEUDO: Partial<Record<CatalogLanguage, (text: string) => string>> = {
  /** Accents, and about 40 % more length. */
  'en-XA': (text) => {
    const accented = text.replace(/[A-Za-z]/g, (letter) => ACCENTED[PLAIN.indexOf(letter)] ?? letter);
    return text.trim().length < 2
      ? accented
      : accented.replace(/\S+/g, (word) => (word.length > 3 ? word + '·'.repeat(Math.ceil(word.length * 0.4)) : word));
  },
  /** Each word forced right to left, so that mirrored layout can be judged by people who read English. */
  'ar-XB': (text) => text.replace(/\S+/g, (word) => `\u202e${word}\u202c`),
};

function placeholders(message: string): Set<string> {
  const names = new Set<string>();
  collect(compileMessageOrThrow(message), names);
  return names;
}

function collect(tokens: CompiledMessage, names: Set<string>): void {
  for (const token of tokens) {
    if (typeof token === 'string') continue;
    const [name, , choices] = token;
    names.add(name);
    if (choices && typeof choices === 'object')
      for (const choice of Object.values(choices)) if (Array.isArray(choice)) collect(choice, names);
  }
}
