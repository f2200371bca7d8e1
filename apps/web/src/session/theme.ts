import { recall, remember } from '@privexbot/ui/remember.ts';

export type Theme = 'light' | 'dark' | 'system';
const THEMES: readonly Theme[] = ['light', 'dark', 'system'];

/** The choice; `theme.js` in the page's head applies it. */
export function chosenTheme(): Theme {
  const stored = recall('theme');
  return THEMES.find((theme) => theme === stored) ?? 'system';
}

export function chooseTheme(theme: Theme): void {
  remember('theme', theme);
  dispatchEvent(new Event('themechange'));
}
