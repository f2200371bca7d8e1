/** Which addresses of a text may become links. Everything else stays words. */
const ALLOWED = new Set(['http:', 'https:', 'mailto:']);

/** The address and the host to show beside it, or undefined for anything a browser might run or fetch in another way. */
export function safeLink(url: string): { href: string; host: string } | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return undefined;
  }
  if (!ALLOWED.has(parsed.protocol)) return undefined;
  return { href: parsed.href, host: parsed.host || parsed.pathname };
}
