import { Button } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import type { Options } from './use-options.ts';
import { WAYS, type Way } from './ways.ts';

/** The ways that need no address, each a button. */
export function WayButtons({ options, onChoose }: { options: Options | undefined; onChoose: (way: Way) => void }) {
  const t = useText();
  const offered = WAYS.filter(({ at, isOffered }) => at === 'button' && (isOffered?.(options) ?? true));
  return (
    offered.length > 0 && (
      <div className="flex flex-wrap gap-2 border-t border-line pt-4">
        {offered.map((way) => (
          <Button key={way.id} className="flex-1" onClick={() => onChoose(way)}>
            {t(way.label)}
          </Button>
        ))}
      </div>
    )
  );
}
