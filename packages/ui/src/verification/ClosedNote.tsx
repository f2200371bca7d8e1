import type { EnvironmentVerdict } from '@privexbot/attestation';
import { ShieldQuestionMark, ShieldX } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { useText, useTexts } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';

const loadReason = () => import('./FailureReason.tsx');
const FailureReason = lazy(async () => ({ default: (await loadReason()).FailureReason }));

/** Where something would be sent: why nothing is sent now, and the one way on. There is no "continue anyway". */
export function ClosedNote({ className = '' }: { className?: string }) {
  const t = useText();
  const { gate, shield, phase, verdict, environment } = useEnvironment();
  if (gate !== 'closed') return null;
  const isRefused = shield === 'not-verified';
  return (
    <div
      role="alert"
      className={`flex gap-3 rounded-card border p-3 text-body text-ink ${isRefused ? 'border-danger bg-danger-soft' : 'border-control bg-sunken'} ${className}`}
    >
      <Icon of={isRefused ? ShieldX : ShieldQuestionMark} size={20} className={isRefused ? 'text-danger' : 'text-muted'} />
      <div className="flex min-w-0 flex-1 flex-col items-start gap-1">
        <p className={`font-medium ${isRefused ? 'text-danger' : ''}`}>{isRefused ? t('gate.refused') : t('gate.unknown')}</p>
        {isRefused && verdict && <Reason verdict={verdict} />}
        <p>{t('gate.kept')}</p>
        <Button size="sm" className="mt-1" busy={phase === 'checking'} onClick={() => environment.recheck()}>
          {t('gate.again')}
        </Button>
      </div>
    </div>
  );
}

/** Its words are fetched when they are needed: most people never see them. Without them the shield still says what happened. */
function Reason({ verdict }: { verdict: EnvironmentVerdict }) {
  const { loadPanel } = useTexts();
  const [isReady, setReady] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: fetched once
  useEffect(() => {
    Promise.all([loadReason(), loadPanel()]).then(
      () => setReady(true),
      () => undefined,
    );
  }, []);
  return <Suspense>{isReady && <FailureReason verdict={verdict} />}</Suspense>;
}
