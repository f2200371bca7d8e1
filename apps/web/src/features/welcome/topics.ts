const TOPICS = 3;

/** Up to three things the passages are about, from their innermost headings in reading order. */
export function topicsOf(passages: readonly { headings: readonly string[] }[]): string[] {
  const headings = passages.flatMap((passage) => passage.headings.at(-1)?.trim() || []);
  const short = headings.filter((heading) => heading.length <= 60);
  return [...new Set(short)].slice(0, TOPICS);
}
