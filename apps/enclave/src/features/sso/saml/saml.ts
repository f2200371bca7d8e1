/** SAML 2.0 Web Browser SSO (profiles §4.1) and single logout (§4.4), as the service provider. */
import type { SamlSettings } from '@privexbot/contract';
import type { Context } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import { randomBytes } from '../../../random.ts';
import { firstEnd } from '../certificates.ts';
import type { Connection, OwnKey, Strategy } from '../strategy.ts';
import { EMAIL, type Ending, readArrival, UNSPECIFIED } from './arrival.ts';
import { attributeNames } from './attributes.ts';
import { readLogoutRequest, readLogoutResponse, writeAuthnRequest, writeLogoutRequest, writeLogoutResponse } from './messages.ts';
import { describeUs, findWeakCertificate, type ProviderDescription, readProviderMetadata, toCertificate } from './metadata.ts';
import { createOwnKey } from './own-keys.ts';
import { fromRedirect, toRedirect } from './redirect.ts';
import { readSignedResponse } from './signed-response.ts';
import { XmlError } from './xml.ts';

/** `keys`: the one that signs first. A second is there while providers learn of a new one. */
export interface SamlSecrets {
  readonly keys?: readonly OwnKey[];
}
type SamlConnection = Connection<SamlSettings, SamlSecrets>;

/** What is remembered of a request until its answer comes. */
interface Memory {
  readonly request: string;
}

const FORMATS = { persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', email: EMAIL, unspecified: UNSPECIFIED };
const METADATA_LIMITS = { maxResponseBytes: 262_144, timeoutMs: 10_000, maxRedirects: 3 };

export function createSaml({ now, outbound }: Pick<Context, 'now' | 'outbound'>): Strategy<SamlSettings, SamlSecrets> {
  const makeKey = () => createOwnKey('PrivexBot', now());
  return {
    way: 'redirect',

    async begin(connection, { fresh = false }) {
      const { provider, addresses, key } = partsOf(connection);
      const { forceAuthn, nameIdFormat } = connection.settings;
      const envelope = { id: newId(), at: now(), issuer: addresses.metadata, destination: provider.signOnUrl };
      const xml = writeAuthnRequest(envelope, { acs: addresses.acs, format: FORMATS[nameIdFormat], forceAuthn: forceAuthn || fresh });
      const memory: Memory = { request: envelope.id };
      return { memory, go: (state) => toRedirect(provider.signOnUrl, 'SAMLRequest', xml, state, key.privateKey) };
    },

    async finish(connection, memory, answer, checks) {
      const { provider, addresses, keys } = partsOf(connection);
      const { settings } = connection;
      checks.require('answer', answer.SAMLResponse !== undefined, { expected: 'SAMLResponse', found: Object.keys(answer).join(' ') });
      const trust = { certificates: provider.certificates, decryptionKeys: keys.map(({ privateKey }) => privateKey) };
      const signed = await readSignedResponse(answer.SAMLResponse ?? '', trust, checks);
      return readArrival(
        signed,
        {
          entityId: provider.entityId,
          audience: addresses.metadata,
          acs: addresses.acs,
          request: (memory as Memory).request,
          subjectAttribute: settings.subjectAttribute,
          attributes: attributeNames({ email: settings.emailAttribute, name: settings.nameAttribute, groups: settings.groupsAttribute }),
          now: now(),
        },
        checks,
      );
    },

    async prepare({ settings, secrets }) {
      const provider = await describe(settings.provider);
      const isLocal = (address: string) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(address).hostname);
      for (const address of [provider.signOnUrl, provider.logoutUrl])
        if (address?.startsWith('http:') && !isLocal(address))
          throw new AppError('bad_request', { problem: 'a provider is reached by https' });
      const certificates = provider.certificates.map((pem) => readable(() => toCertificate(pem)));
      const weak = certificates.map(findWeakCertificate).find((reason) => reason !== undefined);
      if (weak) throw new AppError('bad_request', { problem: `the provider signs with ${weak}` });
      const keys = secrets.keys ?? [await makeKey()];
      return { settings: { ...settings, provider: { ...provider, certificates: certificates.map(String) } }, secrets: { keys } };
    },

    ownKeys: { of: ({ keys = [] }) => keys, put: (secrets, keys) => ({ ...secrets, keys }), make: makeKey },

    isSameServer: (before, after) => isSameProvider(before.provider, after.provider),

    async probe(connection, checks) {
      const { provider } = partsOf(connection);
      checks.require('discovery', true);
      for (const pem of provider.certificates) {
        const { validFromDate, validToDate } = toCertificate(pem);
        checks.require('certificate', validFromDate <= now() && now() < validToDate, {
          expected: now().toISOString(),
          found: `${validFromDate.toISOString()} to ${validToDate.toISOString()}`,
        });
      }
    },

    expiresAt: (connection) => firstEnd(partsOf(connection).provider.certificates, now()),

    ownExpiresAt: (connection) => firstEnd([partsOf(connection).key.certificate], now()),

    async describe(connection) {
      const { addresses, keys } = partsOf(connection);
      return { type: 'application/samlmetadata+xml', body: describeUs(addresses, keys) };
    },

    async readLogout(connection, { method, fields, query }, checks) {
      const { provider, addresses, key } = partsOf(connection);
      checks.require('answer', method === 'GET' && fields.SAMLRequest !== undefined, { expected: 'SAMLRequest by GET', found: method });
      const xml = fromRedirect(query, 'SAMLRequest', provider.certificates, checks);
      const { id, ...notice } = readLogoutRequest(xml, { entityId: provider.entityId, slo: addresses.slo, now: now() }, checks);
      if (!provider.logoutUrl) return notice;
      const envelope = { id: newId(), at: now(), issuer: addresses.metadata, destination: provider.logoutUrl };
      const response = writeLogoutResponse(envelope, id);
      return { ...notice, answerAt: toRedirect(provider.logoutUrl, 'SAMLResponse', response, fields.RelayState, key.privateKey) };
    },

    async endAt(connection, ending: Ending | undefined) {
      const { provider, addresses, key } = partsOf(connection);
      const { logoutUrl } = provider;
      if (!connection.settings.signOutThere || !logoutUrl || !ending) return undefined;
      const envelope = { id: newId(), at: now(), issuer: addresses.metadata, destination: logoutUrl };
      const xml = writeLogoutRequest(envelope, ending);
      const memory: Memory = { request: envelope.id };
      return { memory, go: (state) => toRedirect(logoutUrl, 'SAMLRequest', xml, state, key.privateKey) };
    },

    async readEnd(connection, memory, query, checks) {
      const { provider, addresses } = partsOf(connection);
      const { request } = memory as Memory;
      const xml = fromRedirect(query, 'SAMLResponse', provider.certificates, checks);
      readLogoutResponse(xml, { entityId: provider.entityId, slo: addresses.slo, request, now: now() }, checks);
    },
  };

  async function describe(provider: SamlSettings['provider']): Promise<ProviderDescription & { metadataUrl?: string | undefined }> {
    if ('metadata' in provider) return readable(() => readProviderMetadata(provider.metadata));
    if (!provider.metadataUrl) return provider as ProviderDescription;
    const { metadataUrl } = provider;
    const response = await outbound.request(metadataUrl, { ...METADATA_LIMITS, purpose: 'page', trust: 'typed' });
    if (!response.ok) throw new AppError('bad_request', { problem: `the address of the metadata answered ${response.status}` });
    const text = await response.text();
    return { ...readable(() => readProviderMetadata(text)), metadataUrl };
  }
}

/** Whether it is the same provider at the same address, whatever its certificates: these change from time to time. */
function isSameProvider(before: SamlSettings['provider'], after: SamlSettings['provider']): boolean {
  if (!('entityId' in before)) return false;
  if ('metadata' in after) {
    try {
      return isSameProvider(before, readProviderMetadata(after.metadata));
    } catch {
      return false;
    }
  }
  if (!('entityId' in after)) return before.metadataUrl === after.metadataUrl;
  return before.entityId === after.entityId && before.signOnUrl === after.signOnUrl;
}

/** Runs what reads values that an Admin entered. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof XmlError) throw new AppError('bad_request', { problem: error.message });
    throw error;
  }
}

/** The parts of a connection that was prepared. */
function partsOf({ settings, secrets, addresses }: SamlConnection) {
  const { provider } = settings;
  const [key, ...others] = secrets.keys ?? [];
  if (!('entityId' in provider) || !key) throw new Error('a SAML connection is stored after it was prepared');
  return { provider, addresses, key, keys: [key, ...others] };
}

/** An xs:ID nobody can guess (SAML core §1.3.4). */
function newId(): string {
  return `_${randomBytes(20).toString('hex')}`;
}
