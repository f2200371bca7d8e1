/**
 * The normalised form of a document's text, which all offsets count: line ends are LF (CR LF, CR, form feed, vertical tab, NEL and the
 * Unicode line and paragraph separators become LF); other control characters, byte order marks and noncharacters are dropped; a lone
 * surrogate becomes U+FFFD. Nothing else changes: no NFC, no folding of spaces or quotes, so a quoted passage is what the file says.
 */
export function normaliseText(text: string): string {
  const clean = UNWANTED.test(text) ? text.replace(LINE_ENDS, '\n').replace(DROPPED, '') : text;
  return clean.isWellFormed() ? clean : clean.toWellFormed();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file removes
const UNWANTED = /[\0-\x08\v\f\r\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
const LINE_ENDS = /\r\n?|[\v\f\x85\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file removes
const DROPPED = /[\0-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]/g;

/** One line of running text: every run of white space is one space. */
export function toLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
