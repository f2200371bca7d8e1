import type { LucideIcon } from 'lucide-react';

/** A decorative icon; the words beside it or its button's name carry the meaning. `mirror` turns arrows and chevrons around in right-to-left layouts. */
export function Icon({
  of: Glyph,
  size = 16,
  mirror = false,
  className = '',
}: {
  of: LucideIcon;
  size?: 16 | 20;
  mirror?: boolean;
  className?: string;
}) {
  return <Glyph aria-hidden size={size} strokeWidth={1.75} className={`shrink-0 ${mirror ? 'rtl:-scale-x-100' : ''} ${className}`} />;
}
