import { FlaskConical, type LucideIcon, ShieldAlert, ShieldCheck, ShieldEllipsis, ShieldQuestionMark, ShieldX } from 'lucide-react';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';
import type { ShieldState } from './environment.ts';

/** Icon, shape, colour: three ways to tell the states apart, and the word is the fourth. Simulated is never green. */
export const SHIELD_LOOKS: Record<ShieldState, { icon: LucideIcon; look: string }> = {
  checking: { icon: ShieldEllipsis, look: 'border-control bg-sunken text-muted' },
  verified: { icon: ShieldCheck, look: 'border-success bg-success-soft text-success' },
  'verified-with-warnings': { icon: ShieldAlert, look: 'border-warning bg-warning-soft text-warning' },
  simulated: { icon: FlaskConical, look: 'border-simulated border-dashed bg-simulated-soft text-simulated' },
  'not-verified': { icon: ShieldX, look: 'border-danger bg-danger-soft text-danger' },
  unknown: { icon: ShieldQuestionMark, look: 'border-control bg-sunken text-muted' },
};

export const SHIELD_SHAPE = 'inline-flex items-center gap-1.5 rounded-full border px-2 text-caption font-medium';

/** The state in an icon and a word. */
export function ShieldMark({ state }: { state: ShieldState }) {
  const t = useText();
  const { icon, look } = SHIELD_LOOKS[state];
  return (
    <span data-shield={state} className={`${SHIELD_SHAPE} min-h-6 ${look}`}>
      <Icon of={icon} />
      <span>{t(`shield.${state}`)}</span>
    </span>
  );
}
