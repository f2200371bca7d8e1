import {
  AuditLine,
  auditCheckpointText,
  auditEndText,
  auditEntryText,
  auditKeyText,
  CheckpointChains,
  type ExportedEntry,
} from '@privexbot/contract';
import type * as z from 'zod';

/** What an exported audit log was found to be. */
export interface AuditExportReport {
  readonly organization: string;
  readonly exportedAt: string;
  /** The environment's identity that vouches for it, base64url. That it is the one meant follows from comparing. */
  readonly identity: string;
  /** Whether it holds all there is. A part is signed as a whole, but nobody can see what was left out. */
  readonly complete: boolean;
  readonly entries: number;
  readonly writers: number;
  readonly checkpoints: number;
  /** Entries after the last checkpoint of their chain: the signature of the whole alone vouches for them. */
  readonly uncovered: number;
  /** What was dropped because the organization keeps its log for so long only. */
  readonly dropped?: { readonly entries: number; readonly before: string };
}

/** The file is no audit log, was changed or cut, or is not of the environment that was named. */
export class AuditExportError extends Error {
  override readonly name = 'AuditExportError';
  readonly code: 'malformed' | 'identity' | 'signature' | 'chain';

  constructor(code: AuditExportError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

type Line = z.output<typeof AuditLine>;
type Header = Extract<Line, { type: 'header' }>;
/** By writer: links that checkpoints state, by number. */
type Expected = Map<string, Map<number, string>>;

const MAX_LINE_LENGTH = 16 * 1024 * 1024;
const NOTHING = new Uint8Array(32);
const encoder = new TextEncoder();

/**
 * Checks an exported audit log (JSON Lines) without asking anybody: that it is whole and signed by the environment, and where it is
 * complete, that its entries are those that the signed checkpoints state, none changed, moved, inserted or left out.
 * @param identity the environment's identity as it is known otherwise: a raw Ed25519 public key, base64url
 * @throws AuditExportError
 */
export async function verifyAuditExport(bytes: AsyncIterable<Uint8Array>, identity?: string): Promise<AuditExportReport> {
  let header: Header | undefined;
  let checks: Checks | undefined;
  let digest: Uint8Array<ArrayBuffer> = NOTHING;
  for await (const text of linesOf(bytes)) {
    const line = parseLine(text);
    if (checks?.end) throw new AuditExportError('malformed', 'There is something after the end of the log.');
    if (line.type === 'header') {
      if (header) throw new AuditExportError('malformed', 'The log begins twice.');
      header = line;
      await requireHeader(header, identity);
      checks = new Checks(header);
    } else {
      if (!checks) throw new AuditExportError('malformed', 'This is not an audit log of PrivexBot: it does not begin like one.');
      if (line.type === 'end') await checks.finish(line, digest);
      else if (line.type === 'checkpoint') await checks.addCheckpoint(line);
      else await checks.addEntry(line);
    }
    digest = await sha256(digest, encoder.encode(`${text}\n`));
  }
  if (!checks?.end) throw new AuditExportError('malformed', 'The end of the log is missing: the file was cut.');
  return checks.report();
}

class Checks {
  end: Extract<Line, { type: 'end' }> | undefined;
  readonly #header: Header;
  readonly #expected: Expected = new Map();
  readonly #begins = new Map<string, { sequence: number; link: string | undefined }>();
  readonly #covered = new Map<string, number>();
  readonly #last = new Map<string, { sequence: number; link: Uint8Array<ArrayBuffer> }>();
  #checkpoints: { previous: string; digest: string }[] = [];
  #dropped: CheckpointChains['dropped'];
  #entries = 0;
  #areCheckpointsChecked = false;

  constructor(header: Header) {
    this.#header = header;
  }

  async addCheckpoint(line: Extract<Line, { type: 'checkpoint' }>): Promise<void> {
    if (this.#areCheckpointsChecked) throw new AuditExportError('malformed', 'Checkpoints stand before entries.');
    if (!(await isSignedBy(this.#header.key, line.signature, auditCheckpointText(this.#header.organization, line))))
      throw new AuditExportError('signature', `The signature of checkpoint ${line.id} does not fit.`);
    const chains = CheckpointChains.parse(JSON.parse(line.chains));
    this.#checkpoints.push({ previous: chains.previous, digest: hex(await sha256(fromBase64Url(line.signature))) });
    if (chains.dropped) this.#dropped = chains.dropped;
    for (const [writer, sequence, , link] of chains.ends) {
      this.#covered.set(writer, Math.max(sequence, this.#covered.get(writer) ?? 0));
      if (link !== undefined) this.#expected.set(writer, (this.#expected.get(writer) ?? new Map<number, string>()).set(sequence, link));
    }
  }

  async addEntry(entry: ExportedEntry): Promise<void> {
    this.#checkCheckpoints();
    this.#entries++;
    if (!this.#header.complete) return void this.#last.set(entry.writer, { sequence: entry.sequence, link: NOTHING });
    const { writer, sequence, salt } = entry;
    const begin = this.#begins.get(writer);
    const last = this.#last.get(writer) ?? { sequence: begin?.sequence ?? 0, link: begin?.link ? fromHex(begin.link) : NOTHING };
    if (sequence !== last.sequence + 1) throw new AuditExportError('chain', `Entry ${last.sequence + 1} of ${writer} is missing.`);
    if (salt === undefined) throw new AuditExportError('malformed', `Entry ${sequence} of ${writer} has no salt.`);
    const text = encoder.encode(auditEntryText(this.#header.organization, entry));
    const link = await sha256(last.link, fromBase64Url(salt), text);
    const stated = this.#expected.get(writer)?.get(sequence);
    if (stated !== undefined && stated !== hex(link))
      throw new AuditExportError('chain', `Entry ${sequence} of ${writer}, or one before it, is not the one that was signed.`);
    this.#expected.get(writer)?.delete(sequence);
    this.#last.set(writer, { sequence, link });
  }

  async finish(end: Extract<Line, { type: 'end' }>, digest: Uint8Array): Promise<void> {
    this.#checkCheckpoints();
    this.end = end;
    if (end.sha256 !== hex(digest) || !(await isSignedBy(this.#header.key, end.signature, auditEndText(end.sha256))))
      throw new AuditExportError('signature', 'The signature of the whole does not fit: something in the file was changed.');
    if (end.entries !== this.#entries) throw new AuditExportError('malformed', 'The number of entries is not the one that was signed.');
    if (!this.#header.complete) return;
    for (const [writer, ends] of this.#expected)
      for (const sequence of ends.keys())
        if (sequence > (this.#begins.get(writer)?.sequence ?? 0))
          throw new AuditExportError('chain', `Entry ${sequence} of ${writer} is missing.`);
  }

  report(): AuditExportReport {
    const { organization, exportedAt, identity, complete } = this.#header;
    const uncovered = [...this.#last].map(([writer, { sequence }]) => Math.max(0, sequence - (this.#covered.get(writer) ?? 0)));
    return {
      organization,
      exportedAt,
      identity,
      complete,
      entries: this.#entries,
      writers: this.#last.size,
      checkpoints: this.#checkpoints.length,
      uncovered: complete ? uncovered.reduce((sum, count) => sum + count, 0) : this.#entries,
      ...(this.#dropped ? { dropped: { entries: this.#dropped.entries, before: this.#dropped.before } } : {}),
    };
  }

  /** Once all are known: each names the one before, the first one what was dropped. */
  #checkCheckpoints(): void {
    if (this.#areCheckpointsChecked) return;
    this.#areCheckpointsChecked = true;
    let previous = this.#dropped?.checkpoint?.digest ?? '';
    for (const checkpoint of this.#checkpoints) {
      if (checkpoint.previous !== previous) throw new AuditExportError('chain', 'A checkpoint is missing.');
      previous = checkpoint.digest;
    }
    for (const [writer, sequence, , link] of this.#dropped?.ends ?? []) this.#begins.set(writer, { sequence, link });
  }
}

async function requireHeader({ identity, key, keySignature }: Header, known: string | undefined): Promise<void> {
  if (known !== undefined && identity !== known)
    throw new AuditExportError('identity', 'The log is of another environment than the one you named.');
  if (!(await isSignedBy(identity, keySignature, auditKeyText(key))))
    throw new AuditExportError('signature', 'The environment did not vouch for the key that signs this log.');
}

function parseLine(text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = AuditLine.safeParse(value);
  if (!parsed.success) throw new AuditExportError('malformed', 'This is not an audit log of PrivexBot, or it was changed.');
  return parsed.data;
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw new AuditExportError('malformed', 'A line is longer than any of an audit log.');
    yield* lines;
  }
  rest += decoder.decode();
  if (rest) yield rest;
}

async function isSignedBy(key: string, signature: string, text: string): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('raw', fromBase64Url(key), 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', imported, fromBase64Url(signature), encoder.encode(text));
  } catch {
    return false;
  }
}

async function sha256(...parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
