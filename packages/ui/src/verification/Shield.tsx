import { lazy, Suspense, useState } from 'react';
import { Icon } from '../base/Icon.tsx';
import { useTexts } from '../text/TextProvider.tsx';
import { useEnvironment } from './EnvironmentProvider.tsx';
import { SHIELD_LOOKS, SHIELD_SHAPE } from './ShieldMark.tsx';

const loadDialog = () => import('./VerificationDialog.tsx');
const VerificationDialog = lazy(async () => ({ default: (await loadDialog()).VerificationDialog }));

/** The state of the last check, on every screen in the same place; opens what was looked at. */
export function Shield({
  compact = false,
  destinations,
  className = '',
}: {
  compact?: boolean;
  /** Where what is typed on this screen goes, if the screen has one answer to that. */
  destinations?: readonly string[] | undefined;
  className?: string;
}) {
  const { t, loadPanel } = useTexts();
  const { shield } = useEnvironment();
  const [open, setOpen] = useState(false);
  const { icon, look } = SHIELD_LOOKS[shield];
  const load = () => Promise.all([loadDialog(), loadPanel()]);
  const prepare = () => void load().catch(() => undefined);
  return (
    <>
      <button
        type="button"
        data-shield={shield}
        aria-haspopup="dialog"
        title={compact ? t(`shield.${shield}`) : undefined}
        onPointerEnter={prepare}
        onFocus={prepare}
        onClick={() => void load().then(() => setOpen(true))}
        className={`${SHIELD_SHAPE} min-h-7 min-w-0 max-w-full pointer-coarse:min-h-11 ${compact ? 'min-w-8 justify-center' : ''} ${look} ${className}`}
      >
        <Icon of={icon} />
        <span className={compact ? 'sr-only' : 'min-w-0 py-0.5 text-start'}>{t(`shield.${shield}`)}</span>
        <span className="sr-only">{t('shield.open')}</span>
      </button>
      <Suspense>{open && <VerificationDialog destinations={destinations} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}
