// Sentence boundaries by one pass over character codes: no regular expression, so hostile text costs no more than other text.

export type Span = { start: number; end: number };

/** No sentence grows beyond this many UTF-16 units (white space after it aside): embedding models read far less. */
export const MAX_SENTENCE_LENGTH = 1000;

/** A line shorter than this is not wrapped text: its end is the end of a sentence. */
const WRAPPED_LINE_LENGTH = 20;
/** Before a capital a line must be longer to count as wrapped: headings are followed by capitals too. */
const WRAPPED_LINE_LENGTH_BEFORE_CAPITAL = 60;
const LONGEST_ABBREVIATION = 8;

/** Words that a full stop follows without ending the sentence, whatever comes next. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof rev fr sr st mt ft gen col lt capt sgt cmdr adm gov sen rep hon pres vs cf eg ie e.g i.e trans approx ca viz resp ' +
    'incl excl dept est z.b d.h u.a bzw ggf vgl evtl bspw usw sra srta mme mlle dra'
  ).split(' '),
);
/** Words that do so only before a number: "No. 7", but "No. We do not." */
const NUMBERED = new Set(
  'no nos nr nº núm fig figs vol vols ch sec art arts par para paras p pp pág págs tel jan feb mar apr jun jul aug sept sep oct nov dec'.split(
    ' ',
  ),
);

/** After these a single capital is a name, not somebody's initial: "building C. The". */
const LABELLED = new Set(
  'building room section part class grade plan option group type level vitamin gate hall block annex appendix phase team zone wing schedule'.split(
    ' ',
  ),
);

const NONE = 0;
const STOP = 1; // ends a sentence when white space follows
const FULL_WIDTH_STOP = 2; // ends a sentence by itself
const NEWLINE = 3;

const KIND: ReadonlyMap<number, number> = new Map(
  [
    [STOP, '.!?…؟۔।॥։።'],
    [FULL_WIDTH_STOP, '。！？｡'],
    [NEWLINE, '\n\v\f\u0085\u2028\u2029'],
  ].flatMap(([kind, characters]) => Array.from(String(characters), (character) => [character.charCodeAt(0), Number(kind)] as const)),
);
const ASCII_KIND = Uint8Array.from({ length: 128 }, (_, code) => KIND.get(code) ?? NONE);

const CLOSERS = new Set(Array.from('"\')]}*_”’»›）」』】〉》', (character) => character.charCodeAt(0)));
const BULLETS = new Set(Array.from('-*+•‣◦▪●○■□–—·#|>', (character) => character.charCodeAt(0)));

/**
 * Splits a text into sentences, in order and without gaps: the first starts at 0, each next one where the one before ends, the last ends
 * at `text.length`. White space belongs to the sentence before it (at the very start: to the first). Offsets are UTF-16 units and never
 * lie inside a surrogate pair. An empty text has no sentences.
 */
export function splitSentences(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  let lineStart = 0;
  let at = skipWhiteSpace(text, 0);
  while (at < text.length) {
    const softEnd = Math.min(text.length, start + MAX_SENTENCE_LENGTH);
    while (at < softEnd && kindOf(text.charCodeAt(at)) === NONE) at++;
    if (at === text.length) break;
    const kind = kindOf(text.charCodeAt(at));
    let end = start;
    if (at >= softEnd) {
      end = skipWhiteSpace(text, lastGoodCut(text, start, softEnd));
      at = end;
    } else if (kind === NEWLINE) {
      const next = skipWhiteSpace(text, at);
      if (!isWrappedLine(text, lineStart, at, next)) end = next;
      at = next;
      lineStart = next;
    } else {
      const stopAt = at;
      at = skipClosers(text, at + 1, softEnd);
      const next = skipWhiteSpace(text, at);
      if (kind === FULL_WIDTH_STOP || next === text.length || (next > at && endsSentence(text, start, stopAt, next))) {
        if (countNewlines(text, at, next) > 0) lineStart = next;
        end = next;
        at = next;
      }
    }
    if (end > start) spans.push({ start, end });
    start = end;
  }
  if (start < text.length) spans.push({ start, end: text.length });
  return spans;
}

function kindOf(code: number): number {
  if (code < 128) return ASCII_KIND[code] ?? NONE;
  return code < 0x589 && code !== 0x85 ? NONE : (KIND.get(code) ?? NONE);
}

function skipWhiteSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWhiteSpace(text.charCodeAt(at))) at++;
  return at;
}

function isWhiteSpace(code: number): boolean {
  if (code < 0x85) return code === 0x20 || (code >= 9 && code <= 13);
  return (
    code === 0xa0 || code === 0x85 || code === 0x3000 || code === 0xfeff || (code >= 0x2000 && code <= 0x200b) || isLineSeparator(code)
  );
}

function isLineSeparator(code: number): boolean {
  return code === 0x2028 || code === 0x2029;
}

/** Further stops ("?!", "...") and closing quotes or brackets belong to the sentence that they close. */
function skipClosers(text: string, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const code = text.charCodeAt(at);
    const kind = kindOf(code);
    if (kind !== STOP && kind !== FULL_WIDTH_STOP && !CLOSERS.has(code)) break;
    at++;
  }
  return at;
}

function endsSentence(text: string, start: number, stopAt: number, next: number): boolean {
  if (isLowerCase(text, next) && !isBulletAt(text, next)) return false;
  if (text.charCodeAt(stopAt) !== 0x2e) return true;
  let from = stopAt;
  while (from > start && stopAt - from <= LONGEST_ABBREVIATION && !isWordBreak(text.charCodeAt(from - 1))) from--;
  const word = text.slice(from, stopAt);
  if (word.length === 0 || word.length > LONGEST_ABBREVIATION) return true;
  const isListNumber = from === skipWhiteSpace(text, start) && /^[0-9]{1,3}$|^[a-z]$/i.test(word);
  const isInitial = /^(?:\p{Lu}\.)*\p{Lu}$/u.test(word) && !LABELLED.has(wordBefore(text, start, from));
  const lower = word.toLowerCase();
  const isNumbered = NUMBERED.has(lower) && /[0-9]/.test(text.charAt(next));
  return !isListNumber && !isInitial && !isNumbered && !ABBREVIATIONS.has(lower);
}

function wordBefore(text: string, start: number, at: number): string {
  return /(\p{L}+)\s+$/u.exec(text.slice(Math.max(start, at - 16), at))?.[1]?.toLowerCase() ?? '';
}

function isWordBreak(code: number): boolean {
  return isWhiteSpace(code) || code === 0x28 || code === 0x5b || code === 0x22 || code === 0x201c || code === 0x2f;
}

function isLowerCase(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 128) return code >= 0x61 && code <= 0x7a;
  const character = text.charAt(at);
  return character !== character.toUpperCase();
}

function isUpperCase(text: string, at: number): boolean {
  const character = text.charAt(at);
  return character !== character.toLowerCase();
}

/** Whether the line that ends at `newlineAt` goes on in the next one, as in hard-wrapped text. */
function isWrappedLine(text: string, lineStart: number, newlineAt: number, next: number): boolean {
  if (next === text.length || isBulletAt(text, next) || countNewlines(text, newlineAt, next) > 1) return false;
  return newlineAt - lineStart >= (isUpperCase(text, next) ? WRAPPED_LINE_LENGTH_BEFORE_CAPITAL : WRAPPED_LINE_LENGTH);
}

function countNewlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (kindOf(text.charCodeAt(at)) === NEWLINE) count++;
  return count;
}

/** A bullet, a heading, a table row, or a list number such as `12.`, `a)` or `(3)`. */
function isBulletAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (BULLETS.has(code)) return true;
  const from = code === 0x28 ? at + 1 : at;
  return /^(?:[0-9]{1,3}|[a-zA-Z])[.)](?:\s|$)/.test(text.slice(from, from + 5));
}

/** After the last white space of the second half, else here; never between the halves of a surrogate pair. */
function lastGoodCut(text: string, start: number, at: number): number {
  for (let cut = at; cut > start + MAX_SENTENCE_LENGTH / 2; cut--) if (isWhiteSpace(text.charCodeAt(cut - 1))) return cut;
  const code = text.charCodeAt(at - 1);
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}
