declare module 'virtual:catalogs' {
  import type { LanguageTag } from '@privexbot/ui/text/languages.ts';
  /** Fetches the messages of one language. */
  export function loadCatalog(language: LanguageTag): Promise<unknown>;
}
