/** English words that say nothing about the subject; only a question made of them alone is searched for them. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about after all also am an and any are as at be because been before being between both but by can could d did do does doing done ' +
    'during each for from further had has have having he her here hers him his how i if in into is it its itself just ll m me more most my ' +
    'no nor not of off on once only or other our ours out over own per re s same shall she should so some such t than that the their theirs ' +
    'them then there these they this those through to too under until up upon us ve very was we were what when where whether which while ' +
    'who whom whose why will with within without would you your yours'
  ).split(' '),
);

const VOWEL = /[aeiouy]/;

/** Rules are tried in order, the first whose ending matches decides. */
const RULES: readonly { ending: string; replacement: string; leaves: number; unless?: RegExp }[] = [
  { ending: 'sses', replacement: 'ss', leaves: 2 },
  { ending: 'ies', replacement: 'y', leaves: 2 },
  { ending: 'ied', replacement: 'y', leaves: 2 },
  { ending: 's', replacement: '', leaves: 3, unless: /(?:ss|us|is)$/ },
  { ending: 'ing', replacement: '', leaves: 2 },
  { ending: 'ed', replacement: '', leaves: 2, unless: /eed$/ },
  { ending: 'ly', replacement: '', leaves: 4 },
];

/**
 * A light English stemmer: plural, -ing, -ed, -ly, and a final -e so that "noted", "noting" and "notes" meet. It is applied alike to passages and
 * questions, and only to words of a-z, so other languages at worst join two of their own words and never lose a match. Applying it twice
 * changes nothing more.
 */
export function stem(word: string): string {
  let current = word;
  for (;;) {
    const next = step(current);
    if (next === current) return current;
    current = next;
  }
}

function step(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  for (const { ending, replacement, leaves, unless } of RULES) {
    if (!word.endsWith(ending) || unless?.test(word)) continue;
    const root = word.slice(0, -ending.length);
    if (root.length < leaves || !VOWEL.test(root)) break;
    return ending === 'ing' || ending === 'ed' ? mend(root) : root + replacement;
  }
  return word.length > 4 && word.endsWith('e') ? word.slice(0, -1) : word;
}

/** "stopp" of "stopped" to "stop", "not" of "noted" to "note"; "fall", "pass" and "buzz" stay. */
function mend(root: string): string {
  if (/^[^aeiouy]?[aeiouy][^aeiouwxy]$/.test(root)) return `${root}e`;
  return /([bdfgmnprt])\1$/.test(root) && root.length > 3 ? root.slice(0, -1) : root;
}
