type Numbers = Uint8Array | Uint32Array | Float32Array;

/** `array`, or a longer copy of it that has room for `length` entries (new ones are 0). Doubles, so that appending stays linear. */
export function withRoom<T extends Numbers>(array: T, length: number): T {
  if (length <= array.length) return array;
  const grown = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2, 16));
  grown.set(array);
  return grown;
}
