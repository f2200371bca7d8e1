import type { OrgId, UploadId } from '@privexbot/contract';
import { ApiError } from './api-error.ts';
import type { Client } from './client.ts';

export interface UploadProgress {
  sentBytes: number;
  sizeBytes: number;
}

interface UploadFile {
  org: OrgId;
  file: Blob;
  name: string;
  purpose?: 'document' | 'model';
  /** Continues an upload that was cut off. */
  resume?: UploadId;
  signal?: AbortSignal;
  onStart?(upload: UploadId): void;
  onProgress?(progress: UploadProgress): void;
}

const ATTEMPTS = 4;

/** Sends a file in parts, four at a time, repeating parts that failed for a passing reason. The upload is complete when this returns. */
export async function uploadFile(client: Client, input: UploadFile): Promise<UploadId> {
  const { org, file } = input;
  const options = input.signal ? { signal: input.signal } : {};
  const upload = input.resume
    ? await client.uploads.get({ params: { org, upload: input.resume } }, options)
    : await client.uploads.start(
        {
          params: { org },
          body: {
            name: input.name,
            sizeBytes: file.size,
            purpose: input.purpose ?? 'document',
            ...(file.type ? { mediaType: file.type } : {}),
          },
        },
        options,
      );
  input.onStart?.(upload.id);
  const count = Math.ceil(file.size / upload.partBytes);
  const received = new Set(upload.received);
  const missing = Array.from({ length: count }, (_, part) => part).filter((part) => !received.has(part));
  let sentBytes = file.size - missing.reduce((sum, part) => sum + partSize(part), 0);
  input.onProgress?.({ sentBytes, sizeBytes: file.size });

  async function sendParts(): Promise<void> {
    for (let part = missing.shift(); part !== undefined; part = missing.shift()) {
      const body = file.slice(part * upload.partBytes, (part + 1) * upload.partBytes);
      await repeat(() => client.uploads.putPart({ params: { org, upload: upload.id, part }, body }, options));
      sentBytes += partSize(part);
      input.onProgress?.({ sentBytes, sizeBytes: file.size });
    }
  }
  function partSize(part: number): number {
    return Math.min(upload.partBytes, file.size - part * upload.partBytes);
  }
  try {
    await Promise.all(Array.from({ length: 4 }, sendParts));
  } finally {
    missing.length = 0; // what failed stops the other senders too
  }
  return upload.id;
}

async function repeat(send: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await send();
      return;
    } catch (error) {
      // What became of a part that was received before is not known, and to send it once more changes nothing.
      const isPassing = error instanceof ApiError && (error.retry || error.code === 'already_received');
      if (!isPassing || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  }
}
