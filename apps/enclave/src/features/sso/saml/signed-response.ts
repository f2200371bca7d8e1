import { SAML } from '@node-saml/node-saml';
import type { Checks } from '../strategy.ts';
import { type Algorithms, algorithmOf, ENCRYPTION, findMisplaced, findWeakAlgorithm, STRONG } from './structure.ts';
import { childOf, childrenOf, is, readXml, textOf, type XmlElement, XmlError } from './xml.ts';

/** Of what is posted. Responses of directories with hundreds of groups are a tenth of it. */
const MAX_BYTES = 256 * 1024;
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** What makes an answer the directory's. Nothing of the answer itself does: certificates in it are not looked at. */
export interface Trust {
  /** PEM. Several while the directory changes its certificate: one of them must have signed. */
  readonly certificates: readonly string[];
  /** PEM, PKCS #8. Ours: the one in use, and the one before or after. */
  readonly decryptionKeys: readonly string[];
  readonly algorithms?: Algorithms;
}

export interface SignedResponse {
  /** As it came: its attributes and status are signed only where `isResponseSigned`. */
  readonly response: XmlElement;
  /** Read from the bytes that the signature covers. */
  readonly assertion: XmlElement;
  readonly isResponseSigned: boolean;
  readonly isEncrypted: boolean;
}

/**
 * Reads a posted response down to the one assertion that the directory signed. What is around it is judged first, by a reader of its own,
 * so that the library's reader meets only one response with one assertion and signatures where they belong.
 * @throws SignInRefused
 */
export async function readSignedResponse(encoded: string, trust: Trust, checks: Checks): Promise<SignedResponse> {
  const text = decodePosted(encoded, checks);
  const response = readTree(text, 'Response', checks);
  orRefuse(() => requireSuccess(response, checks), checks);
  const algorithms = trust.algorithms ?? STRONG;
  const [encrypted, ...more] = childrenOf(response, 'assertion', 'EncryptedAssertion');
  const assertions = childrenOf(response, 'assertion', 'Assertion');
  const count = assertions.length + (encrypted ? 1 : 0) + more.length;
  checks.require('document', count === 1, { expected: 'one assertion', found: String(count) });
  const isResponseSigned = hasSignature(response);
  if (encrypted) checkEncryption(encrypted, isResponseSigned, checks);
  const weak = findWeakAlgorithm(response, algorithms);
  checks.require('algorithm', weak === undefined, { expected: algorithms.signatures.join(' '), found: weak });

  const isAssertionSigned = !encrypted && hasSignature(assertions[0]);
  checks.require('signature', isResponseSigned || isAssertionSigned || encrypted !== undefined, {
    expected: 'a signature of the response or of the assertion',
    found: 'none',
  });
  const wanted = { response: isResponseSigned, assertion: isAssertionSigned || !isResponseSigned };
  const signed = await verify(encoded, trust, wanted, encrypted !== undefined, checks);
  let assertion = readTree(signed, 'Assertion', checks);
  if (encrypted) {
    const weak = findWeakAlgorithm(assertion, algorithms);
    if (weak !== undefined) checks.refuse('algorithm', { expected: algorithms.signatures.join(' '), found: weak });
    // A signature that is there has to be right, also where the response's covers it.
    if (isResponseSigned && hasSignature(assertion))
      assertion = readTree(await verify(encoded, trust, { response: true, assertion: true }, true, checks), 'Assertion', checks);
  } else if (assertion.attributes.get('ID') !== assertions[0]?.attributes.get('ID')) checks.refuse('signature');
  checks.require('signature', true);
  return { response, assertion, isResponseSigned, isEncrypted: encrypted !== undefined };
}

/** Base64 with line ends (SAML bindings §3.5.4) of text in UTF-8. */
export function decodePosted(encoded: string, checks: Checks): string {
  const compact = encoded.replace(/[\r\n\t ]/g, '');
  checks.require('size', encoded.length <= MAX_BYTES * 1.5 && compact.length <= (MAX_BYTES * 4) / 3, {
    expected: `at most ${MAX_BYTES} bytes`,
    found: `${encoded.length} characters`,
  });
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact) || compact === '')
    checks.refuse('document', { expected: 'base64', found: 'other characters' });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(compact, 'base64'));
  } catch {
    return checks.refuse('document', { expected: 'text in UTF-8', found: 'other bytes' });
  }
}

/** The tree of a message whose parts stand where they may. */
export function readTree(text: string, name: 'Response' | 'Assertion' | 'LogoutRequest' | 'LogoutResponse', checks: Checks): XmlElement {
  const root = orRefuse(() => readXml(text), checks);
  const namespace = name === 'Assertion' ? 'assertion' : 'protocol';
  if (!is(root, namespace, name) || root.attributes.get('Version') !== '2.0' || !root.attributes.get('ID'))
    return checks.refuse('document', { expected: `${name} of SAML 2.0`, found: `${root.name} ${root.attributes.get('Version') ?? ''}` });
  const misplaced = orRefuse(() => findMisplaced(root), checks);
  if (misplaced) checks.refuse('document', { found: misplaced });
  return root;
}

/** Runs what reads XML; what it cannot read is a refused document. */
export function orRefuse<T>(read: () => T, checks: Checks): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof XmlError) return checks.refuse('document', { found: error.message });
    throw error;
  }
}

function hasSignature(element: XmlElement | undefined): boolean {
  return childOf(element, 'signature', 'Signature') !== undefined;
}

/** @throws SignInRefused where the answer is that something failed */
export function requireSuccess(response: XmlElement, checks: Checks): void {
  const status = statusOf(response);
  checks.require('answer', status === SUCCESS, { expected: SUCCESS, found: status });
}

/** Codes from the outer to the inner, and what the provider says in words (SAML core §3.2.2). */
function statusOf(response: XmlElement): string {
  const status = childOf(response, 'protocol', 'Status');
  const code = childOf(status, 'protocol', 'StatusCode');
  const inner = childOf(code, 'protocol', 'StatusCode');
  const message = textOf(childOf(status, 'protocol', 'StatusMessage'));
  return [code?.attributes.get('Value'), inner?.attributes.get('Value'), message].filter(Boolean).join(' ');
}

function checkEncryption(encrypted: XmlElement, isResponseSigned: boolean, checks: Checks): void {
  const data = childOf(encrypted, 'encryption', 'EncryptedData');
  const key =
    childOf(childOf(data, 'signature', 'KeyInfo'), 'encryption', 'EncryptedKey') ?? childOf(encrypted, 'encryption', 'EncryptedKey');
  const found = [data, key].map((part) => algorithmOf(childOf(part, 'encryption', 'EncryptionMethod')));
  const content = isResponseSigned ? [...ENCRYPTION.content, ...ENCRYPTION.contentUnderSignature] : ENCRYPTION.content;
  const isTaken = [content, ENCRYPTION.keys].every((taken: readonly string[], index) => taken.includes(found[index] ?? ''));
  checks.require('encryption', isTaken, {
    expected: `${[...content, ...ENCRYPTION.keys].join(' ')}${isResponseSigned ? '' : ' (others only in a signed response)'}`,
    found: found.join(' '),
  });
}

/** The library, asked for nothing but the bytes that were signed: what they say is read and judged here. */
class SignedBytes extends SAML {
  protected override async processValidlySignedAssertionAsync(xml: string) {
    return { profile: { issuer: '', nameID: '', nameIDFormat: '', getAssertionXml: () => xml }, loggedOut: false };
  }
}

const NO_CACHE = { saveAsync: async () => null, getAsync: async () => null, removeAsync: async () => null };

async function verify(
  encoded: string,
  { certificates, decryptionKeys }: Trust,
  wanted: { response: boolean; assertion: boolean },
  isEncrypted: boolean,
  checks: Checks,
): Promise<string> {
  let cause = '';
  let isForUs = !isEncrypted;
  for (const decryptionPvk of isEncrypted ? decryptionKeys : [undefined]) {
    const library = new SignedBytes({
      callbackUrl: 'unused',
      issuer: 'unused',
      audience: false,
      idpCert: [...certificates],
      wantAuthnResponseSigned: wanted.response,
      wantAssertionsSigned: wanted.assertion,
      cacheProvider: NO_CACHE,
      ...(decryptionPvk === undefined ? {} : { decryptionPvk }),
    });
    try {
      const { profile } = await library.validatePostResponseAsync({ SAMLResponse: encoded });
      const xml = profile?.getAssertionXml?.();
      if (xml) return xml;
      isForUs = true;
    } catch (error) {
      if (isOtherKey(error)) continue;
      isForUs = true;
      cause = error instanceof Error ? error.message : '';
    }
  }
  if (!isForUs) checks.refuse('encryption', { expected: 'a certificate of our metadata', found: 'another one' });
  return checks.refuse('signature', { expected: 'one of the pinned certificates', found: cause });
}

/** What opening says of a key that was encrypted for another one (RSA-OAEP, RFC 8017 §7.1.2). */
function isOtherKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL_RSA');
}
