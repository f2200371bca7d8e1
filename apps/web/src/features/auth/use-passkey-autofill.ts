import { useWasOpen } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import { useEffect, useEffectEvent } from 'react';
import type { useEnter } from './arrive.ts';

/** Lets the browser offer its passkeys inside the address field (conditional UI), once the server is verified. */
export function usePasskeyAutofill(enter: ReturnType<typeof useEnter>, wanted: boolean): void {
  const wasOpen = useWasOpen();
  const signIn = useEffectEvent(enter);
  useEffect(() => {
    if (!wanted || !wasOpen || typeof PublicKeyCredential !== 'function') return;
    const left = new AbortController();
    void import('./passkeys.ts').then(({ autofill }) => autofill(signIn, left.signal)).catch(() => undefined);
    return () => left.abort();
  }, [wanted, wasOpen]);
}
