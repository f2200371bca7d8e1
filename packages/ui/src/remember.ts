/** Small choices kept on this device. A browser that refuses storage forgets them, and nothing else changes. */

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is refused or full: the choice holds until the page closes.
  }
}
