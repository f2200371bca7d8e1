import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type MessageId, messageId, type Translate } from '@privexbot/ui/text/texts.ts';
import { Check, X } from 'lucide-react';
import type { Attempt } from './queries.ts';

type Checks = Attempt['checks'];

/** What was checked, what the directory said, and what came of it. */
export function AttemptView({ attempt: { outcome, checks, claims, mapping } }: { attempt: Attempt }) {
  const t = useText();
  const failed = checks.find(({ passed }) => !passed);
  const given = Object.entries(claims);
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <p role="status" className="text-body font-medium">
        {failed ? t(`sso.failed.${failed.name}`) : t(`sso.outcome.${outcome}`)}
      </p>
      {mapping && (
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-dense">
          <dt className="text-muted">{t('sso.mapping.role')}</dt>
          <dd>{mapping.role ? t(`role.${mapping.role}`) : t('sso.mapping.none')}</dd>
          <Groups label={t('sso.mapping.applied')} names={mapping.applied} />
          <Groups label={t('sso.mapping.withheld')} names={mapping.withheld} />
          <Groups label={t('sso.mapping.ignored')} names={mapping.ignored} />
        </dl>
      )}
      <CheckList checks={checks} label={t('sso.checks')} />
      {given.length > 0 && (
        <details>
          <summary className="cursor-pointer text-body font-medium">{t('sso.claims', { count: given.length })}</summary>
          <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-dense">
            {given.map(([name, values]) => (
              <div key={name} className="contents">
                <dt className="font-mono text-muted">
                  <bdi>{name}</bdi>
                </dt>
                <dd className="min-w-0 break-all">
                  <bdi>{values.join(', ')}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}

function Groups({ label, names }: { label: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 break-words">
        <bdi>{names.join(', ')}</bdi>
      </dd>
    </>
  );
}

/** Why a directory was not reached: what the network client calls it. */
const REACH: ReadonlyMap<string, MessageId> = new Map([
  ['bad_url', messageId('sso.reach.bad_url')],
  ['private_address', messageId('sso.reach.private_address')],
  ['not_resolved', messageId('sso.reach.not_resolved')],
  ['refused', messageId('sso.reach.refused')],
  ['tls', messageId('sso.reach.tls')],
  ['timeout', messageId('sso.reach.timeout')],
  ['interrupted', messageId('sso.reach.interrupted')],
  ['too_large', messageId('sso.reach.too_large')],
  ['too_many_redirects', messageId('sso.reach.too_many_redirects')],
]);

/** Each check with its outcome; of one that failed, what was expected and what was found. */
export function CheckList({ checks, label }: { checks: Checks; label: string }) {
  const t = useText();
  return (
    <ul aria-label={label} className="flex flex-col gap-1 text-dense">
      {checks.map(({ name, passed, expected, found }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a check may be made twice, and the list never changes
        <li key={index} className="flex items-start gap-2">
          <span className={passed ? 'text-success' : 'text-danger'}>
            <Icon of={passed ? Check : X} />
          </span>
          <span className="min-w-0 break-words">
            <span className="sr-only">{passed ? t('sso.check.passed') : t('sso.check.failed')} </span>
            {t(`sso.check.${name}`)}
            {expected !== undefined && <Saw label={t('sso.check.expected')} text={expected} />}
            {found !== undefined && <Saw label={t('sso.check.found')} text={foundIn(t, name, found)} />}
          </span>
        </li>
      ))}
    </ul>
  );
}

function foundIn(t: Translate, check: string, found: string): string {
  const words = check === 'reachable' ? REACH.get(found) : undefined;
  return words ? t(words) : found;
}

function Saw({ label, text }: { label: string; text: string }) {
  return (
    <span className="block text-muted">
      {label}: <bdi className="break-all">{text || '–'}</bdi>
    </span>
  );
}
