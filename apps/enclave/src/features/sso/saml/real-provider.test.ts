/** Against an identity provider of another make: pysaml2 reads our metadata and requests, xmlsec1 signs and encrypts. */
import { SamlSettings } from '@privexbot/contract';
import { type SamlProvider, startSamlProvider } from '@privexbot/testing/saml-provider.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressesOf } from '../strategies.ts';
import { type Connection, createChecks } from '../strategy.ts';
import { createSaml, type SamlSecrets } from './saml.ts';

const ADDRESSES = addressesOf('c', 'https://us.example');
const saml = createSaml({ now: () => new Date(), outbound: {} as never });
if (saml.way !== 'redirect') throw new Error('SAML goes by redirect');
const { begin, finish } = saml;

let provider: SamlProvider;
let connection: Connection<SamlSettings, SamlSecrets>;
beforeAll(async () => {
  provider = await startSamlProvider();
  const settings = SamlSettings.parse({ provider: { metadata: await provider.metadata() } });
  const prepared = await saml.prepare?.({ settings, secrets: {} });
  if (!prepared) throw new Error('nothing was prepared');
  connection = { id: 'c', org: 'o', ...prepared, addresses: ADDRESSES };
  const { body } = (await saml.describe?.(connection)) ?? { body: '' };
  await provider.trust(body);
  await provider.setPeople({ ana: { mail: 'ana@example.com', displayName: 'Ana Example', groups: ['staff', 'sales & more'] } });
});
afterAll(() => provider?.[Symbol.asyncDispose]());

test.each([
  { sign_assertion: true, sign_response: false, encrypt_assertion: false },
  { sign_assertion: false, sign_response: true, encrypt_assertion: false },
  { sign_assertion: true, sign_response: true, encrypt_assertion: false },
  { sign_assertion: true, sign_response: false, encrypt_assertion: true },
  { sign_assertion: true, sign_response: true, encrypt_assertion: true },
])('signs somebody in with %o', async (how) => {
  await provider.setHow(how);
  const { memory, go } = await begin(connection, {});
  const { address, fields } = await provider.signIn(go('opaque'), 'ana');
  expect([address, fields.RelayState]).toEqual([ADDRESSES.acs, 'opaque']);
  const checks = createChecks();
  const arrival = await finish(connection, memory, fields, checks).catch((error: unknown) => {
    throw new Error(JSON.stringify(checks.list.at(-1)), { cause: error });
  });
  expect(arrival).toMatchObject({
    issuer: `${provider.url}/metadata`,
    subject: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent ana',
    name: 'Ana Example',
    email: 'ana@example.com',
    groups: ['staff', 'sales & more'],
    amr: ['pwd'],
  });
  expect(arrival.session).toBeTruthy();
});

test('the provider refuses a request that we did not sign', async () => {
  const { go } = await begin(connection, {});
  await expect(provider.signIn(go('opaque').replace('RelayState=opaque', 'RelayState=changed'), 'ana')).rejects.toThrow('not signed');
});

test('ends sessions both ways', async () => {
  const address = await provider.endAddress('ana', '_session');
  const { search, searchParams } = new URL(address);
  const read = await saml.readLogout?.(
    connection,
    { method: 'GET', fields: Object.fromEntries(searchParams), query: search.slice(1) },
    createChecks(),
  );
  expect(read).toMatchObject({ subject: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent ana', session: '_session' });
  expect(await (await fetch(read?.answerAt ?? '')).text()).toContain('Signed out of the directory');

  const ending = { name: 'ana', attributes: { Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' }, session: '_session' };
  const ours = await saml.endAt?.(connection, ending);
  const answer = await fetch(ours?.go('opaque') ?? '', { redirect: 'manual' });
  expect([answer.status, await answer.text()]).toEqual([303, '']);
  const back = new URL(answer.headers.get('location') ?? '');
  expect([`${back.origin}${back.pathname}`, back.searchParams.get('RelayState')]).toEqual([ADDRESSES.slo, 'opaque']);
  await saml.readEnd?.(connection, ours?.memory ?? {}, back.search.slice(1), createChecks());
});
