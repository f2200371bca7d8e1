import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { messageId } from '@privexbot/ui/text/texts.ts';
import { AREAS } from './navigation.ts';

const OTHERS = [
  { keys: 'Ctrl/⌘ K', label: messageId('shortcut.palette') },
  { keys: 'c', label: messageId('shortcut.createBot') },
  { keys: 'u', label: messageId('shortcut.upload') },
  { keys: '1 – 4', label: messageId('shortcut.tabs') },
  { keys: 'Alt P', label: messageId('shortcut.preview') },
  { keys: 'Ctrl/⌘ Enter', label: messageId('shortcut.create') },
  { keys: '?', label: messageId('shortcut.list') },
  { keys: 'Enter', label: messageId('shortcut.send') },
  { keys: 'Esc', label: messageId('shortcut.stop') },
] as const;

export function ShortcutList({ onClose }: { onClose: () => void }) {
  const t = useText();
  const rows = [
    ...OTHERS.map(({ keys, label }) => [keys, t(label)]),
    ...AREAS.map(({ key, label }) => [`g ${key}`, t('palette.goTo', { place: t(label) })]),
  ];
  return (
    <Dialog open onOpenChange={onClose} title={t('shortcut.title')} description={t('shortcut.switchOff')}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-body">
        {rows.map(([keys, label]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded-chip border border-control bg-sunken px-1.5 py-0.5 font-mono text-caption">{keys}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
