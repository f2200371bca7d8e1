/** JSON that two readers could understand differently is not taken. */

const MAX_DEPTH = 20;
/** In text that is known to be JSON these are all tokens that matter: strings, and what opens, parts and closes. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads an object. Undefined for anything else, also where a member is named twice (RFC 8725 §2.7, RFC 7519 §4) or nested too deeply. */
export function readStrictObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = decoder.decode(bytes);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && isUnambiguous(text) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** @param text valid JSON */
function isUnambiguous(text: string): boolean {
  // For each open object the names it has, for each open array nothing.
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? new Set() : undefined) > MAX_DEPTH) return false;
    } else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const names = open.at(-1);
      const name = JSON.parse(last) as string;
      if (names?.has(name)) return false;
      names?.add(name);
    }
    last = token;
  }
  return true;
}
