// A session belongs to a device, which proves its key to each sealed session anew.
import { generateKeyPairSync, sign } from 'node:crypto';
import { type Client, createClient } from '@privexbot/sdk';
import { createDevice, type Device, proofOf } from '@privexbot/testing/device.ts';
import { type Enclave, PASSWORD, type Person, startEnclave } from '@privexbot/testing/start-enclave.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const REFUSED = { code: 'device_refused' };
const NOT_SIGNED_IN = { code: 'not_signed_in' };

let enclave: Enclave;
beforeAll(async () => {
  enclave = await startEnclave();
});
afterAll(() => enclave[Symbol.asyncDispose]());

/** A sealed session in which nothing was proven yet. */
function open() {
  const channel = enclave.openChannel();
  return { channel, client: createClient(enclave.bareTransport(channel)) };
}

async function signUpOn(device: Device): Promise<{ client: Client; email: string }> {
  const client = createClient(enclave.transport(device));
  const email = `${device.publicJwk.x}@example.com`;
  await client.auth.signUp({ body: { email, password: PASSWORD } });
  return { client, email };
}

const flip = (text: string, at: number) => `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

test('a device that proves its key is signed in again in every later sealed session', async () => {
  const device = createDevice();
  const { email } = await signUpOn(device);
  const { channel, client } = open();
  await expect(client.auth.me()).rejects.toMatchObject(NOT_SIGNED_IN);
  await client.auth.proveDevice({ body: proofOf(device, channel) });
  expect((await client.auth.me()).email).toBe(email);
  // Again in the same session, as after a lost answer.
  await client.auth.proveDevice({ body: proofOf(device, channel) });
  expect((await client.auth.me()).email).toBe(email);
});

test('no answer of a sealed session sets a cookie', async () => {
  const { transport, email, password } = await enclave.signUp();
  const post = (path: string, body: object) =>
    transport(new Request(`http://privexbot.invalid${path}`, { method: 'POST', body: JSON.stringify(body) }));
  for (const [path, body] of [
    ['/v1/auth/sign-in', { email, password }],
    ['/v1/auth/sign-out', {}],
  ] as const) {
    const response = await post(path, body);
    expect(response.ok).toBe(true);
    expect(response.headers.getSetCookie()).toEqual([]);
  }
});

test('a proof that was overheard is worth nothing in another sealed session', async () => {
  const device = createDevice();
  await signUpOn(device);
  const { channel } = open();
  const overheard = proofOf(device, channel);
  const thief = open();
  await expect(thief.client.auth.proveDevice({ body: overheard })).rejects.toMatchObject(REFUSED);
  await expect(thief.client.auth.me()).rejects.toMatchObject(NOT_SIGNED_IN);
});

test('a session speaks for one device only, the first', async () => {
  const [first, second] = [createDevice(), createDevice()];
  const { email } = await signUpOn(first);
  await signUpOn(second);
  const { channel, client } = open();
  await client.auth.proveDevice({ body: proofOf(first, channel) });
  await expect(client.auth.proveDevice({ body: proofOf(second, channel) })).rejects.toMatchObject(REFUSED);
  expect((await client.auth.me()).email).toBe(email);
});

test('a proof by another key, over something else, or with any letter changed is refused', async () => {
  const device = createDevice();
  const { channel, client } = open();
  const proof = proofOf(device, channel);
  const signedOver = (bytes: Uint8Array) => Buffer.from(device.sign(bytes)).toString('base64url');
  const secret = channel.session.export('privexbot device', 32);
  const bodies = [
    { ...proof, key: createDevice().publicJwk },
    { ...proof, signature: signedOver(secret) },
    { ...proof, signature: signedOver(Buffer.concat([Buffer.from('privexbot device 2'), secret])) },
    { ...proof, signature: signedOver(Buffer.concat([Buffer.from('privexbot device 1'), channel.session.export('another', 32)])) },
    { ...proof, signature: 'A'.repeat(86) },
    ...Array.from({ length: 20 }, (_, n) => ({ ...proof, signature: flip(proof.signature, n * 4) })),
    ...Array.from({ length: 10 }, (_, n) => ({ ...proof, key: { ...proof.key, x: flip(proof.key.x, n * 4) } })),
  ];
  for (const body of bodies) await expect(client.auth.proveDevice({ body })).rejects.toMatchObject(REFUSED);
  expect(channel.device).toBeUndefined();
});

test.each([
  ['a point that is not on the curve', { x: 'A'.repeat(43), y: 'B'.repeat(43) }, 'device_refused'],
  ['the point at infinity', { x: 'A'.repeat(43), y: 'A'.repeat(43) }, 'device_refused'],
  ['a coordinate above the field', { x: `${'_'.repeat(42)}8` }, 'device_refused'],
  ['a short coordinate', { x: 'A'.repeat(42) }, 'bad_request'],
  ['a long coordinate', { x: 'A'.repeat(44) }, 'bad_request'],
  ['a coordinate of other letters', { x: '+'.repeat(43) }, 'bad_request'],
  ['no coordinate', { y: undefined }, 'bad_request'],
  ['another kind of key', { kty: 'OKP' }, 'bad_request'],
  ['another curve by name', { crv: 'P-384' }, 'bad_request'],
  ['a private part', { d: 'A'.repeat(43) }, 'bad_request'],
  ['nothing', null, 'bad_request'],
])('a key that is %s is refused', async (_, change, code) => {
  const { channel, client } = open();
  const proof = proofOf(createDevice(), channel);
  const key = change && { ...proof.key, ...change };
  await expect(client.auth.proveDevice({ body: { ...proof, key } as typeof proof })).rejects.toMatchObject({ code });
  expect(channel.device).toBeUndefined();
});

test.each(['P-384', 'secp256k1'])('a key of the curve %s is refused under the name of the right one', async (namedCurve) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const { channel, client } = open();
  const signed = Buffer.concat([Buffer.from('privexbot device 1'), channel.session.export('privexbot device', 32)]);
  const signature = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url').slice(0, 86);
  const key = { kty: 'EC', crv: 'P-256', x: x.slice(0, 43), y: y.slice(0, 43) } as const;
  await expect(client.auth.proveDevice({ body: { key, signature } })).rejects.toMatchObject(REFUSED);
});

test('another spelling of the same key is the same device', async () => {
  const device = createDevice();
  const { email } = await signUpOn(device);
  const { channel, client } = open();
  const proof = proofOf(device, channel);
  // Of the last letter of 32 bytes two bits say nothing.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters[letters.indexOf(proof.key.x.slice(-1)) + 1];
  await client.auth.proveDevice({ body: { ...proof, key: { ...proof.key, x: `${proof.key.x.slice(0, -1)}${last}` } } });
  expect((await client.auth.me()).email).toBe(email);
});

test('nobody signs in, signs up or uses a link without a device; the link stays good', async () => {
  const { email, password } = await enclave.signUp();
  const { client } = open();
  const required = { code: 'device_required' };
  await expect(client.auth.signIn({ body: { email, password } })).rejects.toMatchObject(required);
  await expect(client.auth.signUp({ body: { email: 'new@example.org', password } })).rejects.toMatchObject(required);
  await expect(client.auth.signInByLink({ body: { token: 'x'.repeat(43) } })).rejects.toMatchObject(required);
});

test('a device is proven through the sealed channel only', async () => {
  const client = createClient(enclave.bareTransport());
  const body = proofOf(createDevice(), enclave.openChannel());
  await expect(client.auth.proveDevice({ body })).rejects.toMatchObject({ code: 'sealed_only' });
});

test('the thumbprint of a device, which is no secret, signs nobody in: not as a cookie, nor as a bearer token', async () => {
  const device = createDevice();
  await signUpOn(device);
  const { channel, client } = open();
  await client.auth.proveDevice({ body: proofOf(device, channel) });
  await client.auth.me(); // so that the device is remembered
  const plain = createClient(enclave.bareTransport());
  for (const headers of [
    { cookie: `privexbot_session=${channel.device}` },
    { authorization: `Bearer ${channel.device}` },
    { authorization: `device ${channel.device}` },
  ]) {
    await expect(plain.openai.models({}, { headers })).rejects.toMatchObject(NOT_SIGNED_IN);
    await expect(open().client.auth.me({}, { headers })).rejects.toMatchObject(NOT_SIGNED_IN);
  }
});

test('two devices have a session each; signing out on one leaves the other', async () => {
  const [laptop, phone] = [createDevice(), createDevice()];
  const { client, email } = await signUpOn(laptop);
  const second = createClient(enclave.transport(phone));
  await second.auth.signIn({ body: { email, password: PASSWORD } });
  expect(await client.auth.sessions()).toMatchObject([{ current: true }, { current: false }]);
  await second.auth.signOut();
  await expect(second.auth.me()).rejects.toMatchObject(NOT_SIGNED_IN);
  expect((await client.auth.me()).email).toBe(email);
  // The device itself is still proven: signing in needs no new session of the channel.
  await second.auth.signIn({ body: { email, password: PASSWORD } });
  expect((await second.auth.me()).email).toBe(email);
});

test('a device has one session: signing in again replaces it, also that of another person', async () => {
  const device = createDevice();
  const { client, email } = await signUpOn(device);
  const before = await client.auth.me();
  const again = await client.auth.signIn({ body: { email, password: PASSWORD } });
  expect(again.session).not.toBe(before.session);
  expect(await client.auth.sessions()).toMatchObject([{ id: again.session, current: true }]);

  const other: Person = await enclave.signUp();
  await client.auth.signIn({ body: other });
  expect((await client.auth.me()).email).toBe(other.email);
  expect(await enclave.forge('select id from sessions where id = $1', [again.session])).toEqual([]);
});

test('many sign-ins at once on one device leave one session', async () => {
  const device = createDevice();
  const { client, email } = await signUpOn(device);
  await Promise.all(Array.from({ length: 5 }, () => client.auth.signIn({ body: { email, password: PASSWORD } })));
  expect(await client.auth.sessions()).toMatchObject([{ current: true }]);
});

test('the list of sessions shows what each device calls itself', async () => {
  const { channel, client } = open();
  const person = await enclave.signUp();
  await client.auth.proveDevice({ body: { ...proofOf(createDevice(), channel), name: 'Firefox on Linux' } });
  const { session } = await client.auth.signIn({ body: person });
  expect(await client.auth.sessions()).toContainEqual(expect.objectContaining({ id: session, device: 'Firefox on Linux' }));
});

test('neither the thumbprint nor the key of a device is stored', async () => {
  const device = createDevice();
  await signUpOn(device);
  const { channel, client } = open();
  await client.auth.proveDevice({ body: proofOf(device, channel) });
  const raw = Buffer.from(channel.device ?? '', 'base64url');
  const rows = await enclave.forge<Record<string, unknown>>('select * from sessions');
  const stored = rows.flatMap((row) => Object.values(row)).filter(Buffer.isBuffer);
  expect(stored.length).toBeGreaterThan(0);
  for (const part of [raw, Buffer.from(channel.device ?? ''), Buffer.from(device.publicJwk.x, 'base64url')])
    expect(stored.filter((value) => value.includes(part))).toEqual([]);
});
