import { Button } from '@privexbot/ui/base/Button.tsx';
import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { LanguagePicker } from '@privexbot/ui/text/LanguagePicker.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Shield } from '@privexbot/ui/verification/Shield.tsx';
import { Maximize2, Minimize2, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { DeleteChat } from './DeleteChat.tsx';
import type { openHostLine } from './host.ts';

const FULL_SCREEN_PX = 480;

/** Name of the bot, language, deletion, and in the widget's frame: larger, close. */
export function ChatHeader({
  title,
  host,
  destinations,
  canDelete,
  onDelete,
}: {
  title: string;
  destinations: readonly string[] | undefined;
  host: ReturnType<typeof openHostLine>;
  canDelete: boolean;
  onDelete: () => Promise<void>;
}) {
  const t = useText();
  const [expanded, setExpanded] = useState(false);
  const [asking, setAsking] = useState(false);
  // On a phone the frame fills the screen already.
  const canGrow = host.inFrame && screen.width > FULL_SCREEN_PX;
  const sizeLabel = expanded ? t('visitor.smaller') : t('visitor.larger');
  return (
    <header className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-line bg-surface px-3 py-2">
      <h1 className="min-w-0 flex-1 truncate text-reading font-semibold">
        <bdi>{title}</bdi>
      </h1>
      <div className="order-last flex w-full items-center justify-between gap-2 xs:order-none xs:w-auto">
        <Shield destinations={destinations} />
        <LanguagePicker className="max-w-28" />
      </div>
      {canDelete && (
        <Button size="icon" variant="quiet" aria-label={t('visitor.delete')} title={t('visitor.delete')} onClick={() => setAsking(true)}>
          <Icon of={Trash2} />
        </Button>
      )}
      {canGrow && (
        <Button
          size="icon"
          variant="quiet"
          aria-label={sizeLabel}
          title={sizeLabel}
          onClick={() => {
            host.send({ privexbot: 'resize', expanded: !expanded });
            setExpanded(!expanded);
          }}
        >
          <Icon of={expanded ? Minimize2 : Maximize2} />
        </Button>
      )}
      {host.inFrame && (
        <Button
          size="icon"
          variant="quiet"
          aria-label={t('visitor.close')}
          title={t('visitor.close')}
          onClick={() => host.send({ privexbot: 'close' })}
        >
          <Icon of={X} />
        </Button>
      )}
      <DeleteChat open={asking} onClose={() => setAsking(false)} onDelete={onDelete} />
    </header>
  );
}
