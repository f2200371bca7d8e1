import { LANGUAGES, type LanguageTag } from './languages.ts';
import { useTexts } from './TextProvider.tsx';

/** A native select: it needs no script of ours, and names each language in itself. */
export function LanguagePicker({ className = '' }: { className?: string }) {
  const { t, language, setLanguage } = useTexts();
  return (
    <select
      aria-label={t('language.label')}
      value={language.tag}
      onChange={(event) => void setLanguage(event.currentTarget.value as LanguageTag)}
      className={`control rounded-control border border-control bg-surface px-2 text-body text-ink ${className}`}
    >
      {LANGUAGES.map(({ tag, name }) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </select>
  );
}
