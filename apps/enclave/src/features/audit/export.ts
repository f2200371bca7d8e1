import { createHash, type KeyObject, sign } from 'node:crypto';
import { AUDIT_EXPORT_FORMAT, type AuditLine, auditEndText, auditKeyText } from '@privexbot/contract';
import type * as z from 'zod';
import type { Context } from '../../context.ts';
import { entrySalt } from '../../db/audit-chain.ts';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import { cefLine } from './cef.ts';
import { type Entry, type Filter, matches, openEntry } from './entries.ts';
import { namesOf } from './names.ts';
import { listChains, listCheckpoints } from './store.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'now'>;
type Line = z.input<typeof AuditLine>;

const CHUNK = 1_000;
const encoder = new TextEncoder();
const FORMATS = {
  jsonl: { type: 'application/x-ndjson', lines: jsonLines },
  cef: { type: 'text/plain; charset=utf-8', lines: cefLines },
} as const;

/** The log as a file, streamed: as many rows in memory as one page has. */
export function exportAudit(ports: Ports, scope: OrgScope, { format, ...filter }: Filter & { format: keyof typeof FORMATS }): Response {
  const { type, lines } = FORMATS[format];
  const day = ports.now().toISOString().slice(0, 10);
  return new Response(toStream(lines(ports, scope, filter), scope), {
    headers: { 'content-type': type, 'content-disposition': `attachment; filename="audit-${day}.${format}"` },
  });
}

/** Entries chain by chain; what is dropped by age meanwhile ends the export, since nobody could check it. */
async function* chainEntries(
  { db }: Ports,
  { transaction, signal }: OrgScope,
): AsyncGenerator<{ entries: Entry[]; names: (id: string) => string | undefined }> {
  const dropped = await transaction((tx) => db.chains.findDropped(tx.sql, tx.realm));
  let after = { writer: '', sequence: 0 };
  for (;;) {
    signal.throwIfAborted();
    const entries = await transaction(async (tx) => {
      const key = await db.key(tx);
      const now = await db.chains.findDropped(tx.sql, tx.realm);
      if (now?.entries !== dropped?.entries) throw new AppError('conflict');
      return (await listChains(tx, after, CHUNK)).map((row) => openEntry(key, row));
    });
    const last = entries.at(-1);
    if (!last) return;
    after = last;
    yield { entries, names: await namesOf(db, transaction, entries) };
  }
}

async function* jsonLines(ports: Ports, scope: OrgScope, filter: Filter): AsyncGenerator<string> {
  const { db, keyring, now } = ports;
  const isComplete = Object.values(filter).every((value) => value === undefined);
  let digest: Uint8Array = new Uint8Array(32);
  const write = (line: Line): string => {
    const text = `${JSON.stringify(line)}\n`;
    digest = createHash('sha256').update(digest).update(text).digest();
    return text;
  };
  // So that there is a checkpoint over everything that was there when it was asked for.
  await db.checkpoint();
  const key = toText(keyring.publicKey('audit'));
  yield write({
    type: 'header',
    format: AUDIT_EXPORT_FORMAT,
    organization: scope.org,
    exportedAt: now().toISOString(),
    complete: isComplete,
    identity: toText(keyring.publicKey('identity')),
    key,
    keySignature: signText(keyring.signingKey('identity'), auditKeyText(key)),
  });
  if (isComplete)
    for await (const { id, at, chains, signature } of checkpoints(scope))
      yield write({ type: 'checkpoint', id, at: at.toISOString(), chains, signature: toText(signature) });
  const saltKey = keyring.mac('audit salt');
  let count = 0;
  for await (const { entries, names } of chainEntries(ports, scope)) {
    let text = '';
    for (const entry of entries) {
      if (!matches(entry, filter)) continue;
      count++;
      const { writer, sequence, at, record } = entry;
      const { action, actor, target, facts = {} } = record;
      const name = names(actor);
      text += write({
        type: 'entry',
        writer,
        sequence,
        at: at.toISOString(),
        action,
        actor,
        ...(name === undefined ? {} : { name }),
        ...(target === undefined ? {} : { target }),
        facts,
        ...(isComplete ? { salt: toText(entrySalt(saltKey, entry)) } : {}),
      });
    }
    if (text) yield text;
  }
  const sha256 = Buffer.from(digest).toString('hex');
  yield `${JSON.stringify({ type: 'end', entries: count, sha256, signature: signText(keyring.signingKey('audit'), auditEndText(sha256)) } satisfies Line)}\n`;
}

async function* cefLines(ports: Ports, scope: OrgScope, filter: Filter): AsyncGenerator<string> {
  for await (const { entries, names } of chainEntries(ports, scope)) {
    const chosen = entries.filter((entry) => matches(entry, filter));
    if (chosen.length > 0) yield chosen.map((entry) => `${cefLine(scope.org, entry, names(entry.record.actor))}\n`).join('');
  }
}

async function* checkpoints({ transaction }: OrgScope) {
  for (let after = ''; ; ) {
    const rows = await transaction((tx) => listCheckpoints(tx, after, CHUNK));
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
  }
}

function toStream(lines: AsyncGenerator<string>, scope: OrgScope): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await lines.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      } catch (error) {
        // A file that was cut has no last line, by which its reader knows.
        controller.error(await scope.fail(error));
      }
    },
    cancel: async () => void (await lines.return(undefined)),
  });
}

function signText(key: KeyObject, text: string): string {
  return sign(null, encoder.encode(text), key).toString('base64url');
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
