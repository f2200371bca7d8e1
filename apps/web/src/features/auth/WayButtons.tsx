import { Button } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import type { Way } from './ways.ts';

/** Other ways, each a button. */
export function WayButtons({ ways, onChoose }: { ways: readonly Way[]; onChoose: (way: Way) => void }) {
  const t = useText();
  return (
    ways.length > 0 && (
      <div className="flex flex-wrap gap-2 border-t border-line pt-4">
        {ways.map((way) => (
          <Button key={way.id} className="flex-1" onClick={() => onChoose(way)}>
            {t(way.label)}
          </Button>
        ))}
      </div>
    )
  );
}
