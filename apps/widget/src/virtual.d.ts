declare module 'virtual:catalogs' {
  import type { LanguageTag } from '@privexbot/ui/text/languages.ts';
  /** Fetches the messages of one language. */
  export function loadCatalog(language: LanguageTag): Promise<unknown>;
  /** Fetches those behind the shield. */
  export function loadPanel(language: LanguageTag): Promise<unknown>;
}

declare module 'virtual:endpoints' {
  import type { Callable } from '@privexbot/sdk';
  /** What visitors may call. */
  export const endpoints: { readonly publicChat: Readonly<Record<string, Callable>> };
}
