import { childOf, childrenOf, is, NAMESPACES, type Namespace, walk, type XmlElement } from './xml.ts';

/** XML Signature algorithms that are taken. SHA-1 is not: collisions of chosen prefixes are affordable (RFC 6194 §4, NIST SP 800-131A §9). */
export const STRONG: Algorithms = {
  signatures: [
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
    'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  ],
  digests: ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512'],
};

/** How assertions may be encrypted for us. */
export const ENCRYPTION = {
  content: ['http://www.w3.org/2009/xmlenc11#aes256-gcm', 'http://www.w3.org/2009/xmlenc11#aes128-gcm'],
  /** Changed at will without a signature around it, and then answers tell the text (Jager and Somorovsky 2011; XML Encryption 1.1 §6.1). */
  contentUnderSignature: ['http://www.w3.org/2001/04/xmlenc#aes256-cbc', 'http://www.w3.org/2001/04/xmlenc#aes128-cbc'],
  /** RSA 1.5 is not among them: whoever may ask often is told the key (Bleichenbacher 1998). */
  keys: ['http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'],
} as const;

export interface Algorithms {
  readonly signatures: readonly string[];
  readonly digests: readonly string[];
}

/** SAML core §5.4.3 and §5.4.4: exclusive canonicalization, and in a reference the enveloped-signature transform before it. */
const CANONICAL = ['http://www.w3.org/2001/10/xml-exc-c14n#', 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments'];
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/**
 * Where each element that carries trust may stand. Attacks by signature wrapping move or copy them: into extensions, objects of a
 * signature, other signatures, other namespaces. An element of one of these names anywhere else is refused, whatever it holds.
 */
const PLACES: Readonly<Record<string, { readonly namespace: Namespace; readonly parents: readonly string[]; readonly once?: true }>> = {
  Response: { namespace: 'protocol', parents: ['(document)'] },
  LogoutRequest: { namespace: 'protocol', parents: ['(document)'] },
  LogoutResponse: { namespace: 'protocol', parents: ['(document)'] },
  Status: { namespace: 'protocol', parents: ['Response', 'LogoutResponse'], once: true },
  Assertion: { namespace: 'assertion', parents: ['(document)', 'Response', 'Advice'] },
  EncryptedAssertion: { namespace: 'assertion', parents: ['Response', 'Advice'] },
  Advice: { namespace: 'assertion', parents: ['Assertion'], once: true },
  Issuer: { namespace: 'assertion', parents: ['Response', 'LogoutRequest', 'LogoutResponse', 'Assertion'], once: true },
  Subject: { namespace: 'assertion', parents: ['Assertion'], once: true },
  Conditions: { namespace: 'assertion', parents: ['Assertion'], once: true },
  NameID: { namespace: 'assertion', parents: ['Subject', 'SubjectConfirmation', 'LogoutRequest', 'AttributeValue'], once: true },
  EncryptedID: { namespace: 'assertion', parents: ['Subject', 'SubjectConfirmation', 'LogoutRequest'], once: true },
  Signature: { namespace: 'signature', parents: ['Response', 'LogoutRequest', 'LogoutResponse', 'Assertion'], once: true },
  SignedInfo: { namespace: 'signature', parents: ['Signature'], once: true },
  SignatureValue: { namespace: 'signature', parents: ['Signature'], once: true },
  CanonicalizationMethod: { namespace: 'signature', parents: ['SignedInfo'], once: true },
  SignatureMethod: { namespace: 'signature', parents: ['SignedInfo'], once: true },
  Reference: { namespace: 'signature', parents: ['SignedInfo'], once: true },
  Transforms: { namespace: 'signature', parents: ['Reference'], once: true },
  Transform: { namespace: 'signature', parents: ['Transforms'] },
  DigestValue: { namespace: 'signature', parents: ['Reference'], once: true },
  EncryptedData: { namespace: 'encryption', parents: ['EncryptedAssertion', 'EncryptedID'], once: true },
  EncryptedKey: { namespace: 'encryption', parents: ['KeyInfo', 'EncryptedAssertion', 'EncryptedID'], once: true },
};

/** What is wrong with the shape of a message, or undefined. Says nothing about whether a signature is right. */
export function findMisplaced(root: XmlElement): string | undefined {
  const identifiers = new Set<string>();
  for (const element of walk(root)) {
    const { namespace, name, parent } = element;
    const place = PLACES[name];
    if (place) {
      if (namespace !== NAMESPACES[place.namespace]) return `${name} is of another namespace`;
      if (!place.parents.includes(parent?.name ?? '(document)')) return `${name} stands in ${parent?.name ?? 'no element'}`;
      if (place.once && parent && childrenOf(parent, place.namespace, name).length > 1) return `${name} is there more than once`;
    }
    for (const identifier of identifiersOf(element)) {
      if (identifiers.has(identifier)) return 'an ID is there more than once';
      identifiers.add(identifier);
    }
    const problem = is(element, 'signature', 'Signature') ? findBadSignature(element) : undefined;
    if (problem) return problem;
  }
  return undefined;
}

/** Which algorithm of the signatures is not taken, or undefined. */
export function findWeakAlgorithm(root: XmlElement, { signatures, digests }: Algorithms): string | undefined {
  for (const element of walk(root)) {
    if (!is(element, 'signature', 'Signature')) continue;
    const info = childOf(element, 'signature', 'SignedInfo');
    const signature = algorithmOf(childOf(info, 'signature', 'SignatureMethod'));
    const digest = algorithmOf(childOf(childOf(info, 'signature', 'Reference'), 'signature', 'DigestMethod'));
    if (!signatures.includes(signature)) return signature;
    if (!digests.includes(digest)) return digest;
  }
  return undefined;
}

export function algorithmOf(method: XmlElement | undefined): string {
  return method?.attributes.get('Algorithm') ?? '';
}

/** Attributes that a reference may lead to, whatever their case and namespace: what any reader might take for an ID must be unique. */
function identifiersOf({ attributes }: XmlElement): string[] {
  return [...attributes].flatMap(([name, value]) => (/(^|\})id$/i.test(name) ? [value] : []));
}

/** One reference, to the element that holds the signature (SAML core §5.4.2), through the two known transforms; nothing besides. */
function findBadSignature(signature: XmlElement): string | undefined {
  const info = childOf(signature, 'signature', 'SignedInfo');
  const reference = childOf(info, 'signature', 'Reference');
  const transforms = childOf(reference, 'signature', 'Transforms');
  if (!info || !reference || !transforms) return 'a signature lacks a part';
  const names = signature.children.map(({ name }) => name).join(' ');
  if (!/^SignedInfo SignatureValue( KeyInfo)?$/.test(names)) return `a signature holds ${names}`;
  const parts = info.children.map(({ name }) => name).join(' ');
  if (parts !== 'CanonicalizationMethod SignatureMethod Reference') return `SignedInfo holds ${parts}`;
  const of = reference.children.map(({ name }) => name).join(' ');
  if (of !== 'Transforms DigestMethod DigestValue') return `Reference holds ${of}`;
  const id = signature.parent?.attributes.get('ID');
  if (!id || reference.attributes.get('URI') !== `#${id}`) return 'a signature refers to another element than the one it stands in';
  const [first, second, ...more] = transforms.children.map(algorithmOf);
  if (more.length || first !== ENVELOPED || !CANONICAL.includes(second ?? '')) return 'a signature has other transforms';
  if (!CANONICAL.includes(algorithmOf(childOf(info, 'signature', 'CanonicalizationMethod'))))
    return 'a signature is not in exclusive canonical form';
  return undefined;
}
