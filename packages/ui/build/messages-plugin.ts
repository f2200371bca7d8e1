/** The Vite plugin that turns `locales/` into one small module per language and stops a build whose messages are wrong. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { CATALOG_LANGUAGES, type CatalogLanguage, compileCatalog, findCatalogProblems, readLocales } from './catalogs.ts';
import { findMessageUses, resolveMessageUses } from './message-uses.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Everywhere a message may be used. A message that none of these uses stops the build. */
const ALL_SOURCES = ['packages/ui/src', 'apps/web/src', 'apps/widget/src'];
const CATALOGS = 'virtual:catalogs';
const CATALOG = 'virtual:catalog/';

/**
 * Serves `virtual:catalogs`: `loadCatalog(language)` fetches what `first` uses, `loadRest(language)` what else `sources` use.
 * @param sources folders or files, from the root of the repository, whose messages this bundle carries
 * @param first those of them that a visitor sees before signing in; all of them where it is left out
 */
export function messages({ sources, first = sources }: { sources: readonly string[]; first?: readonly string[] }): Plugin {
  let parts: Record<string, Set<string>> = {};
  return {
    name: 'privexbot-messages',
    buildStart() {
      const { ids, problems } = checkMessages(sources);
      if (problems.length) this.error(`Messages:\n  ${problems.join('\n  ')}`);
      const early = checkMessages(first).ids;
      parts = { first: early, rest: ids.difference(early) };
    },
    resolveId(id) {
      return id === CATALOGS || id.startsWith(CATALOG) ? `\0${id}` : null;
    },
    load(id) {
      if (id === `\0${CATALOGS}`) return loaderModule('loadCatalog', 'first') + loaderModule('loadRest', 'rest');
      if (!id.startsWith(`\0${CATALOG}`)) return null;
      const [part = '', language] = id.slice(CATALOG.length + 1).split('/');
      const catalog = compileCatalog(readLocales(), language as CatalogLanguage, parts[part] ?? []);
      return `export const catalog = JSON.parse(${JSON.stringify(JSON.stringify(catalog))});`;
    },
  };
}

/** The ids that `sources` use, and sentences about everything wrong with catalogs and their use. */
export function checkMessages(sources: readonly string[]): { ids: Set<string>; problems: string[]; files: number } {
  const locales = readLocales();
  const known = Object.keys(locales.source);
  const all = readSources(ALL_SOURCES);
  const everywhere = resolveMessageUses(findMessageUses(all), known);
  const problems = [
    ...findCatalogProblems(locales),
    ...everywhere.missing.map((id) => `"${id}" is used but missing in locales/en.json`),
    ...known.filter((id) => !everywhere.used.has(id)).map((id) => `"${id}" is in locales/en.json but no source uses it`),
    ...(all.length === 0 ? ['no source file was read'] : []),
  ];
  return { ids: resolveMessageUses(findMessageUses(readSources(sources)), known).used, problems, files: all.length };
}

function readSources(paths: readonly string[]): string[] {
  return paths
    .flatMap((path) => (/\.tsx?$/.test(path) ? [path] : globSync(`${path}/**/*.{ts,tsx}`, { cwd: ROOT })))
    .filter((path) => !path.includes('.test.'))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'));
}

function loaderModule(name: string, part: string): string {
  const cases = CATALOG_LANGUAGES.map((language) => `  '${language}': () => import('${CATALOG}${part}/${language}'),`);
  return `const ${part} = {\n${cases.join('\n')}\n};\nexport const ${name} = async (language) => (await ${part}[language]()).catalog;\n`;
}
