import { execFileSync } from 'node:child_process';
import { verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { SamlSettings } from '@privexbot/contract';
import { beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../errors.ts';
import { addressesOf } from '../strategies.ts';
import { type Checks, type Connection, createChecks, SignInRefused } from '../strategy.ts';
import { createOwnKey } from './own-keys.ts';
import {
  assertionOf,
  change,
  type Encryption,
  encrypted,
  insert,
  type Node,
  node,
  responseOf,
  type Situation,
  signed,
  write,
} from './provider.fixture.ts';
import { toRedirect } from './redirect.ts';
import { createSaml, type SamlSecrets } from './saml.ts';
import { readXml } from './xml.ts';

const AT = new Date('2026-11-28T12:00:00Z');
const PROVIDER = {
  entityId: 'https://idp.example/metadata',
  signOnUrl: 'https://idp.example/sso?tenant=1',
  logoutUrl: 'https://idp.example/slo',
};
const ADDRESSES = addressesOf('c', 'https://us.example');
const pages = new Map<string, Response>();
const saml = createSaml({
  now: () => AT,
  outbound: { request: async (url: string | URL) => pages.get(String(url)) ?? new Response('', { status: 404 }) } as never,
});

let provider: Awaited<ReturnType<typeof createOwnKey>>;
let next: typeof provider;
let connection: Connection<SamlSettings, SamlSecrets>;
beforeAll(async () => {
  [provider, next] = await Promise.all([createOwnKey('provider', AT), createOwnKey('next', AT)]);
  connection = await connect({ certificates: [provider.certificate] });
});

async function connect(given: Partial<Extract<SamlSettings['provider'], { entityId: string }>>, more: Partial<SamlSettings> = {}) {
  const settings: SamlSettings = {
    provider: { ...PROVIDER, certificates: [provider.certificate], ...given },
    nameIdFormat: 'unspecified',
    forceAuthn: false,
    signOutThere: true,
    ...more,
  };
  const prepared = await saml.prepare?.({ settings, secrets: {} });
  if (!prepared) throw new Error('nothing was prepared');
  return { id: 'c', org: 'o', ...prepared, addresses: ADDRESSES };
}

if (saml.way !== 'redirect') throw new Error('SAML goes by redirect');
const { begin, finish } = saml;

function situationOf(memory: object): Situation {
  const { request } = memory as { request: string };
  return { entityId: PROVIDER.entityId, audience: ADDRESSES.metadata, acs: ADDRESSES.acs, request, at: AT };
}

async function answer(make: (situation: Situation) => Node, to = connection, checks: Checks = createChecks()) {
  const { memory } = await begin(to, {});
  return finish(to, memory, { SAMLResponse: Buffer.from(write(make(situationOf(memory)))).toString('base64'), RelayState: 'x' }, checks);
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SignInRefused) return error.check;
  if (error instanceof AppError) return `${error.code} ${error.details.problem}`;
  throw error ?? new Error('it was taken');
}

const certificateOf = ({ secrets }: typeof connection) => new X509Certificate(secrets.keys?.[0]?.certificate ?? '');

test('who came is read with groups, address, time and session', async () => {
  const checks = createChecks();
  const arrival = await answer(
    (situation) => responseOf(situation, signed(assertionOf(situation), provider.privateKey)),
    connection,
    checks,
  );
  expect(arrival).toMatchObject({
    issuer: PROVIDER.entityId,
    subject: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent ana',
    name: 'Ana Example',
    email: 'ana@example.com',
    emailVerified: true,
    groups: ['staff', 'sales'],
    amr: ['pwd'],
    authTime: new Date('2026-11-28T11:59:00Z'),
    session: '_session',
    once: { id: '_assertion', until: new Date('2026-11-28T12:07:00Z') },
    claims: { NameID: ['ana'], groups: ['staff', 'sales'] },
  });
  expect(checks.list.filter(({ passed }) => !passed)).toEqual([]);
  expect(checks.list.map(({ name }) => name)).toContain('signature');
});

test('a request is signed, and carries an opaque state beside what the address already holds', async () => {
  const { memory, go } = await begin(connection, {});
  const url = new URL(go('state&x=1'));
  expect(`${url.origin}${url.pathname}`).toBe('https://idp.example/sso');
  expect(url.searchParams.get('tenant')).toBe('1');
  expect(url.searchParams.get('RelayState')).toBe('state&x=1');
  const [, octets = ''] = /[?&](SAMLRequest=.*)&Signature=/.exec(url.search) ?? [];
  const signature = Buffer.from(url.searchParams.get('Signature') ?? '', 'base64');
  expect(verify('sha256', new TextEncoder().encode(octets), certificateOf(connection).publicKey, signature)).toBe(true);
  const request = readXml(inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')).toString());
  expect(Object.fromEntries(request.attributes)).toMatchObject({
    ID: situationOf(memory).request,
    Destination: PROVIDER.signOnUrl,
    AssertionConsumerServiceURL: ADDRESSES.acs,
    ProtocolBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
  });
  const other = await begin(connection, {});
  expect(situationOf(other.memory).request).not.toBe(situationOf(memory).request);
});

test.each([
  ['the wish', false, true],
  ['the settings', true, false],
])('the person is asked anew by %s', async (_, forceAuthn, fresh) => {
  const { go } = await begin(await connect({}, { forceAuthn }), { fresh });
  const octets = Buffer.from(new URL(go('state')).searchParams.get('SAMLRequest') ?? '', 'base64');
  expect(readXml(inflateRawSync(octets).toString()).attributes.get('ForceAuthn')).toBe('true');
});

test('an answer to another request, or by another browser’s, is refused', async () => {
  const first = await begin(connection, {});
  const second = await begin(connection, {});
  const response = write(responseOf(situationOf(first.memory), signed(assertionOf(situationOf(first.memory)), provider.privateKey)));
  const given = { SAMLResponse: Buffer.from(response).toString('base64') };
  expect(await refusal(finish(connection, second.memory, given, createChecks()))).toBe('in_response_to');
  expect(await refusal(finish(connection, first.memory, {}, createChecks()))).toBe('answer');
  expect(await refusal(finish(connection, first.memory, { SAMLResponse: '%%%' }, createChecks()))).toBe('document');
  expect(await refusal(finish(connection, first.memory, { SAMLResponse: 'A'.repeat(400_000) }, createChecks()))).toBe('size');
  expect(await refusal(finish(connection, first.memory, { SAMLResponse: '/////w==' }, createChecks()))).toBe('document');
});

test('while the provider changes its certificate both are taken, and afterwards the new one only', async () => {
  const by = (key: typeof provider) => (situation: Situation) => responseOf(situation, signed(assertionOf(situation), key.privateKey));
  const both = await connect({ certificates: [provider.certificate, next.certificate] });
  expect((await answer(by(provider), both)).name).toBe('Ana Example');
  expect((await answer(by(next), both)).name).toBe('Ana Example');
  const after = await connect({ certificates: [next.certificate] });
  expect(await refusal(answer(by(provider), after))).toBe('signature');
});

test.each<[string, Encryption, 'assertion' | 'response' | 'both', string]>([
  ['AES-GCM', { content: 'aes-256-gcm' }, 'assertion', 'taken'],
  ['AES-GCM', { content: 'aes-256-gcm' }, 'response', 'taken'],
  ['AES-GCM', { content: 'aes-256-gcm' }, 'both', 'taken'],
  ['AES-CBC', { content: 'aes-128-cbc' }, 'response', 'taken'],
  ['AES-CBC', { content: 'aes-128-cbc' }, 'assertion', 'encryption'],
  ['RSA 1.5', { content: 'aes-256-gcm', padding: '1.5' }, 'both', 'encryption'],
])('an assertion encrypted with %s (%o), where the signature is of the %s: %s', async (_, how, where, expected) => {
  const certificate = certificateOf(connection).toString();
  const made = answer((situation) => {
    const assertion = assertionOf(situation);
    const sealed = encrypted(where === 'response' ? assertion : signed(assertion, provider.privateKey), certificate, how);
    const response = responseOf(situation, sealed);
    return where === 'assertion' ? response : signed(response, provider.privateKey);
  });
  expect(expected === 'taken' ? (await made).name : await refusal(made)).toBe(expected === 'taken' ? 'Ana Example' : expected);
});

test('an encrypted assertion needs a signature that is the provider’s, and a key that is ours', async () => {
  const certificate = certificateOf(connection).toString();
  const attempt = (assertion: (situation: Situation) => Node | string, to = certificate) =>
    refusal(answer((situation) => responseOf(situation, encrypted(assertion(situation), to))));
  expect(await attempt((situation) => assertionOf(situation))).toBe('signature');
  expect(await attempt((situation) => signed(assertionOf(situation), next.privateKey))).toBe('signature');
  expect(await attempt((situation) => signed(assertionOf(situation), provider.privateKey), next.certificate)).toBe('encryption');
  // A comment is not part of what is signed, and not of what is read: nothing but the signed text is.
  const commented = (text: string) => (situation: Situation) => {
    const inside = write(signed(assertionOf(situation), provider.privateKey)).replace('>ana<', text);
    return responseOf(situation, encrypted(inside, certificate));
  };
  expect((await answer(commented('>a<!-- .victim -->na<'))).subject).toMatch(/ ana$/);
  expect(await refusal(answer(commented('>ana<!-- -->.victim<')))).toBe('signature');
  // Signed inside by a stranger, where the whole is the provider's.
  const made = answer((situation) => {
    const inside = signed(assertionOf(situation), next.privateKey);
    return signed(responseOf(situation, encrypted(inside, certificate)), provider.privateKey);
  });
  expect(await refusal(made)).toBe('signature');
});

test('while our own key changes, what is encrypted for either opens', async () => {
  const [own] = connection.secrets.keys ?? [];
  if (!own) throw new Error('there is no key');
  const rolling = { ...connection, secrets: { keys: [next, own] } };
  for (const certificate of [own.certificate, next.certificate]) {
    const made = (situation: Situation) =>
      responseOf(situation, encrypted(signed(assertionOf(situation), provider.privateKey), certificate));
    expect((await answer(made, rolling)).name).toBe('Ana Example');
  }
  const { body } = (await saml.describe?.(rolling)) ?? { body: '' };
  expect(body.match(/use="signing"/g)?.length).toBe(2);
});

test('an attribute may name the person where NameID changes each time', async () => {
  const named = await connect({}, { subjectAttribute: 'uid', groupsAttribute: 'team' });
  const saying =
    (...uid: string[]) =>
    (situation: Situation) =>
      responseOf(
        situation,
        signed(
          change(assertionOf(situation), ['a:AttributeStatement'], (statement) =>
            insert(statement, 0, node('a:Attribute', { Name: 'uid' }, ...uid.map((value) => node('a:AttributeValue', {}, value)))),
          ),
          provider.privateKey,
        ),
      );
  expect(await answer(saying('7'), named)).toMatchObject({ subject: 'attribute:uid 7', groups: [] });
  expect(await refusal(answer(saying(), named))).toBe('subject');
  expect(await refusal(answer(saying(''), named))).toBe('subject');
  expect(await refusal(answer(saying('7', '8'), named))).toBe('subject');
  const strange = await connect({}, { subjectAttribute: 'constructor' });
  expect(await refusal(answer(saying('7'), strange))).toBe('subject');
});

test('what we are is described with our certificate and addresses, and an independent reader takes it', async () => {
  const { type, body } = (await saml.describe?.(connection)) ?? { type: '', body: '' };
  expect(type).toBe('application/samlmetadata+xml');
  expect(readXml(body).attributes.get('entityID')).toBe(ADDRESSES.metadata);
  expect(body).toContain(`Location="${ADDRESSES.acs}"`);
  const folder = mkdtempSync(join(tmpdir(), 'privexbot-saml-'));
  try {
    const file = join(folder, 'own.pem');
    execFileSync('tee', [file], { input: certificateOf(connection).toString() });
    const text = execFileSync('openssl', ['x509', '-in', file, '-noout', '-text', '-fingerprint', '-sha256']).toString();
    expect(text).toContain('Signature Algorithm: sha256WithRSAEncryption');
    expect(text).toContain('Public-Key: (3072 bit)');
    expect(text).toContain(certificateOf(connection).fingerprint256);
    expect(readFileSync(file, 'utf8')).toContain('BEGIN CERTIFICATE');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const metadata = (certificate: string, extra = '') =>
  `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${PROVIDER.entityId}">
  <!-- made by hand --><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
  <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate.replace(/-----[A-Z ]+-----/g, '')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/redirect"/>${extra}
  </md:IDPSSODescriptor></md:EntityDescriptor>`;

test('a provider is read from its metadata, pasted or by address', async () => {
  const read = await saml.prepare?.({
    settings: { ...connection.settings, provider: { metadata: metadata(provider.certificate) } },
    secrets: connection.secrets,
  });
  const known = { entityId: PROVIDER.entityId, signOnUrl: 'https://idp.example/redirect', certificates: [provider.certificate] };
  expect(read?.settings.provider).toEqual(known);
  expect(read?.secrets).toEqual(connection.secrets);
  const metadataUrl = 'https://idp.example/metadata.xml';
  pages.set(metadataUrl, new Response(metadata(next.certificate)));
  const again = await saml.prepare?.({ settings: { ...connection.settings, provider: { metadataUrl } }, secrets: {} });
  expect(again?.settings.provider).toEqual({ ...known, certificates: [next.certificate], metadataUrl });
});

test('new certificates are no other provider, another entity or address is', () => {
  const before = connection.settings;
  const described = { ...PROVIDER, certificates: [next.certificate] };
  const same = (provider: SamlSettings['provider']) => saml.isSameServer(before, { ...before, provider });
  expect(same(described)).toBe(true);
  expect(same({ ...described, entityId: 'https://other.example' })).toBe(false);
  expect(same({ ...described, signOnUrl: 'https://other.example/sso' })).toBe(false);
  expect(same({ metadata: metadata(next.certificate).replace('https://idp.example/redirect', PROVIDER.signOnUrl) })).toBe(true);
  expect(same({ metadata: metadata(next.certificate) })).toBe(false);
  expect(same({ metadata: '<x' })).toBe(false);
  expect(same({ metadataUrl: 'https://idp.example/metadata.xml' })).toBe(false);
});

test('what is no provider, or one that is not safe, is refused with the reason', async () => {
  const problem = async (given: SamlSettings['provider']) =>
    (await refusal(Promise.resolve(saml.prepare?.({ settings: { ...connection.settings, provider: given }, secrets: {} })))).replace(
      'bad_request ',
      '',
    );
  const described = { ...PROVIDER, certificates: [provider.certificate] };
  expect(await problem({ metadata: '<a' })).toBe('the text is no well-formed XML');
  expect(await problem({ metadata: '<!DOCTYPE a><a/>' })).toBe('a document type is not taken');
  expect(await problem({ metadata: '<a/>' })).toBe('there is no identity provider in the metadata');
  expect(await problem({ metadata: `<all>${metadata(provider.certificate)}${metadata(next.certificate)}</all>` })).toContain(
    'more than one',
  );
  expect(await problem({ metadata: metadata('AAAA') })).toBe('a certificate is not one in PEM');
  expect(await problem({ metadataUrl: 'https://nobody.example/' })).toContain('404');
  expect(await problem({ ...described, certificates: ['x'] })).toBe('a certificate is not one in PEM');
  expect(await problem({ ...described, signOnUrl: 'http://idp.example/sso' })).toContain('https');
  expect(await problem({ ...described, logoutUrl: 'http://idp.example/slo' })).toContain('https');
  const folder = mkdtempSync(join(tmpdir(), 'privexbot-saml-'));
  const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=weak', '-keyout', join(folder, 'key'), '-newkey'];
  const small = execFileSync('openssl', [...request, 'rsa:1024'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  const curve = execFileSync('openssl', [...request, 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
  rmSync(folder, { recursive: true });
  expect(await problem({ ...described, certificates: [small] })).toContain('1024 bits');
  expect(await problem({ ...described, certificates: [curve] })).toContain('not RSA');
});

test('a certificate that has ended shows in the test, and when the next one ends', async () => {
  const checks = createChecks();
  await saml.probe(connection, checks);
  expect(checks.list.map(({ name, passed }) => [name, passed])).toEqual([
    ['discovery', true],
    ['certificate', true],
  ]);
  expect(saml.expiresAt?.(connection)?.toISOString()).toBe('2036-11-25T12:00:00.000Z');
  const old = await createOwnKey('old', new Date('2010-01-01'));
  expect(await refusal(saml.probe(await connect({ certificates: [old.certificate] }), createChecks()))).toBe('certificate');
});

const logoutRequest = (change: (text: string) => string = (text) => text) =>
  change(
    `<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" ID="_out" Version="2.0" IssueInstant="${AT.toISOString()}" Destination="${ADDRESSES.slo}"><a:Issuer>${PROVIDER.entityId}</a:Issuer><a:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ana</a:NameID><p:SessionIndex>_session</p:SessionIndex></p:LogoutRequest>`,
  );

function readLogout(address: string, method: 'GET' | 'POST' = 'GET') {
  const { search, searchParams } = new URL(address);
  const read = saml.readLogout?.(connection, { method, fields: Object.fromEntries(searchParams), query: search.slice(1) }, createChecks());
  if (!read) throw new Error('SAML reads no logout');
  return read;
}

test('the provider ends a session by a signed request, and gets a signed answer', async () => {
  const notice = await readLogout(toRedirect(ADDRESSES.slo, 'SAMLRequest', logoutRequest(), 'back', provider.privateKey));
  expect(notice).toMatchObject({
    subject: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent ana',
    session: '_session',
    once: { id: '_out', until: new Date('2026-11-28T12:12:00Z') },
  });
  const url = new URL(notice.answerAt ?? '');
  expect([`${url.origin}${url.pathname}`, url.searchParams.get('RelayState')]).toEqual([PROVIDER.logoutUrl, 'back']);
  const response = readXml(inflateRawSync(Buffer.from(url.searchParams.get('SAMLResponse') ?? '', 'base64')).toString());
  expect(response.attributes.get('InResponseTo')).toBe('_out');
});

test('a request to end a session is refused without the provider’s signature over the octets as sent', async () => {
  const good = toRedirect(ADDRESSES.slo, 'SAMLRequest', logoutRequest(), 'back', provider.privateKey);
  const send = (text: string, key = provider.privateKey) => readLogout(toRedirect(ADDRESSES.slo, 'SAMLRequest', text, undefined, key));
  expect(await refusal(send(logoutRequest(), next.privateKey))).toBe('signature');
  expect(await refusal(readLogout(good.replace('RelayState=back', 'RelayState=away')))).toBe('signature');
  expect(await refusal(readLogout(good.replace(/&Signature=.*/, '')))).toBe('signature');
  expect(await refusal(readLogout(good.replace(/SigAlg=[^&]*/, 'SigAlg=http%3A%2F%2Fwww.w3.org%2F2000%2F09%2Fxmldsig%23rsa-sha1')))).toBe(
    'algorithm',
  );
  expect(await refusal(readLogout(`${good}&RelayState=back`))).toBe('document');
  expect(await refusal(readLogout(`${good}&SAMLRequest=x`))).toBe('document');
  expect(await refusal(readLogout(good, 'POST'))).toBe('answer');
  expect(await refusal(send(logoutRequest((text) => text.replace(PROVIDER.entityId, 'https://other.example'))))).toBe('issuer');
  expect(await refusal(send(logoutRequest((text) => text.replace(ADDRESSES.slo, 'https://other.example'))))).toBe('destination');
  expect(await refusal(send(logoutRequest((text) => text.replace('2026-11-28T12', '2026-11-28T11'))))).toBe('time');
  expect(await refusal(send(logoutRequest((text) => text.replace('>ana<', '><'))))).toBe('subject');
  expect(await refusal(send(`<!DOCTYPE x>${logoutRequest()}`))).toBe('document');
});

test('a message that inflates without end is refused', async () => {
  const bomb = `${logoutRequest()}${' '.repeat(10_000_000)}`;
  expect(deflateRawSync(bomb).length).toBeLessThan(20_000);
  expect(await refusal(readLogout(toRedirect(ADDRESSES.slo, 'SAMLRequest', bomb, undefined, provider.privateKey)))).toBe('document');
});

test('whoever signs out is led to the provider to end the session there', async () => {
  const ending = { name: 'a <b>', attributes: { Format: 'urn:f', SPNameQualifier: 'us "&' }, session: '_s' };
  const url = new URL((await saml.endAt?.(connection, ending))?.go('state') ?? '');
  expect([`${url.origin}${url.pathname}`, url.searchParams.get('RelayState')]).toEqual([PROVIDER.logoutUrl, 'state']);
  const request = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
  const [issuer, name, session] = readXml(request).children;
  expect([issuer?.text, name?.text, session?.text]).toEqual([ADDRESSES.metadata, 'a <b>', '_s']);
  expect(Object.fromEntries(name?.attributes ?? [])).toEqual(ending.attributes);
  expect(await saml.endAt?.(connection, undefined)).toBeUndefined();
  expect(await saml.endAt?.(await connect({ logoutUrl: undefined }), ending)).toBeUndefined();
  expect(await saml.endAt?.(await connect({}, { signOutThere: false }), ending)).toBeUndefined();
});

test('what the sign-in named is what the sign-out names, also where an attribute names the person', async () => {
  const transient = (name: string) => (situation: Situation) =>
    responseOf(
      situation,
      signed(
        change(assertionOf(situation), ['a:Subject', 'a:NameID'], () =>
          node(
            'a:NameID',
            { Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient', NameQualifier: PROVIDER.entityId, X: '1' },
            name,
          ),
        ),
        provider.privateKey,
      ),
    );
  const named = await connect({}, { subjectAttribute: 'email' });
  expect((await answer(transient('x'.repeat(2_000)), named)).ending).toBeUndefined();
  expect(await answer(transient('_t'), named)).toMatchObject({
    subject: 'attribute:email ana@example.com',
    ending: {
      name: '_t',
      attributes: { Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient', NameQualifier: PROVIDER.entityId },
      session: '_session',
    },
  });
});

test('of the answer to a sign-out counts only a success that the provider signed, for this request', async () => {
  const { memory = {} } = (await saml.endAt?.(connection, { name: 'ana', attributes: {} })) ?? {};
  const { request } = memory as { request: string };
  const text = `<p:LogoutResponse xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" ID="_back" Version="2.0" IssueInstant="${AT.toISOString()}" Destination="${ADDRESSES.slo}" InResponseTo="${request}"><a:Issuer>${PROVIDER.entityId}</a:Issuer><p:Status><p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></p:Status></p:LogoutResponse>`;
  const read = (xml: string, key = provider.privateKey, direction: 'SAMLRequest' | 'SAMLResponse' = 'SAMLResponse') => {
    const { search } = new URL(toRedirect(ADDRESSES.slo, direction, xml, 'state', key));
    return saml.readEnd?.(connection, memory, search.slice(1), createChecks()) ?? Promise.reject();
  };
  await read(text);
  expect(await refusal(read(text, next.privateKey))).toBe('signature');
  expect(await refusal(read(text, provider.privateKey, 'SAMLRequest'))).toBe('signature');
  for (const [from, to, check] of [
    [request, '_another', 'in_response_to'],
    [` InResponseTo="${request}"`, '', 'in_response_to'],
    [PROVIDER.entityId, 'https://other.example', 'issuer'],
    [ADDRESSES.slo, 'https://other.example', 'destination'],
    ['2026-11-28T12', '2026-11-28T11', 'time'],
    ['status:Success', 'status:Responder', 'answer'],
    ['<p:Status>', '<p:Other>', 'document'],
    ['p:LogoutResponse', 'p:LogoutRequest', 'document'],
  ] as const)
    expect([to, await refusal(read(text.replaceAll(from, to)))]).toEqual([to, check]);
});
