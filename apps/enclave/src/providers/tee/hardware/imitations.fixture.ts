/** Imitations of the interfaces through which hardware gives evidence; what they give is made up in the real formats. */

import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { anchorsFromPem, type Evidence, type Verification, verifyEvidence } from '@privexbot/attestation';
import { toPem } from '@privexbot/attestation/simulation';
import { createLog } from '../../../log.ts';
import type { Configfs, TsmDriver, TsmReport } from './configfs-tsm.ts';

export const BASE = { log: createLog('silent'), now: () => new Date() };
export const MANIFEST = new TextEncoder().encode('{"v":1}');
export const REPORT_DATA = new Uint8Array(64).fill(7);
export const register = (fill: number) => new Uint8Array(48).fill(fill);

export const makeFolder = () => mkdtemp(join(tmpdir(), 'privexbot-tee-'));

/** What a client says of evidence that is to bind `REPORT_DATA`, with one root. */
export async function judge(evidence: Evidence, root: Uint8Array): Promise<{ verdict: Verification['verdict']; failed: string[] }> {
  const anchors = anchorsFromPem(toPem(root));
  const { verdict, checks } = await verifyEvidence(evidence, { at: Date.now(), anchors, expectedReportData: REPORT_DATA });
  return { verdict, failed: checks.filter(({ status }) => status === 'failed' || status === 'unknown').map(({ id }) => id) };
}

/** What evidence binds, in hexadecimal. */
export async function boundBy(evidence: Evidence): Promise<string | undefined> {
  return (await verifyEvidence(evidence, { at: Date.now(), anchors: [] })).claims?.reportData;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

interface Entry {
  inblob?: Uint8Array;
  generation: number;
  report?: TsmReport;
}

/** configfs-tsm as the kernel has it: attributes come with the folder, each write counts, the report is made when it is read. */
export class ImitatedConfigfs implements Configfs {
  readonly entries = new Map<string, Entry>();
  made = 0;
  /** Called before each read, to interfere. */
  onRead: (name: string, entry: Entry) => void = () => undefined;
  readonly #driver: TsmDriver;
  readonly #make: (inblob: Uint8Array) => Promise<TsmReport>;

  constructor(driver: TsmDriver, make: (inblob: Uint8Array) => Promise<TsmReport>) {
    this.#driver = driver;
    this.#make = make;
  }

  async mkdir(path: string): Promise<void> {
    if (this.entries.has(path)) throw systemError('EEXIST');
    this.made++;
    this.entries.set(path, { generation: 0 });
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const entry = this.#entryOf(path);
    if (basename(path) !== 'inblob') throw systemError('EACCES');
    if (bytes.length > 64) throw systemError('EINVAL');
    Object.assign(entry, { inblob: bytes.slice(), generation: entry.generation + 1 });
  }

  async read(path: string): Promise<Uint8Array> {
    const entry = this.#entryOf(path);
    const name = basename(path);
    this.onRead(name, entry);
    if (name === 'provider') return new TextEncoder().encode(`${this.#driver}\n`);
    if (name === 'generation') return new TextEncoder().encode(`${entry.generation}\n`);
    if (!entry.inblob) throw systemError('EINVAL');
    const report = await this.#make(entry.inblob);
    if (name === 'outblob') return report.report;
    if (name === 'auxblob' && this.#driver === 'sev_guest') return report.auxiliary;
    throw systemError('ENOENT');
  }

  async rmdir(path: string): Promise<void> {
    if (!this.entries.delete(path)) throw systemError('ENOENT');
  }

  #entryOf(path: string): Entry {
    const entry = this.entries.get(dirname(path));
    if (!entry) throw systemError('ENOENT');
    return entry;
  }
}

export type Answer = (input: Record<string, unknown>) => unknown;

/** A guest agent on a Unix socket; an answer that is text is sent as it is. */
export async function openGuestAgent(socketPath: string, methods: Record<string, Answer>): Promise<Server & AsyncDisposable> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = methods[request.url?.slice(1) ?? ''];
    if (!answer || request.method !== 'POST') return response.writeHead(400).end('{"error":"unknown"}');
    const result = await answer(JSON.parse(Buffer.concat(chunks).toString()));
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(typeof result === 'string' ? result : JSON.stringify(result));
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return server;
}
