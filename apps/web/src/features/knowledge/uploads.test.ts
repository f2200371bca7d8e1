import type { KnowledgeBaseId, OrgId } from '@privexbot/contract';
import { LIMITS, makeId } from '@privexbot/contract';
import { ApiError, createClient, type Transport } from '@privexbot/sdk';
import { expect, test } from 'vitest';
import { createUploads, type Target } from './uploads.ts';

const id = <K extends Parameters<typeof makeId>[0]>(kind: K) => makeId(kind, 1, new Uint8Array(10));
const target: Target = { org: id('org') as OrgId, workspace: id('workspace'), knowledge: id('knowledgeBase') as KnowledgeBaseId };
const PART = 4;

/** A server that keeps parts; `refuse` may answer in its place. */
function serve(refuse: (method: string, path: string) => Response | undefined = () => undefined) {
  const parts = new Map<number, string>();
  const transport: Transport = async (request) => {
    const { pathname } = new URL(request.url);
    const refused = refuse(request.method, pathname);
    if (refused) return refused;
    if (pathname.endsWith('/uploads'))
      return Response.json({ id: id('upload'), sizeBytes: 10, partBytes: PART, received: [...parts.keys()], complete: false });
    if (request.method === 'PUT') {
      parts.set(Number(pathname.split('/').at(-1)), await request.text());
      return new Response(null, { status: 204 });
    }
    const document = {
      id: id('document'),
      name: 'a.txt',
      source: 'upload',
      version: 1,
      sizeBytes: 10,
      state: 'queued',
      passages: 0,
      embedded: 0,
      own: true,
    };
    return Response.json({ ...document, addedAt: new Date().toISOString(), unchanged: false });
  };
  return { parts, transport };
}

function setUp(transport: Transport) {
  const uploads = createUploads({
    api: async () => createClient(transport),
    toFailure: (error) => (error instanceof ApiError ? error : { code: 'internal', reference: '', retry: true, details: {} }),
    onAdded: () => undefined,
  });
  const settled = () =>
    new Promise<string[]>((resolve) => {
      const check = () => {
        const states = uploads.items().map((item) => item.state);
        if (states.every((state) => state !== 'waiting' && state !== 'sending')) resolve(states);
      };
      uploads.subscribe(check);
      check();
    });
  return { uploads, settled };
}

test('several files arrive whole, in parts', async () => {
  const { parts, transport } = serve();
  const { uploads, settled } = setUp(transport);
  uploads.add(target, [new File(['0123456789'], 'a.txt'), new File(['0123456789'], 'b.txt'), new File(['0123456789'], 'c.txt')]);
  expect(await settled()).toEqual(['added', 'added', 'added']);
  expect([...parts.entries()].sort().map(([, text]) => text)).toEqual(['0123', '4567', '89']);
});

test('a file above the limit is refused before a byte is sent, and the others go on', async () => {
  const { uploads, settled } = setUp(serve().transport);
  const large = new File([], 'large.pdf');
  Object.defineProperty(large, 'size', { value: LIMITS.documentBytes + 1 });
  uploads.add(target, [large, new File(['0123456789'], 'a.txt')]);
  expect(await settled()).toEqual(['failed', 'added']);
  expect(uploads.items()[0]?.failure?.code).toBe('too_large');
});

test('a refused file says why, and goes through when it is tried again', async () => {
  let open = false;
  const body = { error: { code: 'not_allowed', type: 'x', message: 'x', retry: false, reference: 'r1' } };
  const { transport } = serve((method, path) =>
    !open && method === 'POST' && path.endsWith('/documents') ? Response.json(body, { status: 403 }) : undefined,
  );
  const { uploads, settled } = setUp(transport);
  uploads.add(target, [new File(['0123456789'], 'a.txt')]);
  expect(await settled()).toEqual(['failed']);
  expect(uploads.items()[0]?.failure).toMatchObject({ code: 'not_allowed', reference: 'r1' });
  open = true;
  uploads.retry(uploads.items()[0]?.key ?? '');
  expect(await settled()).toEqual(['added']);
});

test('a cancelled file stops and can be taken off the list', async () => {
  const { uploads, settled } = setUp(
    ({ signal }) =>
      new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  uploads.add(target, [new File(['0123456789'], 'a.txt')]);
  await Promise.resolve();
  uploads.cancel(uploads.items()[0]?.key ?? '');
  expect(await settled()).toEqual(['cancelled']);
  uploads.clear();
  expect(uploads.items()).toEqual([]);
});
