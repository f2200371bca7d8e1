// Ceremonies with a passkey in software, and every way in which an answer may be for somebody or something else.
import { createAuthenticator, type Twist } from '@privexbot/testing/authenticator.ts';
import { expect, test } from 'vitest';
import { acceptAssertion, acceptRegistration, amrOf, assertionOptions, registrationOptions } from './passkeys.ts';

const SITE = { origin: 'https://bots.example', name: 'PrivexBot' };
const HANDLE = Buffer.alloc(32, 7).toString('base64url');
const CHALLENGE = Buffer.alloc(32, 1).toString('base64url');
const REFUSED = { code: 'passkey_refused' };

async function register(twist?: Twist) {
  const device = createAuthenticator(SITE.origin);
  const options = await registrationOptions(SITE, { handle: HANDLE, account: 'ada@example.com', name: 'Ada' }, CHALLENGE, []);
  return { device, passkey: await acceptRegistration(SITE, HANDLE, CHALLENGE, device.create(options, twist)) };
}

test('a passkey is made for this site, can be found by the browser alone, and asks who is there', async () => {
  const { device, passkey } = await register();
  expect(passkey).toMatchObject({ credential: device.credential, handle: HANDLE, counter: 1, transports: ['internal'], synced: false });
  const options = await registrationOptions(SITE, { handle: HANDLE, account: 'a', name: 'A' }, CHALLENGE, [passkey]);
  expect(options).toMatchObject({
    challenge: CHALLENGE,
    rp: { id: 'bots.example', name: 'PrivexBot' },
    user: { id: HANDLE },
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: [{ id: device.credential }],
  });
});

test('its signature counts, and its counter is kept', async () => {
  const { device, passkey } = await register();
  const options = await assertionOptions(SITE, CHALLENGE);
  expect(options).toMatchObject({ challenge: CHALLENGE, rpId: 'bots.example', userVerification: 'required' });
  const used = await acceptAssertion(SITE, passkey, CHALLENGE, device.get(options));
  expect(used).toEqual({ ...passkey, counter: 2 });
  expect(amrOf(used)).toEqual(['hwk', 'user', 'mfa']);
  expect(amrOf({ ...used, synced: true })).toEqual(['swk', 'user', 'mfa']);
});

const LIES: Record<string, Twist> = {
  'another page': { origin: 'https://bots.example.evil' },
  'the same name without TLS': { origin: 'http://bots.example' },
  'another site': { rpId: 'evil.example' },
  'another challenge': { challenge: Buffer.alloc(32, 2).toString('base64url') },
  'another ceremony': { type: 'payment.get' },
  'nobody in particular': { userVerified: false },
};

test.each(Object.entries(LIES))('an answer for %s is refused, in both ceremonies', async (_, twist) => {
  await expect(register(twist)).rejects.toMatchObject(REFUSED);
  const { device, passkey } = await register();
  const answer = device.get(await assertionOptions(SITE, CHALLENGE), twist);
  await expect(acceptAssertion(SITE, passkey, CHALLENGE, answer)).rejects.toMatchObject(REFUSED);
});

test('a wrong signature, another key, another account and a counter that did not grow are refused', async () => {
  const { device, passkey } = await register();
  const options = await assertionOptions(SITE, CHALLENGE);
  const answers = [
    device.get(options, { flipSignature: true }),
    device.get(options, { userHandle: Buffer.alloc(32, 8).toString('base64url') }),
    device.get(options, { counter: 1 }),
    { ...createAuthenticator(SITE.origin).get(options), id: device.credential, rawId: device.credential },
  ];
  for (const answer of answers) await expect(acceptAssertion(SITE, passkey, CHALLENGE, answer)).rejects.toMatchObject(REFUSED);
});

test('bytes that are no answer are refused as well', async () => {
  const { device, passkey } = await register();
  const answer = device.get(await assertionOptions(SITE, CHALLENGE));
  for (const field of ['clientDataJSON', 'authenticatorData', 'signature'] as const)
    for (const bytes of ['', 'AAAA', answer.response[field].slice(0, -6)])
      await expect(
        acceptAssertion(SITE, passkey, CHALLENGE, { ...answer, response: { ...answer.response, [field]: bytes } }),
      ).rejects.toMatchObject(REFUSED);
});

test('an address that is a number takes no passkeys, and says so', async () => {
  for (const origin of ['http://127.0.0.1:8080', 'http://[::1]:8080'])
    expect(() => assertionOptions({ ...SITE, origin }, CHALLENGE)).toThrow(expect.objectContaining({ code: 'passkeys_need_name' }));
  expect(await assertionOptions({ ...SITE, origin: 'http://localhost:8080' }, CHALLENGE)).toMatchObject({ rpId: 'localhost' });
});
