import type { EnvironmentVerdict, LimitId } from '@privexbot/attestation';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '../base/Button.tsx';
import { CopyButton } from '../chat/CopyButton.tsx';
import { DestinationLine } from '../state/DestinationLine.tsx';
import { Skeleton } from '../state/Skeleton.tsx';
import { useText, useTexts } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';
import { EvidenceButton } from './EvidenceButton.tsx';
import { LineView } from './LineView.tsx';
import { linesOf } from './lines.ts';
import { PastChecks } from './PastChecks.tsx';
import { ShieldMark } from './ShieldMark.tsx';
import { StartOver } from './StartOver.tsx';

/** Said where there is no verdict to name them. */
const ALWAYS: readonly LimitId[] = ['side-channels', 'physical', 'code', 'availability', 'metadata'];

/** "Can I trust this now?" in five seconds, and all it takes to prove the answer in five minutes. */
export function VerificationPanel({ destinations }: { destinations?: readonly string[] | undefined }) {
  const t = useText();
  const { shield, phase, verdict, history, environment } = useEnvironment();
  const isChecking = phase === 'checking';
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <ShieldMark state={shield} />
          {verdict && !isChecking && <CheckedAt at={verdict.checkedAt} validUntil={verdict.validUntil} />}
        </div>
        <p className="text-body">{t(`verification.means.${shield}`)}</p>
        {phase === 'unreachable' && verdict && <p className="text-dense text-muted">{t('verification.lastKnown')}</p>}
      </div>
      {verdict ? (
        <ul className="flex flex-col divide-y divide-line rounded-card border border-line bg-surface">
          {linesOf(verdict).map((line) => (
            <LineView key={line.id} line={line} verdict={verdict} />
          ))}
        </ul>
      ) : (
        isChecking && <Skeleton rows={5} className="h-9" />
      )}
      {destinations && (
        <Section title={t('verification.destinations')}>
          <DestinationLine destinations={destinations} />
        </Section>
      )}
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" busy={isChecking} onClick={() => environment.recheck()}>
          {t('verification.again')}
        </Button>
        <EvidenceButton disabledReason={verdict && !isChecking ? undefined : t('verification.nothingYet')} />
      </div>
      <StartOver />
      <Section title={t('verification.unproven')}>
        <ul className="flex list-disc flex-col gap-1 ps-5 text-body text-muted">
          {limitsOf(verdict).map((limit) => (
            <li key={limit}>{t(`limit.${limit}`)}</li>
          ))}
        </ul>
      </Section>
      <Section title={t('verification.yourself')}>
        <p className="text-body text-muted">{t('verification.yourselfText')}</p>
        <Command text={`npx privexbot verify ${location.origin}`} label={t('verification.copyVerify')} />
        <Command text="npx privexbot verify-evidence privexbot-evidence.json" label={t('verification.copyOffline')} />
      </Section>
      <PastChecks history={history} />
    </div>
  );
}

/** What the verdict names, and what is true of every page: it was fetched from the server that it checks. */
function limitsOf(verdict: EnvironmentVerdict | undefined): LimitId[] {
  return [...new Set<LimitId>([...(verdict?.limits ?? ALWAYS), 'script'])];
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-reading font-semibold">{title}</h3>
      {children}
    </section>
  );
}

const TICK_MS = 1_000;

/** Who checked and when. The time goes on while one looks at it, and is not read out again. */
function CheckedAt({ at, validUntil }: { at: Date | string; validUntil: Date | string | undefined }) {
  const { t, formats } = useTexts();
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="text-dense text-muted tabular-nums">
      {t('verification.checked', { time: formats.ago(at, now) })}
      {validUntil && <> · {t('verification.validUntil', { time: formats.dateTime(validUntil) })}</>}
    </p>
  );
}

function Command({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <code dir="ltr" className="min-w-0 flex-1 rounded-control border border-line bg-sunken px-2 py-1.5 font-mono text-dense break-all">
        {text}
      </code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
