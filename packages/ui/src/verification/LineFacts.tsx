import type { EnvironmentVerdict } from '@privexbot/attestation';
import type { ReactNode } from 'react';
import { useTexts } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';
import type { Line, LineId } from './lines.ts';

type Facts = (verdict: EnvironmentVerdict) => ReactNode;

/** What a line rests on, in one sentence; nothing where the line failed, since then it rests on nothing. */
export function LineFacts({ line, verdict }: { line: Line; verdict: EnvironmentVerdict }) {
  const facts = useFacts();
  if (line.status === 'failed') return null;
  const text = facts[line.id]?.(verdict);
  return text ? <div className="text-dense text-muted">{text}</div> : null;
}

function useFacts(): Partial<Record<LineId, Facts>> {
  const { t, formats } = useTexts();
  const { keyWords } = useEnvironment();
  return {
    machine: ({ anchor, tee }) => anchor && t('verification.fact.anchor', { anchor, tee: tee ?? '' }),
    updates: ({ tcb }) => tcb && t('verification.fact.tcb', { status: tcb.status, date: formats.date(tcb.date) }),
    release: ({ release }) =>
      release && (
        <>
          {t('verification.fact.release', {
            name: release.name,
            version: release.version,
            date: formats.date(release.date),
            signer: release.signer,
          })}{' '}
          <SourceLink url={release.sourceUrl} />
        </>
      ),
    connection: ({ environment }) => (
      <>
        {keyWords && <>{t('verification.fact.words', { words: keyWords.replaceAll(' ', '-') })} </>}
        {environment.isFirstUse ? t('verification.fact.firstUse') : t('verification.fact.known')}{' '}
        <code dir="ltr" className="font-mono text-caption break-all">
          {environment.identityFingerprint}
        </code>
      </>
    ),
    settings: ({ settings = {} }) =>
      Object.entries(settings).map(([name, value]) => (
        <code key={name} dir="ltr" className="block font-mono text-caption break-all">
          {name}={value}
        </code>
      )),
    model: ({ models }) => {
      if (models.length === 0) return t('verification.fact.noModel');
      return models.map(({ name, sha256 }) => (
        <span key={name} className="block">
          <bdi>{name}</bdi>{' '}
          <code dir="ltr" className="font-mono text-caption break-all">
            {sha256}
          </code>
        </span>
      ));
    },
  };
}

/** The source of a release. Shown as a link only where it is one: the address comes from the release entry. */
function SourceLink({ url }: { url: string }) {
  const { t } = useTexts();
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') return null;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer" className="text-accent-text underline">
      {t('verification.source', { host: new URL(url).host })}
    </a>
  );
}
