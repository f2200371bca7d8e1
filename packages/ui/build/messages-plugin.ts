/** The Vite plugin that turns `locales/` into one small module per language and stops a build whose messages are wrong. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMON_FAILURES, contract, type Endpoint, ErrorCode } from '@privexbot/contract';
import type { Plugin } from 'vite';
import { CATALOG_LANGUAGES, type CatalogLanguage, compileCatalog, findCatalogProblems, readLocales } from './catalogs.ts';
import { findMessageUses, resolveMessageUses } from './message-uses.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export interface MessageParts {
  readonly sources: readonly string[];
  readonly first: readonly string[];
  readonly panel: readonly string[];
  /** More that is fetched with what it belongs to: names of parts and what they are made of. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  /** Endpoints that are called before `rest` is there: the failures of others are left out of `first`. All of them unless given. */
  readonly firstCalls?: (endpoint: Endpoint) => boolean;
}

/** Everywhere a message may be used. A message that none of these uses stops the build. */
const ALL_SOURCES = ['packages/ui/src', 'apps/web/src', 'apps/widget/src'];
/** What the panel is made of besides its own files. */
const PANEL_PARTS = ['chat/CopyButton', 'state/DestinationLine', 'state/Skeleton'].map((name) => `packages/ui/src/${name}.tsx`);
const CATALOGS = 'virtual:catalogs';
const CATALOG = 'virtual:catalog/';

/**
 * Serves `virtual:catalogs`: `loadCatalog(language)` fetches what `first` uses, `loadRest(language)` what else `sources` use,
 * `loadPanel(language)` what `panel` uses beyond `first`: it may be opened before the rest is there. `loadParts` holds one more
 * loader for each of `parts`.
 * @param sources folders or files, from the root of the repository, whose messages this bundle carries
 * @param first those of them that a visitor sees before signing in
 * @param panel what is behind the shield: words that most people never open
 */
export function messages({ sources, first, panel, parts: named = {}, firstCalls }: MessageParts): Plugin {
  let parts: Record<string, Set<string>> = {};
  return {
    name: 'privexbot-messages',
    buildStart() {
      const { problems } = checkMessages(sources);
      if (problems.length) this.error(`Messages:\n  ${problems.join('\n  ')}`);
      const behind = new Set(listFiles(panel));
      const apart = new Set(Object.values(named).flatMap((paths) => listFiles(paths)));
      const early = idsIn(listFiles(first).filter((file) => !apart.has(file))).difference(lateFailures(firstCalls));
      const rest = idsIn(listFiles(sources).filter((file) => !behind.has(file) && !apart.has(file))).difference(early);
      parts = {
        ...Object.fromEntries(Object.entries(named).map(([name, paths]) => [name, idsIn(listFiles(paths)).difference(early)])),
        first: early,
        rest,
        panel: idsIn([...behind, ...listFiles(PANEL_PARTS)]).difference(early),
      };
    },
    resolveId(id) {
      return id === CATALOGS || id.startsWith(CATALOG) ? `\0${id}` : null;
    },
    load(id) {
      if (id === `\0${CATALOGS}`)
        return [
          loaderModule('loadCatalog', 'first') + loaderModule('loadRest', 'rest') + loaderModule('loadPanel', 'panel'),
          ...Object.keys(named).map((name) => loaderModule(`${name}Part`, name, '')),
          `export const loadParts = { ${Object.keys(named).map((name) => `${name}: ${name}Part`)} };\n`,
        ].join('');
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
  const all = read(listFiles(ALL_SOURCES));
  const everywhere = resolveMessageUses(findMessageUses(all), known);
  const problems = [
    ...findCatalogProblems(locales),
    ...everywhere.missing.map((id) => `"${id}" is used but missing in locales/en.json`),
    ...known.filter((id) => !everywhere.used.has(id)).map((id) => `"${id}" is in locales/en.json but no source uses it`),
    ...(all.length === 0 ? ['no source file was read'] : []),
  ];
  return { ids: idsIn(listFiles(sources)), problems, files: all.length };
}

function idsIn(files: readonly string[]): Set<string> {
  return resolveMessageUses(findMessageUses(read(files)), Object.keys(readLocales().source)).used;
}

function listFiles(paths: readonly string[]): string[] {
  return paths
    .flatMap((path) => (/\.tsx?$/.test(path) ? [path] : globSync(`${path}/**/*.{ts,tsx}`, { cwd: ROOT })))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('.test.'));
}

function read(files: readonly string[]): string[] {
  return files.map((file) => readFileSync(join(ROOT, file), 'utf8'));
}

function loaderModule(name: string, part: string, exported = 'export '): string {
  const cases = CATALOG_LANGUAGES.map((language) => `  '${language}': () => import('${CATALOG}${part}/${language}'),`);
  return `const ${part} = {\n${cases.join('\n')}\n};\n${exported}const ${name} = async (language) => (await ${part}[language]()).catalog;\n`;
}

/** What any call may fail with besides `COMMON_FAILURES`, without naming it. */
const UNNAMED_FAILURES: readonly ErrorCode[] = ['not_signed_in', 'sealed_only', 'device_required', 'device_refused', 'already_received'];

/** Sentences of failures that no early call has. */
function lateFailures(isEarly: ((endpoint: Endpoint) => boolean) | undefined): Set<string> {
  if (!isEarly) return new Set();
  const calls = Object.values(contract).flatMap((feature) => Object.values<Endpoint>(feature));
  const early = new Set([...calls.filter(isEarly).flatMap(({ failures }) => failures), ...COMMON_FAILURES, ...UNNAMED_FAILURES]);
  return new Set(ErrorCode.options.filter((code) => !early.has(code)).map((code) => `error.${code}`));
}
