import { useText } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';
import { linesOf } from './lines.ts';

/** What a server passed with a reservation, named where something is sent to it. */
export function WarningNote() {
  const t = useText();
  const { verdict } = useEnvironment();
  const warned = verdict ? linesOf(verdict).filter(({ status }) => status === 'warned') : [];
  return (
    <p role="status" className="px-1 text-dense text-warning">
      {t('gate.warned')}{' '}
      {warned
        .map(({ id }) => `${id}.warned` as const)
        .map((words) => t(`line.${words}`))
        .join(' · ')}
    </p>
  );
}
