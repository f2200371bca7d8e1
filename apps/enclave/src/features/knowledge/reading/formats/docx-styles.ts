import type { OfficePackage, Relationship } from '../ooxml.ts';
import { attribute, visitXml } from '../xml.ts';

/** The heading level of each style that is one, by style id. */
export type HeadingLevels = Map<string, number>;

type Style = { level: number; basedOn: string };
const LONGEST_INHERITANCE = 16;
const LOWEST_HEADING = 6;

/** Reads which paragraph styles are headings: by outline level, by built-in name, or by the style they are based on. */
export async function readHeadingLevels({ archive, limits }: OfficePackage, relationships: Relationship[]): Promise<HeadingLevels> {
  const part = relationships.find(({ type }) => type === 'styles')?.part;
  const styles = new Map<string, Style>();
  if (part === undefined || !archive.has(part)) return new Map();
  let style: Style | undefined;
  await visitXml(archive.stream(part), limits.maxDepth, {
    open: (name, attributes) => {
      if (name === 'style') {
        style = { level: 0, basedOn: '' };
        styles.set(attribute(attributes, 'styleId'), style);
      } else if (style && name === 'name') style.level ||= levelOfName(attribute(attributes, 'val'));
      else if (style && name === 'basedOn') style.basedOn = attribute(attributes, 'val');
      else if (style && name === 'outlineLvl') style.level = Number.parseInt(attribute(attributes, 'val'), 10) + 1 || style.level;
    },
    close: (name) => {
      if (name === 'style') style = undefined;
    },
  });
  const levels: HeadingLevels = new Map();
  for (const id of styles.keys()) {
    const level = inheritedLevel(styles, id);
    if (level > 0 && level <= LOWEST_HEADING) levels.set(id, level);
  }
  return levels;
}

function levelOfName(name: string): number {
  if (/^title$/i.test(name)) return 1;
  return Number(/^heading ([1-9])$/i.exec(name)?.[1] ?? 0);
}

function inheritedLevel(styles: Map<string, Style>, id: string): number {
  let style = styles.get(id);
  for (let steps = 0; style && style.level === 0 && steps < LONGEST_INHERITANCE; steps++) style = styles.get(style.basedOn);
  return style?.level ?? 0;
}
