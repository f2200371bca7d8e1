import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { ReadFailure } from '../failures.ts';
import { normaliseText } from '../normalise.ts';
import type { FormatEvent, Source, TextBlock } from './format.ts';
import { createHtmlBlocks } from './html-blocks.ts';
import { paragraphsOf } from './plain.ts';

const MAX_ATTACHMENTS = 100;
const MAX_NESTED_PARTS = 64;
/** Headings of an attachment stand below those of the mail: its subject, and the attachment's name. */
const HEADINGS_ABOVE = 2;
const LOWEST_HEADING = 6;
/** RFC 1847 §2.2 and RFC 8551 §3.3: the whole message is encrypted. */
const ENCRYPTED_TYPE = /^\s*(?:multipart\/encrypted|application\/(?:x-)?pkcs7-mime(?!.*signed-data))/i;
const ENCRYPTED_BODY = /^\s*-----BEGIN PGP MESSAGE-----/;

/** E-mail: its header, its best body, and each attachment of a known format. What is attached and cannot be read is named. */
export async function* readEml(source: Source): AsyncGenerator<FormatEvent> {
  const email = await parse(source);
  const type = email.headers.find(({ key }) => key === 'content-type')?.value ?? '';
  if (ENCRYPTED_TYPE.test(type) || ENCRYPTED_BODY.test(email.text ?? '')) throw new ReadFailure('encrypted');
  if (email.subject) {
    yield { type: 'about', title: email.subject };
    yield { type: 'text', text: email.subject, heading: 1 };
  }
  yield* headerLines(email);
  yield* bestBody(email);
  for (const attachment of email.attachments.slice(0, MAX_ATTACHMENTS)) yield* readAttachment(attachment, source);
}

async function parse(source: Source): Promise<Email> {
  const limits = { maxNestingDepth: MAX_NESTED_PARTS, maxRfc822NestingDepth: 2 };
  const email = await PostalMime.parse(await source.all(), limits);
  if (email.headers.length === 0) throw new ReadFailure('wrong_type');
  return email;
}

function* headerLines({ from, to, cc, date }: Email): Generator<TextBlock> {
  const lines = [
    ['From', from ? [from] : []],
    ['To', to ?? []],
    ['Cc', cc ?? []],
  ] as const;
  for (const [name, addresses] of lines)
    if (addresses.length > 0) yield { type: 'text', text: `${name}: ${addresses.map(toText).join(', ')}`, join: 'line' };
  if (date) yield { type: 'text', text: `Date: ${date}`, join: 'line' };
}

function toText(address: Address): string {
  if (address.group) return `${address.name}: ${address.group.map(toText).join(', ')}`;
  return address.name ? `${address.name} <${address.address}>` : address.address;
}

/** The plain body, unless it is a stub beside the HTML one. */
function* bestBody({ text = '', html = '' }: Email): Generator<TextBlock> {
  const blocks = createHtmlBlocks();
  blocks.write(html);
  blocks.end();
  const rich = blocks.take();
  const richLength = rich.reduce((sum, block) => sum + block.text.length, 0);
  if (text.trim().length * 2 < richLength) yield* rich;
  else yield* paragraphsOf({ text: normaliseText(text), continues: false, isOpen: false });
}

async function* readAttachment({ filename, mimeType, content, related }: Attachment, source: Source): AsyncGenerator<FormatEvent> {
  if (related && mimeType.startsWith('image/')) return;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
  const name = filename ?? '';
  yield { type: 'text', text: `Attachment: ${name || mimeType}`, heading: HEADINGS_ABOVE };
  try {
    for await (const event of source.readNested({ name, mediaType: mimeType, bytes })) {
      if (event.type !== 'text') continue;
      const { page: _, heading, ...block } = event;
      yield heading === undefined ? block : { ...block, heading: Math.min(heading + HEADINGS_ABOVE, LOWEST_HEADING) };
    }
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error;
    yield { type: 'text', text: '(not read)', join: 'line' };
  }
}
