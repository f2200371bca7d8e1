declare module 'virtual:catalogs' {
  import type { LanguageTag } from '@privexbot/ui/text/languages.ts';
  /** Fetches the messages of one language that are seen before signing in. */
  export function loadCatalog(language: LanguageTag): Promise<unknown>;
  /** Fetches those behind the shield. */
  export function loadPanel(language: LanguageTag): Promise<unknown>;
  /** Fetches those of one part, as `vite.config.ts` names them. */
  export const loadParts: Readonly<Record<'ways' | 'organize', (language: LanguageTag) => Promise<unknown>>>;
  /** Fetches all others. */
  export function loadRest(language: LanguageTag): Promise<unknown>;
}

declare module 'virtual:endpoints' {
  import type { Callable } from '@privexbot/sdk';
  /** Every endpoint, by feature and name. */
  export const endpoints: Readonly<Record<string, Readonly<Record<string, Callable>>>>;
}
