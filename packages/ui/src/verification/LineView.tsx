import type { Check, CheckId, EnvironmentVerdict } from '@privexbot/attestation';
import { Check as CheckMark, FlaskConical, type LucideIcon, TriangleAlert, X } from 'lucide-react';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';
import { type MessageId, messageId } from '../text/texts.ts';
import { LineFacts } from './LineFacts.tsx';
import { isFailed, type Line, type LineStatus } from './lines.ts';

const MARKS: Record<LineStatus, { icon: LucideIcon; look: string }> = {
  passed: { icon: CheckMark, look: 'text-success' },
  warned: { icon: TriangleAlert, look: 'text-warning' },
  failed: { icon: X, look: 'text-danger' },
  simulated: { icon: FlaskConical, look: 'text-simulated' },
};

/** One line: what it says in plain words, and behind it every single check with what was expected and found. */
export function LineView({ line, verdict }: { line: Line; verdict: EnvironmentVerdict }) {
  const t = useText();
  const { icon, look } = MARKS[line.status];
  const words = `${line.id}.${line.status}` as const;
  return (
    <li className="flex items-start gap-2.5 px-3 py-2.5">
      <Icon of={icon} size={20} className={look} />
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          <span className="sr-only">{t(`verification.status.${line.status}`)} </span>
          {t(`line.${words}`)}
        </p>
        <LineFacts line={line} verdict={verdict} />
        <details open={line.status === 'failed' || undefined}>
          <summary className="mt-0.5 w-fit py-0.5 text-dense text-accent-text">
            {t('verification.details', { count: line.checks.length })}
            <span className="sr-only">: {t(`line.${words}`)}</span>
          </summary>
          <ul className="mt-1.5 flex flex-col gap-2">
            {line.checks.map((check) => (
              <CheckView key={check.id} check={check} />
            ))}
          </ul>
        </details>
      </div>
    </li>
  );
}

/** What a reservation means, for the checks that can have one; a failure has its words for every check. */
const WARNINGS: Partial<Record<CheckId, MessageId>> = {
  identity: messageId('check.identity.warned'),
  'launch-manifest': messageId('check.launch-manifest.warned'),
  'release-log': messageId('check.release-log.warned'),
  'tcb-status': messageId('check.tcb-status.warned'),
};

function warningOf({ id, expected }: Check): MessageId | undefined {
  return id === 'identity' && expected !== undefined ? messageId('check.identity.moved') : WARNINGS[id];
}

function CheckView({ check }: { check: Check }) {
  const t = useText();
  const status = isFailed(check) ? 'failed' : check.status === 'warned' ? 'warned' : 'passed';
  const warning = status === 'warned' ? warningOf(check) : undefined;
  const { icon, look } = MARKS[status];
  return (
    <li className="flex items-start gap-2 text-dense">
      <Icon of={icon} className={`mt-0.5 ${look}`} />
      <div className="min-w-0 flex-1">
        <p>
          <span className="sr-only">{t(`verification.status.${status}`)} </span>
          {t(`check.${check.id}.title`)}
        </p>
        {status === 'failed' && <p className="text-danger">{t(`check.${check.id}.failed`)}</p>}
        {warning && <p className="text-warning">{t(warning)}</p>}
        {(check.expected || check.actual) && (
          <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-2 text-muted">
            <Fact label={t('verification.expected')} value={check.expected} />
            <Fact label={t('verification.found')} value={check.actual} />
          </dl>
        )}
        {/* The verifier's own words about this very case; they are not translated. */}
        {check.explain && (
          <p lang="en" dir="ltr" className="text-muted">
            {check.explain}
          </p>
        )}
      </div>
    </li>
  );
}

function Fact({ label, value }: { label: string; value: string | undefined }) {
  if (value === undefined) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd className="min-w-0">
        <code dir="ltr" className="font-mono text-caption break-all">
          {value}
        </code>
      </dd>
    </>
  );
}
