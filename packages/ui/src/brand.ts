/** A bot's own colour, in the places of the accent, moved as far as it must be to be read. */
import { inkOn, mix, nearestReadable } from './contrast.ts';

const SURFACES = { light: '#ffffff', dark: '#13161a' } as const;

/** The accent tokens made from a brand colour, each with the contrast the palette promises: 4.5 for words, 3 for shapes. */
export function brandTokens(colour: string, theme: keyof typeof SURFACES): Record<string, string> {
  const surface = SURFACES[theme];
  const accent = nearestReadable(colour.toLowerCase(), surface, 4.5);
  const soft = mix(accent, surface, 0.85);
  return {
    '--accent': accent,
    '--accent-hover': mix(accent, theme === 'light' ? '#000000' : '#ffffff', 0.12),
    '--on-accent': inkOn(accent),
    '--accent-soft': soft,
    '--accent-text': nearestReadable(accent, soft, 4.5),
    '--focus': accent,
  };
}

/** Sets the brand colour on the page and keeps it right when the theme changes. */
export function applyBrand(colour: string): () => void {
  const root = document.documentElement;
  const apply = () => {
    const tokens = brandTokens(colour, root.classList.contains('dark') ? 'dark' : 'light');
    for (const [name, value] of Object.entries(tokens)) root.style.setProperty(name, value);
  };
  apply();
  const observer = new MutationObserver(apply);
  observer.observe(root, { attributes: true, attributeFilter: ['class'] });
  return () => observer.disconnect();
}
