/** The name of the directory at which this tab went on to sign out. */
const KEY = 'directory-left';

export function rememberDirectoryLeft(name: string): void {
  sessionStorage.setItem(KEY, name);
}

export function directoryLeft(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}
