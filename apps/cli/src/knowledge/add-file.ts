import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentId, KnowledgeBaseId } from '@privexbot/contract';
import { ApiError, type Client, uploadFile } from '@privexbot/sdk';
import type { Connection } from '../connect.ts';

type Document = Awaited<ReturnType<Client['knowledge']['document']>>;
type Place = Connection & { readonly knowledge: KnowledgeBaseId };

interface Added {
  /** For `--json`. */
  readonly document: {
    readonly file: string;
    readonly id?: DocumentId;
    readonly state: string;
    readonly passages?: number;
    readonly failure?: string;
  };
  readonly summary: string;
  /** Why it was not added, or could not be read. */
  readonly problem?: string;
}

const POLL_MS = 300;
/** A document that makes no progress for this long is given up on. */
const PATIENCE_MS = 120_000;

/** What each reason of a failed reading asks of the person. */
const ADVICE: Record<NonNullable<Document['failure']>, string> = {
  empty: 'the file is empty',
  no_text: 'there is no text in it; if it is a scan, add a version with text',
  encrypted: 'it is encrypted; add a copy without a password',
  corrupt: 'it is damaged; open and save it again, then add it again',
  archive_bomb: 'it unpacks to far more than its size and was not opened',
  too_large: 'it is too large; split it',
  wrong_type: 'its content is not what its name says; rename it',
  unsupported: 'files of this kind cannot be read; save it as PDF, text or an office file',
  timeout: 'reading took too long; split it',
  memory: 'reading took too much memory; split it',
  crashed: 'reading it failed; save it in another format',
  unreachable: 'the address cannot be read',
  private_address: 'the address is private',
};

/** Sends one file and, where asked to, waits until it is read. Never throws for what is wrong with this file alone. */
export async function addFile(place: Place, file: string, wait: boolean, onStage: (stage: string) => void): Promise<Added> {
  const { client, org, workspace, knowledge } = place;
  try {
    if (!(await stat(file)).isFile()) return refused(file, 'this is no file');
    const upload = await uploadFile(client, {
      org,
      file: await openAsBlob(file),
      name: basename(file),
      onProgress: ({ sentBytes, sizeBytes }) => onStage(`sending ${percent(sentBytes, sizeBytes)}`),
    });
    const added = await client.knowledge.add({ params: { org, workspace, knowledge }, body: { source: 'upload', upload } });
    return describe(file, wait ? await untilRead(place, added, onStage) : added);
  } catch (error) {
    if (error instanceof ApiError && error.code !== 'unreachable' && error.code !== 'not_signed_in') return refused(file, error.message);
    if (error instanceof Error && 'syscall' in error) return refused(file, error.message);
    throw error;
  }
}

/** A name that two of the files share: the second would replace the first. */
export function findTwins(files: readonly string[]): string | undefined {
  const names = files.map((file) => basename(file));
  return names.find((name, at) => names.indexOf(name) !== at);
}

async function untilRead(
  { client, org, workspace, knowledge }: Place,
  added: Document,
  onStage: (stage: string) => void,
): Promise<Document> {
  let document = added;
  let last = '';
  for (let since = Date.now(); !isSettled(document); ) {
    if (Date.now() - since > PATIENCE_MS) throw new ApiError('busy', `nothing has happened for two minutes (${stageOf(document)})`);
    await sleep(POLL_MS);
    document = await client.knowledge.document({ params: { org, workspace, knowledge, document: document.id } });
    const stage = stageOf(document);
    if (stage !== last) since = Date.now();
    last = stage;
    onStage(stage);
  }
  return document;
}

function isSettled({ state, passages, embedded }: Document): boolean {
  return state === 'failed' || state === 'cancelled' || (state === 'ready' && embedded >= passages);
}

function stageOf({ state, progress, passages, embedded }: Document): string {
  if (state === 'ready') return `${embedded} of ${passages} passages by meaning`;
  return progress ? `${state} ${progress.done} of ${progress.total} ${progress.unit}` : state;
}

function describe(file: string, { id, state, passages, failure }: Document): Added {
  const document = { file, id, state, passages, ...(failure ? { failure } : {}) };
  const summary = state === 'ready' ? `ready, ${passages} passages` : state;
  if (state === 'failed') return { document, summary, problem: failure ? ADVICE[failure] : 'reading it failed' };
  return state === 'cancelled' ? { document, summary, problem: 'reading it was cancelled' } : { document, summary };
}

function refused(file: string, problem: string): Added {
  return { document: { file, state: 'refused', failure: problem }, summary: 'refused', problem };
}

function percent(part: number, whole: number): string {
  return whole ? `${Math.floor((100 * part) / whole)} %` : '100 %';
}
