import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import { createFormats, type Formats } from './formats.ts';
import type { Language, LanguageTag } from './languages.ts';
import type { LoadCatalog, Texts, Translate } from './texts.ts';

interface TextValue {
  t: Translate;
  language: Language;
  formats: Formats;
  setLanguage(tag: LanguageTag): Promise<void>;
  /** Fetches the words of what is behind the shield. */
  loadPanel(): Promise<void>;
}

const TextContext = createContext<TextValue | undefined>(undefined);

/** @param panel the catalog of what is behind the shield */
export function TextProvider({ texts, panel, children }: { texts: Texts; panel: LoadCatalog; children: ReactNode }) {
  const current = useSyncExternalStore(texts.subscribe, texts.current);
  const value = useMemo(
    () => ({
      ...current,
      formats: createFormats(current.language.intl),
      setLanguage: texts.setLanguage,
      loadPanel: () => texts.extend(panel),
    }),
    [current, texts, panel],
  );
  return <TextContext value={value}>{children}</TextContext>;
}

/** Words, formats and the language switch. */
export function useTexts(): TextValue {
  const value = useContext(TextContext);
  if (!value) throw new Error('useTexts needs a TextProvider above it.');
  return value;
}

/** The translate function alone. */
export function useText(): Translate {
  return useTexts().t;
}
