import type { X509Certificate } from 'node:crypto';
import { readCertificate } from '../certificates.ts';
import type { Addresses, OwnKey } from '../strategy.ts';
import { ENCRYPTION } from './structure.ts';
import { childOf, childrenOf, escapeXml, NAMESPACES, readXml, textOf, walk, type XmlElement, XmlError } from './xml.ts';

export interface ProviderDescription {
  readonly entityId: string;
  readonly signOnUrl: string;
  readonly logoutUrl?: string | undefined;
  /** PEM. */
  readonly certificates: string[];
}

const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const MAX_CERTIFICATES = 5;

/**
 * What a provider's metadata says of it. It is read for its values only: whoever enters it vouches for it, as for values typed by hand,
 * so signatures in it are not looked at.
 * @throws XmlError with a reason that may be shown
 */
export function readProviderMetadata(text: string): ProviderDescription {
  const root = readXml(text.replace(/^\uFEFF/, '').replaceAll(/<!--[\s\S]*?-->/g, ''));
  const entities = [...walk(root)].filter((element) => isProvider(element));
  const [entity, ...others] = entities;
  if (!entity) throw new XmlError('there is no identity provider in the metadata');
  if (others.length) throw new XmlError('there is more than one identity provider in the metadata');
  const provider = childOf(entity, 'metadata', 'IDPSSODescriptor');
  const entityId = entity.attributes.get('entityID');
  const signOnUrl = locationOf(provider, 'SingleSignOnService');
  if (!provider || !entityId || !signOnUrl) throw new XmlError('the metadata names no address for sign-in with the binding HTTP-Redirect');
  const certificates = childrenOf(provider, 'metadata', 'KeyDescriptor')
    .filter(({ attributes }) => attributes.get('use') !== 'encryption')
    .flatMap((key) => [...walk(key)].filter(({ namespace, name }) => namespace === NAMESPACES.signature && name === 'X509Certificate'))
    .map((certificate) => toCertificate(textOf(certificate) ?? '').toString());
  if (certificates.length === 0) throw new XmlError('the metadata names no certificate for signatures');
  if (certificates.length > MAX_CERTIFICATES) throw new XmlError(`the metadata names more than ${MAX_CERTIFICATES} certificates`);
  const logoutUrl = locationOf(provider, 'SingleLogoutService');
  return { entityId, signOnUrl, ...(logoutUrl ? { logoutUrl } : {}), certificates: [...new Set(certificates)] };
}

/** @throws XmlError */
export function toCertificate(text: string): X509Certificate {
  const certificate = readCertificate(text);
  if (!certificate) throw new XmlError('a certificate is not one in PEM');
  return certificate;
}

/** Why a certificate of a provider is not taken, or undefined. */
export function findWeakCertificate(certificate: X509Certificate): string | undefined {
  const { publicKey } = certificate;
  if (publicKey.asymmetricKeyType !== 'rsa') return `a key of type ${publicKey.asymmetricKeyType}, not RSA`;
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits < 2_048 ? `an RSA key of ${bits} bits, not 2048` : undefined;
}

/**
 * What a provider's Admin loads (SAML metadata §2.4.4). While our keys change over all are named: requests are signed with the first, and
 * assertions may be encrypted for any.
 */
export function describeUs({ metadata, acs, slo }: Addresses, keys: readonly OwnKey[]): string {
  const key = (use: string, methods: string) =>
    keys
      .map(({ certificate }) => certificate.replace(/-----[A-Z ]+-----|\s/g, ''))
      .map(
        (text) =>
          `<KeyDescriptor use="${use}"><d:KeyInfo><d:X509Data><d:X509Certificate>${text}</d:X509Certificate></d:X509Data></d:KeyInfo>${methods}</KeyDescriptor>`,
      )
      .join('');
  const methods = [...ENCRYPTION.keys, ...ENCRYPTION.content].map((method) => `<EncryptionMethod Algorithm="${method}"/>`).join('');
  const parts = [
    key('signing', ''),
    key('encryption', methods),
    `<SingleLogoutService Binding="${REDIRECT}" Location="${escapeXml(slo)}"/>`,
    `<AssertionConsumerService index="0" isDefault="true" Binding="${POST}" Location="${escapeXml(acs)}"/>`,
  ];
  return (
    `<EntityDescriptor xmlns="${NAMESPACES.metadata}" xmlns:d="${NAMESPACES.signature}" entityID="${escapeXml(metadata)}">` +
    `<SPSSODescriptor protocolSupportEnumeration="${NAMESPACES.protocol}" AuthnRequestsSigned="true" WantAssertionsSigned="true">` +
    `${parts.join('')}</SPSSODescriptor></EntityDescriptor>`
  );
}

function isProvider(element: XmlElement): boolean {
  return (
    element.namespace === NAMESPACES.metadata &&
    element.name === 'EntityDescriptor' &&
    childrenOf(element, 'metadata', 'IDPSSODescriptor').length > 0
  );
}

function locationOf(provider: XmlElement | undefined, service: 'SingleSignOnService' | 'SingleLogoutService'): string | undefined {
  const services = provider ? childrenOf(provider, 'metadata', service) : [];
  const location = services.find(({ attributes }) => attributes.get('Binding') === REDIRECT)?.attributes.get('Location');
  if (location === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(location)?.protocol ?? '')) throw new XmlError(`the address of ${service} is none`);
  return location;
}
