import { loadParts } from 'virtual:catalogs';
import { useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { askBy } from './step-up.ts';

const StepUpDialog = lazy(async () => ({ default: (await import('../features/account/StepUpDialog.tsx')).StepUpDialog }));

/** Asks the person to prove who they are, when a call needs it. Several calls at once wait for one answer. */
export function StepUpHost() {
  const { texts } = useRouter().options.context;
  const [asked, setAsked] = useState<PromiseWithResolvers<boolean>>();
  useEffect(() => {
    let open: PromiseWithResolvers<boolean> | undefined;
    return askBy(() => {
      if (!open) {
        open = Promise.withResolvers<boolean>();
        const { promise } = open;
        const words = Promise.all([texts.extend(loadParts.ways), texts.extend(loadParts.organize)]);
        void words.catch(() => undefined).then(() => setAsked(open?.promise === promise ? open : undefined));
        void open.promise.then(() => {
          open = undefined;
          setAsked(undefined);
        });
      }
      return open.promise;
    });
  }, [texts]);
  return <Suspense>{asked && <StepUpDialog onDone={asked.resolve} />}</Suspense>;
}
