import { recall } from '@privexbot/ui/remember.ts';
import { useEffect, useEffectEvent } from 'react';

/** A screen's own keys. Single letters work outside fields only, and only while they are switched on; combinations work everywhere. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const name = keyName(event);
    const action = keys[name];
    if (!action || (name.length === 1 && (isTyping(event.target) || recall('shortcuts') === 'off'))) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);
}

/** `u`, `Ctrl+Enter` (⌘ counts as Ctrl), `Alt+p`. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  // With Alt some layouts type another character, so the key's place decides.
  if (event.altKey) return `Alt+${event.code.replace(/^Key/, '').toLowerCase()}`;
  return event.ctrlKey || event.metaKey ? `Ctrl+${event.key.length === 1 ? event.key.toLowerCase() : event.key}` : event.key;
}

/** Whether the person is writing, or something modal has the keyboard. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable], dialog, [role="dialog"], [role="menu"]') !== null
  );
}
