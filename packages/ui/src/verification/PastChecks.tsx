import { useText, useTexts } from '../text/TextProvider.tsx';
import type { PastCheck } from './environment.ts';

/** How often this page has checked and how it went, newest first. */
export function PastChecks({ history }: { history: readonly PastCheck[] }) {
  const { t, formats } = useTexts();
  if (history.length === 0) return null;
  const bad = history.filter(({ verdict }) => verdict !== 'verified' && verdict !== 'simulated').length;
  return (
    <details className="text-dense text-muted">
      <summary className="py-1">{t('verification.history', { count: history.length, bad })}</summary>
      <ol className="flex flex-col gap-1 ps-4 pt-1">
        {history.toReversed().map(({ at, verdict }) => (
          <li key={at.getTime()} className="tabular-nums">
            {formats.seconds(at)} <PastVerdict verdict={verdict} />
          </li>
        ))}
      </ol>
    </details>
  );
}

function PastVerdict({ verdict }: Pick<PastCheck, 'verdict'>) {
  const t = useText();
  return verdict === 'unreachable' ? t('shield.unknown') : t(`shield.${verdict}`);
}
