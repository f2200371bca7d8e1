import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import { createFormats, type Formats } from './formats.ts';
import type { Language, LanguageTag } from './languages.ts';
import type { Texts, Translate } from './texts.ts';

interface TextValue {
  t: Translate;
  language: Language;
  formats: Formats;
  setLanguage(tag: LanguageTag): Promise<void>;
}

const TextContext = createContext<TextValue | undefined>(undefined);

export function TextProvider({ texts, children }: { texts: Texts; children: ReactNode }) {
  const current = useSyncExternalStore(texts.subscribe, texts.current);
  const value = useMemo(
    () => ({ ...current, formats: createFormats(current.language.intl), setLanguage: texts.setLanguage }),
    [current, texts],
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
