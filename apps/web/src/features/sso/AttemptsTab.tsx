import { Select } from '@privexbot/ui/base/Field.tsx';
import { Chip } from '@privexbot/ui/state/Chip.tsx';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText, useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '../../parts/Loaded.tsx';
import { AttemptView } from './AttemptView.tsx';
import { type Attempt, attemptsQuery, type Connection, connectionsQuery } from './queries.ts';

const TONES = { signed_in: 'success', refused: 'danger', test_passed: 'success', test_failed: 'danger' } as const;

/** The last sign-ins by a connection: who, what was received, what came of it or which check failed. */
export function AttemptsTab({ org }: { org: string }) {
  const t = useText();
  const query = useQuery(connectionsQuery(org));
  return (
    <Loaded query={query} failed={t('sso.loadFailed')}>
      {([first, ...more]) =>
        first ? (
          <Chosen org={org} connections={[first, ...more]} first={first} />
        ) : (
          <EmptyState title={t('sso.noAttempts')}>{t('sso.noConnectionText')}</EmptyState>
        )
      }
    </Loaded>
  );
}

function Chosen({ org, connections, first }: { org: string; connections: readonly Connection[]; first: Connection }) {
  const { t } = useTexts();
  const [connection, setConnection] = useState<string>(first.id);
  // Who opens the list has just seen somebody try.
  const query = useQuery({ ...attemptsQuery(org, connection), refetchOnMount: 'always' });
  return (
    <div className="flex max-w-4xl flex-col gap-4">
      <div className="max-w-xs">
        <Select
          label={t('sso.connection')}
          value={connection}
          onValueChange={setConnection}
          options={connections.map(({ id, name }) => ({ value: id as string, label: name }))}
        />
      </div>
      <p className="text-dense text-muted">{t('sso.attemptsText')}</p>
      <Loaded query={query} failed={t('sso.attemptsFailed')}>
        {(attempts) =>
          attempts.length > 0 ? (
            <ul className="flex flex-col gap-2">
              {attempts.map((attempt) => (
                <li key={attempt.id}>
                  <Row attempt={attempt} />
                </li>
              ))}
            </ul>
          ) : (
            <EmptyState title={t('sso.noAttempts')}>{t('sso.noAttemptsText')}</EmptyState>
          )
        }
      </Loaded>
    </div>
  );
}

function Row({ attempt }: { attempt: Attempt }) {
  const { t, formats } = useTexts();
  const { at, outcome, person, claims } = attempt;
  const failed = attempt.checks.find(({ passed }) => !passed);
  return (
    <details className="rounded-card border border-line bg-surface p-3">
      <summary className="cursor-pointer">
        <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1 align-middle text-body">
          <time dateTime={at}>{formats.dateTime(at)}</time>
          <bdi>{person ?? claims.email?.[0] ?? t('sso.somebody')}</bdi>
          <Chip tone={TONES[outcome]}>{t(`sso.outcomeShort.${outcome}`)}</Chip>
          {failed && <span className="text-muted">{t(`sso.check.${failed.name}`)}</span>}
        </span>
      </summary>
      <div className="mt-3">
        <AttemptView attempt={attempt} />
      </div>
    </details>
  );
}
