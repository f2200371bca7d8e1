// A device and a sealed session without the seal: what the server learns of them, for tests that are not about the channel.
import { generateKeyPairSync, hkdfSync, randomBytes, sign } from 'node:crypto';
import type { ChannelCaller } from '@privexbot/enclave/http/scope.ts';
import type { Transport } from '@privexbot/sdk';

/** The key of a browser or of a command line, and how it proves it. */
export interface Device {
  readonly publicJwk: { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string };
  sign(bytes: Uint8Array): Uint8Array;
}

export function createDevice(): Device {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicJwk: { kty: 'EC', crv: 'P-256', x, y },
    sign: (bytes) => new Uint8Array(sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}

/** A sealed session as the server knows one. */
export function createChannel(origin: string): ChannelCaller {
  const secret = randomBytes(32);
  return {
    session: {
      id: new Uint8Array(randomBytes(16)),
      openedAt: 0,
      origin,
      export: (label, length) => new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), label, length)),
    },
  };
}

/** What a device sends to prove itself in a session. */
export function proofOf({ publicJwk, sign: signed }: Device, { session }: ChannelCaller) {
  const bytes = Buffer.concat([Buffer.from('privexbot device 1'), session.export('privexbot device', 32)]);
  return { key: publicJwk, signature: Buffer.from(signed(bytes)).toString('base64url') };
}

/** Proves the device before the first request. */
export function proveFirst(send: Transport, device: Device, channel: ChannelCaller): Transport {
  let proven: Promise<Response> | undefined;
  return async (request) => {
    const body = JSON.stringify({ ...proofOf(device, channel), name: 'Test' });
    proven ??= send(new Request(new URL('/v1/auth/device', request.url), { method: 'POST', body }));
    const { ok, status } = await proven;
    if (!ok) throw new Error(`the device was refused: ${status}`);
    return send(request);
  };
}
