import { SaxesParser } from 'saxes';

export const NAMESPACES = {
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  encryption: 'http://www.w3.org/2001/04/xmlenc#',
  canonicalization: 'http://www.w3.org/2001/10/xml-exc-c14n#',
} as const;
export type Namespace = keyof typeof NAMESPACES;

export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** By name; those of a namespace as `{namespace}name`. SAML and XML signatures use only such without. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly parent: XmlElement | undefined;
  /** All text directly inside. */
  readonly text: string;
}

/** Not XML, or not of the kind that directories send. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** Of the attributes that declare namespaces. */
const DECLARATIONS = 'http://www.w3.org/2000/xmlns/';
const MAX_DEPTH = 40;
const MAX_ELEMENTS = 20_000;

type Growing = { -readonly [K in keyof XmlElement]: XmlElement[K] } & { children: XmlElement[]; attributes: Map<string, string> };

/**
 * Reads well-formed XML with namespaces into a tree. Document types, processing instructions, comments and CDATA are refused: readers
 * differ about them, and what one reader checks another must not understand otherwise.
 * @throws XmlError
 */
export function readXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false });
  let root: Growing | undefined;
  let open: Growing | undefined;
  let depth = 0;
  let elements = 0;
  const refuse = (what: string) => () => {
    throw new XmlError(`${what} is not taken`);
  };
  parser.on('error', (error) => {
    throw new XmlError('the text is no well-formed XML', { cause: error });
  });
  parser.on('doctype', refuse('a document type'));
  parser.on('processinginstruction', refuse('a processing instruction'));
  parser.on('comment', refuse('a comment'));
  parser.on('cdata', refuse('a CDATA section'));
  parser.on('xmldecl', ({ encoding, version }) => {
    if (version !== '1.0' || (encoding && !/^utf-8$/i.test(encoding))) throw new XmlError('only XML 1.0 in UTF-8 is taken');
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    if (++depth > MAX_DEPTH || ++elements > MAX_ELEMENTS) throw new XmlError('there is too much of it');
    const element: Growing = {
      namespace: uri,
      name: local,
      attributes: new Map(
        Object.values(attributes).flatMap(({ uri, local, value }) =>
          uri === DECLARATIONS ? [] : [[uri ? `{${uri}}${local}` : local, value] as const],
        ),
      ),
      children: [],
      parent: open,
      text: '',
    };
    open?.children.push(element);
    root ??= element;
    open = element;
  });
  parser.on('text', (text) => {
    if (open) open.text += text;
  });
  parser.on('closetag', () => {
    depth--;
    open = open?.parent as Growing | undefined;
  });
  try {
    parser.write(text).close();
  } catch (error) {
    throw error instanceof XmlError ? error : new XmlError('the text is no well-formed XML', { cause: error });
  }
  if (!root) throw new XmlError('there is no element');
  return root;
}

export function is(element: XmlElement | undefined, namespace: Namespace, name: string): element is XmlElement {
  return element?.namespace === NAMESPACES[namespace] && element.name === name;
}

/** Children of that name, and no deeper ones. */
export function childrenOf(element: XmlElement, namespace: Namespace, name: string): XmlElement[] {
  return element.children.filter((child) => is(child, namespace, name));
}

/** The child of that name. @throws XmlError where there are several */
export function childOf(element: XmlElement | undefined, namespace: Namespace, name: string): XmlElement | undefined {
  const [first, ...others] = element ? childrenOf(element, namespace, name) : [];
  if (others.length) throw new XmlError(`there is more than one ${name}`);
  return first;
}

/** An element and all below it, in document order. */
export function* walk(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* walk(child);
}

/** Text of an element that holds nothing but text; white space around it is layout. @throws XmlError where it holds elements */
export function textOf(element: XmlElement | undefined): string | undefined {
  if (element?.children.length) throw new XmlError(`${element.name} must hold text only`);
  return element?.text.trim();
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
