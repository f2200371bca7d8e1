/**
 * A SAML identity provider's side, written apart from every library: it writes XML in exclusive canonical form at once, so that a digest is
 * over the text as it stands. Wrong on request, and signs what attackers would have to.
 */
import { createCipheriv, createHash, constants as crypto, type KeyLike, publicEncrypt, sign } from 'node:crypto';
import { randomBytes } from '../../../random.ts';
import { NAMESPACES, type Namespace } from './xml.ts';

export interface Node {
  /** With its prefix: `a:Assertion`. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Node | string)[];
}

const PREFIXES: Readonly<Record<string, Namespace>> = {
  a: 'assertion',
  p: 'protocol',
  d: 'signature',
  e: 'encryption',
  c: 'canonicalization',
};
const OTHER = 'urn:example:other';
export const SHA1 = {
  signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  digest: 'http://www.w3.org/2000/09/xmldsig#sha1',
  hash: 'sha1',
};
export const SHA256 = {
  signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  digest: 'http://www.w3.org/2001/04/xmlenc#sha256',
  hash: 'sha256',
};
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';

export function node(name: string, attributes: Record<string, string | undefined> = {}, ...children: (Node | string)[]): Node {
  const given = Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { name, attributes: Object.fromEntries(given), children };
}

/** Exclusive canonical form: a prefix is declared where it is first used, attributes are in the order of their names. */
export function write(of: Node | string, declared: readonly string[] = []): string {
  if (typeof of === 'string')
    return of.replace(/[&<>\r]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '&#xD;');
  const { name, attributes, children } = of;
  const prefix = name.includes(':') ? (name.split(':')[0] ?? '') : '';
  const isNew = prefix !== '' && !declared.includes(prefix);
  const known = PREFIXES[prefix];
  const declaration = isNew ? ` xmlns:${prefix}="${known ? NAMESPACES[known] : OTHER}"` : '';
  const values = Object.entries(attributes)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([key, value]) =>
        ` ${key}="${value.replace(/[&<"\t\n\r]/g, (character) => (character === '&' ? '&amp;' : character === '<' ? '&lt;' : `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`)).replaceAll('&#x22;', '&quot;')}"`,
    )
    .join('');
  const inside = isNew ? [...declared, prefix] : declared;
  return `<${name}${declaration}${values}>${children.map((child) => write(child, inside)).join('')}</${name}>`;
}

/** The element with a signature over it, behind its issuer. */
export function signed(element: Node, key: KeyLike, { signature, digest, hash } = SHA256): Node {
  const transform = (algorithm: string) => node('d:Transform', { Algorithm: algorithm });
  const value = createHash(hash).update(write(element)).digest('base64');
  const info = node(
    'd:SignedInfo',
    {},
    node('d:CanonicalizationMethod', { Algorithm: EXCLUSIVE }),
    node('d:SignatureMethod', { Algorithm: signature }),
    node(
      'd:Reference',
      { URI: `#${element.attributes.ID}` },
      node('d:Transforms', {}, transform('http://www.w3.org/2000/09/xmldsig#enveloped-signature'), transform(EXCLUSIVE)),
      node('d:DigestMethod', { Algorithm: digest }),
      node('d:DigestValue', {}, value),
    ),
  );
  const made = sign(hash, new TextEncoder().encode(write(info)), key as string).toString('base64');
  return insert(element, 1, node('d:Signature', {}, info, node('d:SignatureValue', {}, made)));
}

export function insert(into: Node, at: number, ...what: (Node | string)[]): Node {
  return { ...into, children: [...into.children.slice(0, at), ...what, ...into.children.slice(at)] };
}

export function without(from: Node, name: string): Node {
  return { ...from, children: from.children.filter((child) => typeof child === 'string' || child.name !== name) };
}

export function child(of: Node, name: string): Node {
  const found = of.children.find((one): one is Node => typeof one !== 'string' && one.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** Replaces what is at a path of names, the first of each. */
export function change(of: Node, path: readonly string[], how: (found: Node) => Node | string): Node {
  const [name, ...rest] = path;
  let done = false;
  const children = of.children.map((one) => {
    if (done || typeof one === 'string' || one.name !== name) return one;
    done = true;
    return rest.length ? change(one, rest, how) : how(one);
  });
  if (!done) throw new Error(`there is no ${name}`);
  return { ...of, children };
}

export function withAttributes(of: Node, attributes: Record<string, string | undefined>): Node {
  return node(of.name, { ...of.attributes, ...attributes }, ...of.children);
}

export interface Situation {
  readonly entityId: string;
  readonly audience: string;
  readonly acs: string;
  readonly request: string;
  readonly at: Date;
}

export function responseOf(situation: Situation, assertion: Node): Node {
  return node(
    'p:Response',
    {
      ID: '_response',
      Version: '2.0',
      IssueInstant: situation.at.toISOString(),
      Destination: situation.acs,
      InResponseTo: situation.request,
    },
    node('a:Issuer', {}, situation.entityId),
    node('p:Status', {}, node('p:StatusCode', { Value: 'urn:oasis:names:tc:SAML:2.0:status:Success' })),
    assertion,
  );
}

export function assertionOf({ entityId, audience, acs, request, at }: Situation, name = 'ana', id = '_assertion'): Node {
  const after = (minutes: number) => new Date(at.getTime() + minutes * 60_000).toISOString();
  const attribute = (key: string, ...values: string[]) =>
    node('a:Attribute', { Name: key }, ...values.map((value) => node('a:AttributeValue', {}, value)));
  return node(
    'a:Assertion',
    { ID: id, Version: '2.0', IssueInstant: at.toISOString() },
    node('a:Issuer', {}, entityId),
    node(
      'a:Subject',
      {},
      node('a:NameID', { Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' }, name),
      node(
        'a:SubjectConfirmation',
        { Method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer' },
        node('a:SubjectConfirmationData', { InResponseTo: request, NotOnOrAfter: after(5), Recipient: acs }),
      ),
    ),
    node(
      'a:Conditions',
      { NotBefore: after(-5), NotOnOrAfter: after(5) },
      node('a:AudienceRestriction', {}, node('a:Audience', {}, audience)),
    ),
    node(
      'a:AuthnStatement',
      { AuthnInstant: after(-1), SessionIndex: '_session' },
      node('a:AuthnContext', {}, node('a:AuthnContextClassRef', {}, 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport')),
    ),
    node(
      'a:AttributeStatement',
      {},
      attribute('email', `${name}@example.com`),
      attribute('displayName', 'Ana Example'),
      attribute('groups', 'staff', 'sales'),
    ),
  );
}

export interface Encryption {
  readonly content: 'aes-256-gcm' | 'aes-128-cbc';
  readonly padding?: 'oaep' | '1.5';
}

export function encrypted(
  assertion: Node | string,
  certificate: string,
  { content, padding = 'oaep' }: Encryption = { content: 'aes-256-gcm' },
): Node {
  const isGcm = content === 'aes-256-gcm';
  const [key, iv] = [randomBytes(isGcm ? 32 : 16), randomBytes(isGcm ? 12 : 16)];
  // The type of one that authenticates: with CBC there is no tag to ask for.
  const cipher = createCipheriv(content as 'aes-256-gcm', key, iv);
  const text = typeof assertion === 'string' ? assertion : write(assertion);
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), isGcm ? cipher.getAuthTag() : Buffer.alloc(0)]);
  const wrapped = publicEncrypt(
    { key: certificate, padding: padding === 'oaep' ? crypto.RSA_PKCS1_OAEP_PADDING : crypto.RSA_PKCS1_PADDING, oaepHash: 'sha1' },
    key,
  );
  const method = (algorithm: string) => node('e:EncryptionMethod', { Algorithm: algorithm });
  const data = (bytes: Uint8Array) => node('e:CipherData', {}, node('e:CipherValue', {}, Buffer.from(bytes).toString('base64')));
  return node(
    'a:EncryptedAssertion',
    {},
    node(
      'e:EncryptedData',
      { Type: 'http://www.w3.org/2001/04/xmlenc#Element' },
      method(isGcm ? 'http://www.w3.org/2009/xmlenc11#aes256-gcm' : 'http://www.w3.org/2001/04/xmlenc#aes128-cbc'),
      node(
        'd:KeyInfo',
        {},
        node(
          'e:EncryptedKey',
          {},
          method(`http://www.w3.org/2001/04/xmlenc#${padding === 'oaep' ? 'rsa-oaep-mgf1p' : 'rsa-1_5'}`),
          data(wrapped),
        ),
      ),
      data(sealed),
    ),
  );
}
