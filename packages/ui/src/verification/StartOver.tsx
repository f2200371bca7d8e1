import { useState } from 'react';
import { Button } from '../base/Button.tsx';
import { useText } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';
import { startOver } from './lines.ts';

/** For whoever set the server up anew: how this browser comes to know it. Shows nothing unless that is the only thing that is wrong. */
export function StartOver() {
  const t = useText();
  const { gate, verdict, wasVerified, environment } = useEnvironment();
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const way = gate === 'closed' && verdict && startOver(verdict, wasVerified);
  if (!way) return null;
  if (way === 'by-hand') return <p className="text-body">{t('startOver.byHand', { address: location.host })}</p>;

  async function forget(): Promise<void> {
    setBusy(true);
    await environment.forget().catch(() => undefined);
    // What the page holds is of the old environment as well.
    location.reload();
  }

  return (
    <div className="flex flex-col items-start gap-2">
      <Button size="sm" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {t('startOver.offer')}
      </Button>
      {isOpen && (
        <>
          <p className="text-body">{t('startOver.means', { address: location.host })}</p>
          <Button size="sm" variant="danger" busy={isBusy} onClick={() => void forget()}>
            {t('startOver.confirm')}
          </Button>
        </>
      )}
    </div>
  );
}
