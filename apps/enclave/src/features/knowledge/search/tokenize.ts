// Text to words: case, accents and width folded, scripts without spaces cut into single characters and pairs.

const SEPARATOR = 0;
const WORD = 1;
const UNSPACED = 2;
const UNKNOWN = 255;

/** Longer words (base64, hashes, hostile input) are known by their beginning. */
const LONGEST_WORD = 64;

const WORD_CHARACTER = /^[\p{L}\p{N}\p{M}\p{Cs}]$/u;
const UNSPACED_CHARACTER = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々]$/u;
/** Class of each UTF-16 unit, filled in as units are met; the halves of surrogate pairs count as word characters. */
const classes = new Uint8Array(65_536).fill(UNKNOWN);

function classOf(code: number): number {
  const known = classes[code] ?? SEPARATOR;
  return known === UNKNOWN ? classify(code) : known;
}

function classify(code: number): number {
  const character = String.fromCharCode(code);
  const found = UNSPACED_CHARACTER.test(character) ? UNSPACED : WORD_CHARACTER.test(character) ? WORD : SEPARATOR;
  classes[code] = found;
  return found;
}

/**
 * Calls `emit` with each word of a text in order. A run of a script without spaces gives its pairs of characters and, in a passage, its
 * single characters too, so that a question of one character finds something; in a question single characters only if they stand alone.
 */
export function eachWord(text: string, role: 'passage' | 'question', emit: (word: string) => void): void {
  const folded = fold(text);
  let at = 0;
  while (at < folded.length) {
    const kind = classOf(folded.charCodeAt(at));
    const from = at++;
    if (kind === SEPARATOR) continue;
    while (at < folded.length && classOf(folded.charCodeAt(at)) === kind) at++;
    if (kind === WORD) emit(folded.slice(from, Math.min(at, from + LONGEST_WORD)));
    else emitUnspaced(folded, from, at, role, emit);
  }
}

function emitUnspaced(text: string, from: number, to: number, role: 'passage' | 'question', emit: (word: string) => void): void {
  for (let at = from; at < to; at++) {
    if (role === 'passage' || to - from === 1) emit(text.slice(at, at + 1));
    if (at + 1 < to) emit(text.slice(at, at + 2));
  }
}

const NOT_ASCII = /[^\0-\x7f]/;

/** Lower case, compatibility forms unified ("ﬁ", full-width letters), Latin, Greek and Cyrillic accents removed, "1,000" as "1000". */
function fold(text: string): string {
  const lower = text.toLowerCase();
  const joined = lower.includes(',') ? lower.replace(/(?<=[0-9]),(?=[0-9]{3}(?![0-9]))/g, '') : lower;
  if (!NOT_ASCII.test(joined)) return joined;
  return joined
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u00ad\u200b-\u200d\ufeff]+/g, '')
    .normalize('NFC')
    .toLowerCase();
}
