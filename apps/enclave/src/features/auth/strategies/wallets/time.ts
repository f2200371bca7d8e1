const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339 §5.6 `date-time`, for days that exist. Leap seconds count as the second before. */
export function readDateTime(text: string): Date | undefined {
  const [, year, month, day, , second] = DATE_TIME.exec(text) ?? [];
  if (!year || !month || !day) return undefined;
  const last = new Date(Date.UTC(Number(year), Number(month), 0));
  const isDay = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= last.getUTCDate();
  if (!isDay) return undefined;
  const time = new Date((second === '60' ? text.replace(/:60/, ':59') : text).toUpperCase());
  return Number.isNaN(time.getTime()) ? undefined : time;
}
