/** Where a person wanted to be, kept while a directory's pages are open. It is a path of this app, and no secret. */
const TARGET = 'after-directory';

export function rememberTarget(path: string): void {
  sessionStorage.setItem(TARGET, path);
}

export function takeTarget(): string {
  const kept = sessionStorage.getItem(TARGET) ?? '/';
  sessionStorage.removeItem(TARGET);
  return kept;
}
