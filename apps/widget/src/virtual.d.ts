declare module 'virtual:catalogs' {
  import type { LanguageTag } from '@privexbot/ui/text/languages.ts';
  /** Fetches the messages of one language. */
  export function loadCatalog(language: LanguageTag): Promise<unknown>;
  /** Fetches those left out at first. */
  export function loadRest(language: LanguageTag): Promise<unknown>;
}

declare module 'virtual:endpoints' {
  import type { Callable } from '@privexbot/sdk';
  /** What visitors may call. */
  export const endpoints: Readonly<Record<string, Callable>>;
}
