import { useText } from '../text/TextProvider.tsx';

/** Grey bars in the shape of what is coming. Invisible for the first 200 ms, so that quick answers do not flash. */
export function Skeleton({ rows = 3, className = 'h-11' }: { rows?: number; className?: string }) {
  const t = useText();
  return (
    <div role="status" className="skeleton flex flex-col gap-2">
      <span className="sr-only">{t('state.loading')}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are interchangeable, so their place is their key
        <div key={row} aria-hidden className={`rounded-control bg-sunken ${className}`} />
      ))}
    </div>
  );
}
