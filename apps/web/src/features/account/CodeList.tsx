import { Button } from '@privexbot/ui/base/Button.tsx';
import { CopyButton } from '@privexbot/ui/chat/CopyButton.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { saveFile } from '../../parts/save-file.ts';

/** Recovery codes, shown this once: to be copied or saved. */
export function CodeList({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const t = useText();
  return (
    <div className="flex flex-col gap-4 pb-2">
      <ul dir="ltr" className="grid grid-cols-2 gap-2 rounded-control border border-line bg-sunken p-3 font-mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={codes.join('\n')} label={t('copy.action')} />
        <Button onClick={() => void saveFile(new Response(`${codes.join('\n')}\n`), 'privexbot-recovery-codes.txt')}>
          {t('recovery.save')}
        </Button>
        <Button variant="primary" onClick={onKept}>
          {t('recovery.kept')}
        </Button>
      </div>
    </div>
  );
}
