import type { Session } from '@privexbot/secure-channel/server';
import { expect, test } from 'vitest';
import { type DeviceJwk, deviceKeyFromJwk, deviceKeyOf, generateDeviceJwk, generateDeviceKey } from './device.ts';
import { openEnclave } from './enclave.ts';
import { openSimulatedEnclave } from './simulated-enclave.fixture.ts';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const LABEL = new TextEncoder().encode('privexbot device 1');

/** What a server does with a proof. */
async function isProof(request: Request, session: Session): Promise<boolean> {
  const { key, signature } = (await request.json()) as { key: DeviceJwk; signature: string };
  expect(Object.keys(key)).toEqual(['kty', 'crv', 'x', 'y']);
  const signed = Buffer.concat([LABEL, session.export('privexbot device', 32)]);
  const publicKey = await crypto.subtle.importKey('jwk', { ...key }, CURVE, false, ['verify']);
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, publicKey, Buffer.from(signature, 'base64url'), signed);
}

async function openServer() {
  const proofs: { readonly session: Session; readonly isRight: boolean }[] = [];
  const enclave = await openSimulatedEnclave({
    handler: async (request, session) => {
      if (new URL(request.url).pathname !== '/v1/auth/device') return new Response('answer');
      proofs.push({ session, isRight: await isProof(request, session) });
      return new Response(null, { status: 204 });
    },
  });
  const { url, anchors, transport, now } = enclave;
  return { enclave, proofs, options: { url, anchors, transport, now, allowSimulated: true } };
}

function get(): Request {
  return new Request('http://anything.example/v1/x');
}

test('the device key is proven once in every session, before anything else is sent there', async () => {
  const { enclave, proofs, options } = await openServer();
  using _ = enclave;
  using connection = openEnclave({ ...options, device: await deviceKeyOf(await generateDeviceKey()) });
  await Promise.all([connection.transport(get()), connection.transport(get())]);
  expect(enclave.seen.sealed).toBe(3);
  enclave.state.aheadMs += 56 * 60_000;
  await connection.transport(get());
  enclave.restart();
  await connection.transport(get());
  expect(proofs.map(({ isRight }) => isRight)).toEqual([true, true, true]);
  expect(new Set(proofs.map(({ session }) => session)).size).toBe(3);
});

test('a key that was kept as JWK proves the same device', async () => {
  const { d, ...shared } = await generateDeviceJwk();
  const kept = await deviceKeyFromJwk({ ...shared, ...(d && { d }) });
  expect(kept.publicJwk).toEqual(shared);
  const { enclave, proofs, options } = await openServer();
  using _ = enclave;
  using connection = openEnclave({ ...options, device: kept });
  await connection.transport(get());
  expect(proofs).toMatchObject([{ isRight: true }]);
});

test('a device that is refused sends nothing else', async () => {
  const paths: string[] = [];
  using enclave = await openSimulatedEnclave({
    handler: (request) => {
      paths.push(new URL(request.url).pathname);
      const error = { code: 'not_allowed', type: 'not_allowed', message: 'no', retry: false, reference: 'r' };
      return Response.json({ error }, { status: 403 });
    },
  });
  const { url, anchors, transport, now } = enclave;
  const device = await deviceKeyOf(await generateDeviceKey());
  using connection = openEnclave({ url, anchors, transport, now, allowSimulated: true, device });
  await expect(connection.transport(get())).rejects.toMatchObject({ name: 'ApiError', code: 'not_allowed' });
  expect(paths).toEqual(['/v1/auth/device']);
});

test('a key for a browser does not leave it', async () => {
  const { privateKey } = await generateDeviceKey();
  await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
});
