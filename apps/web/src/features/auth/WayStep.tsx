import { loadParts } from 'virtual:catalogs';
import { Button } from '@privexbot/ui/base/Button.tsx';
import type { Failure } from '@privexbot/ui/failure.ts';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useRouter } from '@tanstack/react-router';
import { type ComponentType, useEffect, useState } from 'react';
import { toFailure } from '../../api.ts';
import type { Way, WayProps } from './ways.ts';

/** The chosen way, once its files and words are there. */
export function WayStep({ way, ...props }: WayProps & { way: Way }) {
  const t = useText();
  const { texts } = useRouter().options.context;
  const [Step, setStep] = useState<ComponentType<WayProps>>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    let left = false;
    Promise.all([way.load(), texts.extend(loadParts.ways)]).then(
      ([Loaded]) => !left && setStep(() => Loaded),
      (error: unknown) => !left && setFailure(toFailure(error)),
    );
    return () => {
      left = true;
    };
  }, [way, texts]);
  if (Step) return <Step {...props} />;
  if (!failure) return null;
  return (
    <>
      <ErrorNote title={t('loadFailed.title')} failure={failure} />
      <Button onClick={props.onBack}>{t('way.back')}</Button>
    </>
  );
}
