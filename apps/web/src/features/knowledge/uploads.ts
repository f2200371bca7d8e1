/** Files on their way to the server. The queue lives above the screens, so that leaving one does not stop it. */
import type { KnowledgeBaseId, OrgId, UploadId } from '@privexbot/contract';
import { LIMITS } from '@privexbot/contract';
import { type Client, uploadFile } from '@privexbot/sdk';
import type { Failure } from '@privexbot/ui/failure.ts';
import { recall, remember } from '@privexbot/ui/remember.ts';

export interface Target {
  org: OrgId;
  workspace: string;
  knowledge: KnowledgeBaseId;
}

export interface UploadItem {
  readonly key: string;
  readonly target: Target;
  readonly file: File;
  readonly state: 'waiting' | 'sending' | 'added' | 'unchanged' | 'failed' | 'cancelled';
  readonly sentBytes: number;
  readonly failure?: Failure;
}

export interface UploadPorts {
  api: () => Promise<Client>;
  toFailure: (error: unknown) => Failure;
  /** A document was added: what shows documents should ask again. */
  onAdded: (target: Target) => void;
}

const AT_ONCE = 2;

export type Uploads = ReturnType<typeof createUploads>;

export function createUploads({ api, toFailure, onAdded }: UploadPorts) {
  let items: readonly UploadItem[] = [];
  let lastKey = 0;
  const listeners = new Set<() => void>();
  const aborts = new Map<string, AbortController>();

  function change(key: string, part: Partial<UploadItem>): void {
    items = items.map((item) => (item.key === key ? { ...item, ...part } : item));
    for (const listener of listeners) listener();
  }

  function add(target: Target, files: Iterable<File>): void {
    for (const file of files) {
      const item: UploadItem = { key: `upload-${++lastKey}`, target, file, state: 'waiting', sentBytes: 0 };
      items = [...items, checked(item)];
    }
    for (const listener of listeners) listener();
    startNext();
  }

  /** Refused here, before a byte is sent. */
  function checked(item: UploadItem): UploadItem {
    if (item.file.size <= LIMITS.documentBytes) return item;
    const limit = `${LIMITS.documentBytes / 1024 ** 2} MiB`;
    return { ...item, state: 'failed', failure: { code: 'too_large', retry: false, reference: '', details: { limit } } };
  }

  function startNext(): void {
    const sending = items.filter((item) => item.state === 'sending').length;
    for (const item of items.filter((each) => each.state === 'waiting').slice(0, AT_ONCE - sending)) void send(item);
  }

  async function send({ key, file, target }: UploadItem): Promise<void> {
    const abort = new AbortController();
    aborts.set(key, abort);
    change(key, { state: 'sending' });
    try {
      const client = await api();
      const memory = `upload:${target.org}:${await fingerprint(file)}`;
      const upload = await sendParts(client, memory, target.org, file, abort.signal, (sentBytes) => change(key, { sentBytes }));
      const { unchanged } = await client.knowledge.add({ params: target, body: { source: 'upload', upload } });
      remember(memory, '');
      change(key, { state: unchanged ? 'unchanged' : 'added', sentBytes: file.size });
      onAdded(target);
    } catch (error) {
      change(key, abort.signal.aborted ? { state: 'cancelled' } : { state: 'failed', failure: toFailure(error) });
    } finally {
      aborts.delete(key);
      startNext();
    }
  }

  return {
    items: () => items,
    add,
    cancel(key: string): void {
      aborts.get(key)?.abort();
      if (items.some((item) => item.key === key && item.state === 'waiting')) change(key, { state: 'cancelled' });
    },
    retry(key: string): void {
      const item = items.find((candidate) => candidate.key === key);
      if (item) change(key, { ...checked({ ...item, state: 'waiting' }) });
      startNext();
    },
    /** Takes finished and given-up files off the list. */
    clear(): void {
      items = items.filter((item) => item.state === 'waiting' || item.state === 'sending');
      for (const listener of listeners) listener();
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Sends a file, continuing where an earlier attempt with the same file broke off, also after a reload. */
async function sendParts(
  client: Client,
  memory: string,
  org: OrgId,
  file: File,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<UploadId> {
  const known = recall(memory) as UploadId | undefined;
  const send = (resume?: UploadId) =>
    uploadFile(client, {
      org,
      file,
      name: file.name,
      signal,
      onStart: (id) => remember(memory, id),
      onProgress: ({ sentBytes }) => onSent(sentBytes),
      ...(resume ? { resume } : {}),
    });
  if (!known) return send();
  return send(known).catch((error: unknown) => (signal.aborted ? Promise.reject(error) : send()));
}

/** Tells files apart by name, size, time and their first and last 64 KiB, without keeping any of it readable. */
async function fingerprint(file: File): Promise<string> {
  const edge = 64 * 1024;
  const bytes = await new Blob([`${file.name}|${file.size}|${file.lastModified}|`, file.slice(0, edge), file.slice(-edge)]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
