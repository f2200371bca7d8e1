// What kind of thing an English question asks for, and whether a sentence holds one. Other languages ask for nothing in particular.

const NUMBER =
  /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|half|third|quarter|once|twice|dozen)\b/i;
const TIME =
  /\b(?:1\d|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d+(?:st|nd|rd|th)\b|\b\d+ (?:minutes|hours?|days?|weeks?|months?|years?)\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|century|weekdays?|daily|noon|midnight)\b/;
const PLACE = /\b(?:in|at|on|near|behind|beside|under|inside|outside|between|next to|north|south|east|west)\b/i;
/** A capital after a comma or inside the sentence. */
const NAME = /(?<=[\p{L},;] )\p{Lu}\p{Ll}+/u;

const KINDS: readonly { question: RegExp; answer: RegExp }[] = [
  {
    question:
      /\bhow (?:many|much|long|often|far|old|tall|big|small|large|deep|fast|high|hot|wide|heavy|late|early|expensive|frequently|quickly|few|soon)\b|\bwhat (?:percentage|number|amount|share|length|height|distance|price)\b/i,
    answer: NUMBER,
  },
  { question: /\bwhen\b|\b(?:what|which) (?:year|date|day|time|century|month|weekday)\b/i, answer: TIME },
  { question: /\bwhere\b/i, answer: PLACE },
  { question: /\bwho(?:m|se)?\b/i, answer: NAME },
];

/** A test for sentences that may answer the question by their form. */
export function answerTest(question: string): (sentence: string) => boolean {
  const kind = KINDS.find((one) => one.question.test(question));
  return (sentence) => kind?.answer.test(sentence) ?? false;
}

/** A number, or a capital that does not begin the question. */
const NAME_OR_NUMBER = /\d[\d.,]*|(?<=[^\s.?!:]\s+["'(“]?)\p{Lu}[\p{L}\p{N}]*/gu;
/** Capitals tell names in English; German, for one, gives them to every noun. */
const ENGLISH = /\b(?:the|of|is|are|do|does|did|how|what|when|where|which|who|why|can|may)\b/i;

/** The names and numbers in a question: what speaks of none of them answers another one. */
export function namesAndNumbers(question: string): string[] {
  const found = question.match(NAME_OR_NUMBER) ?? [];
  return ENGLISH.test(question) ? found : found.filter((one) => /^\d/.test(one));
}
