const MAX_BYTES = 120;
/** Names that Windows keeps for devices, with or without an extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Makes file names from names that people or documents chose: no folders, no control or direction characters, nothing a file system
 * treats specially, at most 120 bytes with the extension kept. Two that would collide, whatever their case, get a number.
 */
export class SafeNames {
  readonly #taken = new Set<string>();

  give(name: string, fallback = 'unnamed'): string {
    const safe = toSafeName(name) || fallback;
    const { stem, extension } = split(safe);
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? safe : `${stem} (${number})${extension}`;
      const key = candidate.normalize('NFKC').toLowerCase();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return candidate;
    }
  }
}

function toSafeName(name: string): string {
  const clean = name
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[/\\:*?"<>|]+/g, '_')
    .trim()
    .replace(/^\.+|[. ]+$/g, '');
  const { stem, extension } = split(DEVICE.test(clean) ? `_${clean}` : clean);
  return cut(stem, MAX_BYTES - Buffer.byteLength(extension)) + extension;
}

function split(name: string): { stem: string; extension: string } {
  const [extension = ''] = /\.[\p{L}\p{N}]{1,10}$/u.exec(name) ?? [];
  return { stem: name.slice(0, name.length - extension.length), extension };
}

/** The longest start of the text that fits, without a broken character. */
function cut(text: string, maxBytes: number): string {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
