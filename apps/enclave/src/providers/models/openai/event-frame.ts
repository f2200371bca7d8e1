/** The JSON of an event around the words it brings. */
export interface EventFrame {
  readonly before: string;
  readonly after: string;
}

const FIELD = '"content":"';
/** What JSON would have escaped, or does not allow. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are just what must not be there
const SPECIAL = /["\\\u0000-\u001f]/;

/**
 * The frame of an event that was parsed and brings these words. The events of one answer differ in nothing else, so that the words of the
 * next can be cut out at a quarter of the cost of parsing. Undefined when the place of the words is not certain.
 */
export function findFrame(data: string, words: string): EventFrame | undefined {
  if (SPECIAL.test(words)) return undefined;
  const field = `${FIELD}${words}"`;
  const at = data.indexOf(field);
  if (at === -1 || data.indexOf(field, at + 1) !== -1) return undefined;
  return { before: data.slice(0, at + FIELD.length), after: data.slice(at + field.length - 1) };
}

/** The words of an event in this frame; undefined when it has another, or when its words need parsing. */
export function cutWords(data: string, { before, after }: EventFrame): string | undefined {
  const end = data.length - after.length;
  // Slices compare as memory does, eight times as fast as startsWith and endsWith.
  if (end < before.length || data.slice(0, before.length) !== before || data.slice(end) !== after) return undefined;
  const words = data.slice(before.length, end);
  return SPECIAL.test(words) ? undefined : words;
}
