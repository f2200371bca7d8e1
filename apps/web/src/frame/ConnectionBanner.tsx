import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useEffect, useState } from 'react';

const GRACE_MS = 3_000;

/** Says after three seconds that the browser is offline and how old the shown data is. */
export function ConnectionBanner() {
  const { t, formats } = useTexts();
  const [since, setSince] = useState<Date>();

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onOffline = () => {
      const now = new Date();
      timer = setTimeout(() => setSince(now), GRACE_MS);
    };
    const onOnline = () => {
      clearTimeout(timer);
      setSince(undefined);
    };
    if (!navigator.onLine) onOffline();
    addEventListener('offline', onOffline);
    addEventListener('online', onOnline);
    return () => {
      clearTimeout(timer);
      removeEventListener('offline', onOffline);
      removeEventListener('online', onOnline);
    };
  }, []);

  return (
    <div role="status">
      {since && (
        <p className="border-b border-warning bg-warning-soft px-4 py-2 text-body text-warning md:px-6">
          {t('frame.offline', { time: formats.time(since) })}
        </p>
      )}
    </div>
  );
}
