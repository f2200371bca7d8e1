import { openArchive } from '../archive.ts';
import { ReadFailure } from '../failures.ts';
import { findMainPart, type OfficePackage, readOfficeTitle, readRelationships } from '../ooxml.ts';
import { attribute, visitXml, type XmlAttributes } from '../xml.ts';
import { createBlockCollector } from './block-collector.ts';
import type { FormatEvent, Source, TextBlock } from './format.ts';

const LONGEST_HEADING = 300;
const TITLES = new Set(['title', 'ctrTitle']);
/** Of a notes page: the picture of its slide, numbers, dates, headers and footers are no notes. */
const NO_NOTES = new Set(['sldImg', 'sldNum', 'dt', 'hdr', 'ftr']);
const NO_TEXT_OF_SLIDES = new Set(['sldNum', 'dt', 'ftr']);

/** PPTX: the slides in the order of the show with their diagrams, then the speaker notes of each. A passage's page is the slide. */
export async function* readPptx(source: Source): AsyncGenerator<FormatEvent> {
  const office: OfficePackage = { archive: openArchive(await source.all(), source.limits), limits: source.limits };
  const slides = await findSlides(office, await findMainPart(office));
  yield { type: 'about', title: await readOfficeTitle(office), pages: slides.length };
  const notes: TextBlock[] = [];
  for (const [at, slide] of slides.entries()) {
    const page = at + 1;
    for (const block of await readShapes(office, slide, NO_TEXT_OF_SLIDES)) yield { ...block, page };
    for (const { type, part } of await readRelationships(office, slide)) {
      if (!office.archive.has(part)) continue;
      if (type === 'diagramData') for (const block of await readShapes(office, part, NO_TEXT_OF_SLIDES)) yield { ...block, page };
      if (type === 'notesSlide') notes.push(...toNotes(await readShapes(office, part, NO_NOTES), page));
    }
    yield { type: 'progress', done: page, total: slides.length, unit: 'slides' };
  }
  yield* notes;
}

function toNotes(blocks: TextBlock[], page: number): TextBlock[] {
  if (blocks.length === 0) return [];
  return [
    { type: 'text', text: `Notes of slide ${page}`, heading: 1, page },
    ...blocks.map(({ text }) => ({ type: 'text' as const, text, page })),
  ];
}

async function findSlides(office: OfficePackage, main: string): Promise<string[]> {
  const parts = new Map((await readRelationships(office, main)).map(({ id, part }) => [id, part]));
  const slides: string[] = [];
  await visitXml(office.archive.stream(main), office.limits.maxDepth, {
    open: (name, attributes) => {
      if (name !== 'sldId') return;
      const part = parts.get(attributes['r:id'] ?? '') ?? parts.get(relationshipId(attributes));
      if (part === undefined) throw new ReadFailure('corrupt');
      slides.push(part);
    },
  });
  return slides;
}

/** `sldId` has a number `id` of its own besides the prefixed one, whatever the prefix. */
function relationshipId(attributes: XmlAttributes): string {
  const key = Object.keys(attributes).find((name) => name.endsWith(':id'));
  return key === undefined ? '' : (attributes[key] ?? '');
}

/** The paragraphs and tables of one part, without the placeholders in `skipped`. */
async function readShapes({ archive, limits }: OfficePackage, part: string, skipped: ReadonlySet<string>): Promise<TextBlock[]> {
  const blocks = createBlockCollector();
  let placeholder = '';
  let text = '';
  let isText = false;
  let fallbacks = 0;
  const opens = new Map<string, (attributes: XmlAttributes) => void>([
    [
      'sp',
      () => {
        placeholder = '';
      },
    ],
    [
      'ph',
      (attributes) => {
        placeholder = attribute(attributes, 'type');
      },
    ],
    [
      'p',
      () => {
        text = '';
      },
    ],
    [
      't',
      () => {
        isText = true;
      },
    ],
    [
      'br',
      () => {
        text += '\n';
      },
    ],
    ['tbl', blocks.openTable],
    ['tr', blocks.openRow],
    ['tc', blocks.openCell],
  ]);
  const closes = new Map<string, () => void>([
    [
      'sp',
      () => {
        placeholder = '';
      },
    ],
    ['p', () => addParagraph()],
    [
      't',
      () => {
        isText = false;
      },
    ],
    ['tr', blocks.closeRow],
    ['tbl', blocks.closeTable],
  ]);
  const addParagraph = (): void => {
    const trimmed = text.trim();
    text = '';
    if (trimmed === '' || skipped.has(placeholder)) return;
    const isTitle = TITLES.has(placeholder) && trimmed.length <= LONGEST_HEADING;
    blocks.add({ type: 'text', text: trimmed, ...(isTitle ? { heading: 1 } : { join: 'line' }) });
  };
  await visitXml(archive.stream(part), limits.maxDepth, {
    open: (name, attributes) => {
      if (name === 'Fallback' || fallbacks > 0) fallbacks++;
      else opens.get(name)?.(attributes);
    },
    text: (piece) => {
      if (isText && fallbacks === 0) text += piece;
    },
    close: (name) => {
      if (fallbacks > 0) fallbacks--;
      else closes.get(name)?.();
    },
  });
  return blocks.take();
}
