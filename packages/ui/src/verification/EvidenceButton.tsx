import { Download } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';

/** Hands out what the last check looked at, so that somebody else can look at it. */
export function EvidenceButton({ disabledReason }: { disabledReason: string | undefined }) {
  const t = useText();
  const { environment } = useEnvironment();
  const [failed, setFailed] = useState(false);

  async function download(): Promise<void> {
    setFailed(false);
    try {
      saveJson(await environment.evidence(), 'privexbot-evidence.json');
    } catch {
      setFailed(true);
    }
  }

  return (
    <>
      <Button disabledReason={disabledReason} onClick={() => void download()}>
        <Icon of={Download} />
        {t('verification.download')}
      </Button>
      <p role="status" className="w-full text-dense text-muted empty:hidden">
        {failed ? t('verification.noEvidence') : ''}
      </p>
    </>
  );
}

function saveJson(value: unknown, name: string): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file over by the next task.
  setTimeout(() => URL.revokeObjectURL(url));
}
