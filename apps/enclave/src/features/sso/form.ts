import { AppError } from '../../errors.ts';

/** The fields of a form that another site's page sent, as far as they are text. @throws AppError `bad_request`, `too_large` */
export async function readForm(request: Request, maxBytes: number): Promise<Record<string, string>> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new AppError('bad_request', { problem: 'a form is expected' });
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new AppError('too_large', { limit: `${maxBytes / 1024} KiB` });
    chunks.push(chunk);
  }
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
}
