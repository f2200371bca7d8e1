/** Numbers, sizes and times as a language writes them. */

export interface Formats {
  number(value: number): string;
  percent(share: number): string;
  /** Decimal units, as files are named by systems: 1.2 MB. */
  bytes(value: number): string;
  date(value: Date | string): string;
  dateTime(value: Date | string): string;
  time(value: Date | string): string;
  /** "3 minutes ago", "in 2 days". */
  relative(value: Date | string, now?: Date): string;
  /** The same to the second, for what is watched: "3 seconds ago". */
  ago(value: Date | string, now?: Date): string;
  /** A time of day to the second. */
  seconds(value: Date | string): string;
  list(values: readonly string[]): string;
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const RELATIVE_UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

export function createFormats(locale: string): Formats {
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const seconds = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const list = new Intl.ListFormat(locale, { type: 'conjunction' });
  return {
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    bytes(value) {
      const power = Math.min(value < 1 ? 0 : Math.floor(Math.log10(value) / 3), BYTE_UNITS.length - 1);
      const amount = value / 1000 ** power;
      const maximumFractionDigits = amount < 10 && power > 0 ? 1 : 0;
      const unit = BYTE_UNITS[power] ?? 'byte';
      // The short name of a single byte has no plural in English.
      const unitDisplay = power === 0 ? 'long' : 'short';
      return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay, maximumFractionDigits }).format(amount);
    },
    date: (value) => date.format(new Date(value)),
    dateTime: (value) => dateTime.format(new Date(value)),
    time: (value) => time.format(new Date(value)),
    relative: (value, now = new Date()) => inUnits(relative, secondsFrom(now, value)) ?? relative.format(0, 'minute'),
    ago(value, now = new Date()) {
      const past = Math.min(Math.round(secondsFrom(now, value)), 0);
      return inUnits(relative, past) ?? relative.format(past, 'second');
    },
    seconds: (value) => seconds.format(new Date(value)),
    list: (values) => list.format(values),
  };
}

/** In the largest unit of which there is at least one; undefined below a minute. */
function inUnits(format: Intl.RelativeTimeFormat, seconds: number): string | undefined {
  const found = RELATIVE_UNITS.find(([, size]) => Math.abs(seconds) >= size);
  return found && format.format(Math.round(seconds / found[1]), found[0]);
}

function secondsFrom(now: Date, value: Date | string): number {
  return (new Date(value).getTime() - now.getTime()) / 1000;
}
