import { posix } from 'node:path';
import type { Archive } from './archive.ts';
import { ReadFailure } from './failures.ts';
import type { ReadLimits } from './limits.ts';
import { attribute, visitXml } from './xml.ts';

/** An Office Open XML package (ECMA-376 Part 2): parts in an archive that name each other by relationships. */
export type OfficePackage = { archive: Archive; limits: ReadLimits };

/** `type` is the last segment of the relationship type's URI, the same in the strict and the transitional form. */
export type Relationship = { id: string; type: string; part: string };

/** What a part refers to inside the package; none when it has no relationships. */
export async function readRelationships({ archive, limits }: OfficePackage, part: string): Promise<Relationship[]> {
  const { dir, base } = posix.parse(part);
  const name = posix.join(dir, '_rels', `${base}.rels`);
  const found: Relationship[] = [];
  if (!archive.has(name)) return found;
  await visitXml(archive.stream(name), limits.maxDepth, {
    open: (element, attributes) => {
      if (element !== 'Relationship' || attribute(attributes, 'TargetMode') === 'External') return;
      const target = attribute(attributes, 'Target');
      found.push({
        id: attribute(attributes, 'Id'),
        type: attribute(attributes, 'Type').split('/').at(-1) ?? '',
        part: target.startsWith('/') ? target.slice(1) : posix.join(dir, target),
      });
    },
  });
  return found;
}

/** The part that holds the document itself. */
export async function findMainPart(office: OfficePackage): Promise<string> {
  const main = (await readRelationships(office, '')).find(({ type }) => type === 'officeDocument');
  if (!main || !office.archive.has(main.part)) throw new ReadFailure('corrupt');
  return main.part;
}

/** The title that the document's properties give. */
export async function readOfficeTitle({ archive, limits }: OfficePackage): Promise<string> {
  const name = 'docProps/core.xml';
  let title = '';
  let isTitle = false;
  if (!archive.has(name)) return title;
  await visitXml(archive.stream(name), limits.maxDepth, {
    open: (element) => {
      isTitle = element === 'title';
    },
    text: (text) => {
      if (isTitle) title += text;
    },
    close: () => {
      isTitle = false;
    },
  });
  return title;
}
