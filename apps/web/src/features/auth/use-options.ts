import { useWasOpen } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import { useEffect, useState } from 'react';
import { api } from '../../api.ts';

export type Options = Awaited<ReturnType<Awaited<ReturnType<typeof api>>['auth']['options']>>;

/** How people may sign in here; undefined until it is known. Should it fail, the form's own call will say why. */
export function useOptions(): Options | undefined {
  const [options, setOptions] = useState<Options>();
  const wasOpen = useWasOpen();
  useEffect(() => {
    if (!wasOpen) return;
    let left = false;
    api()
      .then((client) => client.auth.options())
      .then(
        (found) => !left && setOptions(found),
        () => undefined,
      );
    return () => {
      left = true;
    };
  }, [wasOpen]);
  return options;
}
