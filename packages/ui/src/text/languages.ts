/** The languages of the interface. The last two are pseudo-locales made from English, to judge length and mirrored layout. */
export const LANGUAGES = [
  { tag: 'en', name: 'English', direction: 'ltr', intl: 'en' },
  { tag: 'es', name: 'Español', direction: 'ltr', intl: 'es' },
  { tag: 'en-XA', name: 'English (long, accented)', direction: 'ltr', intl: 'en' },
  { tag: 'ar-XB', name: 'English (right to left)', direction: 'rtl', intl: 'en' },
] as const;

export type Language = (typeof LANGUAGES)[number];
export type LanguageTag = Language['tag'];

/** The interface language nearest to what a person asks for, English where there is none. Pseudo-locales are only ever chosen by their full tag. */
export function nearestLanguage(wanted: readonly string[]): Language {
  const [english] = LANGUAGES;
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => language.tag === tag) ?? LANGUAGES.find((language) => language.tag === tag.split('-')[0]);
    if (found) return found;
  }
  return english;
}
