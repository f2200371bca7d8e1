/** Order matters: later ones name the earlier. */
const BROWSERS = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrom(e|ium)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
] as const;
const SYSTEMS = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const;

/** "Firefox · Linux" from what a browser calls itself, and what another program calls itself as it is; undefined where that says nothing. */
export function deviceName(called: string): string | undefined {
  if (!called.startsWith('Mozilla/')) return called || undefined;
  const found = [BROWSERS, SYSTEMS].flatMap((table) => table.find(([pattern]) => pattern.test(called))?.[1] ?? []);
  return found.length ? found.join(' · ') : undefined;
}
