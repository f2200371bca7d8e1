import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { uploadFile } from './upload.ts';

const ORG = 'org_01jd0000000000000000000000' as never;
const ID = 'upl_01jd0000000000000000000000';
const PART_BYTES = 10;

/** A server that keeps parts and refuses each as often as it is told. */
function createServer({
  received = [] as number[],
  failures = {} as Record<number, { code: string; times: number; retry: boolean }>,
} = {}) {
  const parts = new Map<number, string>();
  const client = createClient(async (request) => {
    if (request.method !== 'PUT')
      return Response.json({ id: ID, name: 'a', sizeBytes: 35, partBytes: PART_BYTES, received, complete: false });
    const part = Number(new URL(request.url).pathname.split('/').at(-1));
    const failure = failures[part];
    if (failure && failure.times-- > 0) {
      const { code, retry } = failure;
      return Response.json({ error: { code, type: code, message: 'no', retry, reference: 'r' } }, { status: 503 });
    }
    parts.set(part, await request.text());
    return new Response(null, { status: 204 });
  });
  return { client, parts };
}

const file = new Blob(['0123456789', 'abcdefghij', 'ABCDEFGHIJ', 'tail!']);

test('every part is sent once, and progress ends with the whole', async () => {
  const { client, parts } = createServer();
  const progress: number[] = [];
  const id = await uploadFile(client, { org: ORG, file, name: 'a', onProgress: ({ sentBytes }) => progress.push(sentBytes) });
  expect(id).toBe(ID);
  expect([...parts].sort()).toEqual([
    [0, '0123456789'],
    [1, 'abcdefghij'],
    [2, 'ABCDEFGHIJ'],
    [3, 'tail!'],
  ]);
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(35);
});

test('an upload that was cut off sends what is missing', async () => {
  const { client, parts } = createServer({ received: [0, 2] });
  const progress: number[] = [];
  await uploadFile(client, { org: ORG, file, name: 'a', resume: ID as never, onProgress: ({ sentBytes }) => progress.push(sentBytes) });
  expect([...parts.keys()].sort()).toEqual([1, 3]);
  expect(progress[0]).toBe(20);
});

test('a part that failed for a passing reason is sent again', async () => {
  const { client, parts } = createServer({ failures: { 1: { code: 'unavailable', times: 1, retry: true } } });
  await uploadFile(client, { org: ORG, file, name: 'a' });
  expect(parts.size).toBe(4);
});

test('a refusal that stays ends the upload with its reason', async () => {
  const { client } = createServer({ failures: { 1: { code: 'storage_full', times: 9, retry: false } } });
  await expect(uploadFile(client, { org: ORG, file, name: 'a' })).rejects.toMatchObject({ code: 'storage_full' });
});

test('after a refusal nothing more is sent', async () => {
  const large = new Blob(['x'.repeat(400)]);
  const { client, parts } = createServer({ failures: { 0: { code: 'storage_full', times: 9, retry: false } } });
  await expect(uploadFile(client, { org: ORG, file: large, name: 'a' })).rejects.toMatchObject({ code: 'storage_full' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(parts.size).toBeLessThan(10);
});
