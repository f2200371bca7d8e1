import { SaxesParser } from 'saxes';
import { decodeText } from './encoding.ts';
import { ReadFailure } from './failures.ts';
import { ByteQueue } from './frames.ts';

export type XmlAttributes = Readonly<Record<string, string>>;

/** What to do at each event. Names come without their prefix. */
export type XmlVisitor = {
  open?: (name: string, attributes: XmlAttributes) => void;
  text?: (text: string) => void;
  close?: (name: string) => void;
};

/**
 * Walks an XML part as it comes and yields after each chunk, so that its caller can pass on what the visitor gathered.
 * Malformed XML and too deep nesting are `corrupt`; entity declarations are refused, whatever they would expand to.
 */
export async function* walkXml(chunks: AsyncIterable<Uint8Array>, maxDepth: number, visitor: XmlVisitor): AsyncGenerator<void> {
  const parser = new SaxesParser({ position: false, xmlns: false });
  let depth = 0;
  parser.on('doctype', (doctype) => {
    if (doctype.includes('<!ENTITY')) throw new ReadFailure('archive_bomb');
  });
  parser.on('opentag', ({ name, attributes }) => {
    depth++;
    if (depth > maxDepth) throw new ReadFailure('corrupt');
    visitor.open?.(localName(name), attributes);
  });
  parser.on('text', (text) => visitor.text?.(text));
  parser.on('cdata', (text) => visitor.text?.(text));
  parser.on('closetag', ({ name }) => {
    depth--;
    visitor.close?.(localName(name));
  });
  for await (const text of decodeText(new ByteQueue(chunks), 'utf-8')) {
    parser.write(text);
    yield;
  }
  parser.close();
}

/** Walks a whole part at once. */
export async function visitXml(chunks: AsyncIterable<Uint8Array>, maxDepth: number, visitor: XmlVisitor): Promise<void> {
  for await (const _ of walkXml(chunks, maxDepth, visitor));
}

/** The value of an attribute by its name without prefix; '' when it is not there. */
export function attribute(attributes: XmlAttributes, name: string): string {
  const exact = attributes[name];
  if (exact !== undefined) return exact;
  const key = Object.keys(attributes).find((key) => localName(key) === name);
  return key === undefined ? '' : (attributes[key] ?? '');
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
