import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { api, toFailure } from '../../api.ts';
import { createUploads, type Uploads } from './uploads.ts';

const UploadsContext = createContext<Uploads | undefined>(undefined);

/** Keeps uploads going while people move between screens, and asks before the tab is closed on them. */
export function UploadsProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [uploads] = useState(() =>
    createUploads({
      api,
      toFailure,
      onAdded: (target) => {
        void queryClient.invalidateQueries({ queryKey: ['documents', target] });
        void queryClient.invalidateQueries({ queryKey: ['knowledge'] });
        void queryClient.invalidateQueries({ queryKey: ['knowledge-base'] });
      },
    }),
  );
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (uploads.items().some((item) => item.state === 'waiting' || item.state === 'sending')) event.preventDefault();
    };
    addEventListener('beforeunload', onLeave);
    return () => removeEventListener('beforeunload', onLeave);
  }, [uploads]);
  return <UploadsContext value={uploads}>{children}</UploadsContext>;
}

export function useUploads() {
  const uploads = useContext(UploadsContext);
  if (!uploads) throw new Error('useUploads needs an UploadsProvider above it.');
  return { uploads, items: useSyncExternalStore(uploads.subscribe, uploads.items) };
}
