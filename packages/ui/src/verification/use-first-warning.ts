import { useState } from 'react';
import { recall, remember } from '../remember.ts';
import { useTexts } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';

const KEY = 'warned-on';

/** Whether a warning is to be named now: with the first thing that is sent on a day to a server that was verified with warnings. */
export function useFirstWarning(): { isNamed: boolean; onSend: () => void } {
  const { shield } = useEnvironment();
  const { loadPanel } = useTexts();
  const [isNamed, setNamed] = useState(false);
  return {
    isNamed: isNamed && shield === 'verified-with-warnings',
    onSend() {
      const today = new Date().toDateString();
      if (shield !== 'verified-with-warnings' || recall(KEY) === today) return setNamed(false);
      remember(KEY, today);
      // Its words come with those of the panel; without them the shield still says it.
      loadPanel().then(
        () => setNamed(true),
        () => undefined,
      );
    },
  };
}
