export interface Change {
  /** The path of a setting, as `look.colour`. */
  readonly field: string;
  /** Undefined where the setting was added. */
  readonly before: unknown;
  /** Undefined where it was removed. */
  readonly after: unknown;
}

/** What differs between two JSON values, by path. Lists are compared and shown as a whole: half a list explains nothing. */
export function diffValues(before: unknown, after: unknown, field = ''): Change[] {
  if (!isObject(before) || !isObject(after)) return isSame(before, after) ? [] : [{ field, before, after }];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => diffValues(before[name], after[name], field ? `${field}.${name}` : name));
}

function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return isObject(a) && isObject(b) ? diffValues(a, b).length === 0 : Object.is(a, b);
  return a.length === b.length && a.every((value, index) => isSame(value, b[index]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
