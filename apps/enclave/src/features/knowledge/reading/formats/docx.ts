import { openArchive } from '../archive.ts';
import { countBytes } from '../byte-progress.ts';
import { findMainPart, type OfficePackage, type Relationship, readOfficeTitle, readRelationships } from '../ooxml.ts';
import { attribute, visitXml, walkXml, type XmlAttributes } from '../xml.ts';
import { type BlockCollector, createBlockCollector } from './block-collector.ts';
import { type HeadingLevels, readHeadingLevels } from './docx-styles.ts';
import type { FormatEvent, Source, TextBlock } from './format.ts';

const LONGEST_HEADING = 300;
/** Deleted and moved-away text, phonetic guides, and the second form of what is there in a newer form already. */
const SKIPPED = new Set(['del', 'moveFrom', 'rt', 'Fallback']);
const CHARACTERS = new Map(Object.entries({ tab: '\t', br: '\n', cr: '\n', noBreakHyphen: '-' }));
/** Parts with notes, by relationship: the element of one note, and the element that refers to it. */
const NOTES = [
  { relationship: 'footnotes', note: 'footnote', reference: 'footnoteReference', label: 'Note' },
  { relationship: 'endnotes', note: 'endnote', reference: 'endnoteReference', label: 'Note' },
  { relationship: 'comments', note: 'comment', reference: 'commentReference', label: 'Comment' },
] as const;

/** Text of notes by what refers to it: `footnoteReference 3`. */
type NotesByReference = Map<string, string>;

/** DOCX: body, tables and text boxes in order; notes and comments follow the paragraph that refers to them. Headers and footers are left out. */
export async function* readDocx(source: Source): AsyncGenerator<FormatEvent> {
  const office: OfficePackage = { archive: openArchive(await source.all(), source.limits), limits: source.limits };
  const main = await findMainPart(office);
  const relationships = await readRelationships(office, main);
  yield { type: 'about', title: await readOfficeTitle(office) };
  const levels = await readHeadingLevels(office, relationships);
  const notes = await readNotes(office, relationships);
  const blocks = createBlockCollector();
  const bytes = countBytes(office.archive.stream(main), office.archive.claimedBytes(main));
  for await (const _ of walkXml(bytes.stream, source.limits.maxDepth, createBodyVisitor(blocks, levels, notes))) {
    yield* blocks.take();
    yield bytes.progress();
  }
  yield* blocks.take();
}

async function readNotes(office: OfficePackage, relationships: Relationship[]): Promise<NotesByReference> {
  const notes: NotesByReference = new Map();
  for (const { relationship, note, reference, label } of NOTES) {
    const part = relationships.find(({ type }) => type === relationship)?.part;
    if (part === undefined || !office.archive.has(part)) continue;
    const blocks = createBlockCollector();
    const body = createBodyVisitor(blocks, new Map(), new Map());
    let id = '';
    await visitXml(office.archive.stream(part), office.limits.maxDepth, {
      ...body,
      open: (name, attributes) => {
        if (name === note) id = attribute(attributes, 'id');
        body.open(name, attributes);
      },
      close: (name) => {
        body.close(name);
        if (name !== note) return;
        const text = blocks.take().map((block) => block.text);
        if (text.length > 0) notes.set(`${reference} ${id}`, `[${label}: ${text.join('\n')}]`);
      },
    });
  }
  return notes;
}

type Paragraph = { text: string; level: number; notes: string[] };
type BodyVisitor = { open: (name: string, attributes: XmlAttributes) => void; text: (text: string) => void; close: (name: string) => void };

/** Paragraphs nest where a paragraph holds a text box. */
function createBodyVisitor(blocks: BlockCollector, levels: HeadingLevels, notes: NotesByReference): BodyVisitor {
  const paragraphs: Paragraph[] = [];
  let skipped = 0;
  let runs = 0;
  let isText = false;
  const rowNotes: string[] = [];

  const opens = toTable<(paragraph: Paragraph | undefined, attributes: XmlAttributes) => void>({
    p: () => {
      paragraphs.push({ text: '', level: 0, notes: [] });
    },
    r: () => {
      runs++;
    },
    t: () => {
      isText = true;
    },
    pStyle: (paragraph, attributes) => {
      if (paragraph) paragraph.level ||= levels.get(attribute(attributes, 'val')) ?? 0;
    },
    outlineLvl: (paragraph, attributes) => {
      const level = Number.parseInt(attribute(attributes, 'val'), 10);
      if (paragraph && level >= 0 && level < 6) paragraph.level = level + 1;
    },
    tbl: blocks.openTable,
    tr: blocks.openRow,
    tc: blocks.openCell,
  });
  const closes = toTable<() => void>({
    p: () => {
      const paragraph = paragraphs.pop();
      if (!paragraph) return;
      const text = paragraph.text.trim();
      if (text) blocks.add(toBlock(text, paragraph.level));
      rowNotes.push(...paragraph.notes);
      if (!blocks.isInTable()) addNotes();
    },
    r: () => {
      runs--;
    },
    t: () => {
      isText = false;
    },
    tr: blocks.closeRow,
    tbl: () => {
      blocks.closeTable();
      if (!blocks.isInTable()) addNotes();
    },
  });
  const addNotes = (): void => {
    for (const note of rowNotes.splice(0)) blocks.add({ type: 'text', text: note });
  };

  return {
    open: (name, attributes) => {
      if (skipped > 0 || SKIPPED.has(name)) {
        skipped++;
        return;
      }
      const paragraph = paragraphs.at(-1);
      opens.get(name)?.(paragraph, attributes);
      if (!paragraph) return;
      if (runs > 0) paragraph.text += CHARACTERS.get(name) ?? '';
      const note = notes.get(`${name} ${attribute(attributes, 'id')}`);
      if (note !== undefined) paragraph.notes.push(note);
    },
    text: (text) => {
      const paragraph = paragraphs.at(-1);
      if (isText && skipped === 0 && paragraph) paragraph.text += text;
    },
    close: (name) => {
      if (skipped > 0) skipped--;
      else closes.get(name)?.();
    },
  };
}

/** Looked up by names that the file chose: no object, whose prototype has names too. */
function toTable<T>(entries: Record<string, T>): ReadonlyMap<string, T> {
  return new Map(Object.entries(entries));
}

function toBlock(text: string, level: number): TextBlock {
  return { type: 'text', text, ...(level > 0 && text.length <= LONGEST_HEADING ? { heading: level } : {}) };
}
