import { useText } from '../text/TextProvider.tsx';

/** Stands where the result of the checks will stand. Until the checks exist it claims nothing. */
export function NotVerified({ className = '' }: { className?: string }) {
  const t = useText();
  return (
    <p className={`rounded-chip border border-dashed border-control px-2 py-1 text-caption text-muted ${className}`}>{t('notVerified')}</p>
  );
}
