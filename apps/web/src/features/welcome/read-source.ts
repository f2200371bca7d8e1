/** What a person put into the one box: a web address, or text to paste. */
export type Source = { source: 'page'; url: string } | { source: 'paste'; title: string; text: string };

const TITLE_LENGTH = 80;

/** The first line of a pasted text becomes its title; undefined where there is nothing to read. */
export function readSource(input: string): Source | undefined {
  const text = input.trim();
  if (!text) return undefined;
  if (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text)) return { source: 'page', url: text };
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+(\/\S*)?$/i.test(text) && URL.canParse(`https://${text}`))
    return { source: 'page', url: `https://${text}` };
  const [first = ''] = text.split('\n');
  return {
    source: 'paste',
    title: first
      .replace(/^#+\s*/, '')
      .slice(0, TITLE_LENGTH)
      .trim(),
    text,
  };
}
