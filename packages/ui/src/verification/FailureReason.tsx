import type { EnvironmentVerdict } from '@privexbot/attestation';
import { useText } from '../text/TextProvider.tsx';
import { firstFailure } from './lines.ts';
import { StartOver } from './StartOver.tsx';

/** The check because of which nothing is sent, in words for people. */
export function FailureReason({ verdict }: { verdict: EnvironmentVerdict }) {
  const t = useText();
  const failure = firstFailure(verdict);
  if (!failure) return null;
  return (
    <>
      <p>{t(`check.${failure.id}.failed`)}</p>
      {failure.id === 'identity' && verdict.environment.identityFingerprint && (
        <code dir="ltr" className="font-mono text-dense break-words">
          {verdict.environment.identityFingerprint}
        </code>
      )}
      <StartOver />
    </>
  );
}
