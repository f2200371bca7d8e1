import type { Arrival, Checks, Claims } from '../strategy.ts';
import { type AttributeNames, methodsOf, valuesOf } from './attributes.ts';
import { orRefuse, type SignedResponse } from './signed-response.ts';
import { childOf, childrenOf, NAMESPACES, textOf, type XmlElement } from './xml.ts';

const MINUTE = 60_000;
/** By how much the provider's clock may differ. */
const SKEW_MS = 2 * MINUTE;
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const FORMAT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:';
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
export const UNSPECIFIED = `${FORMAT}unspecified`;
export const EMAIL = `${FORMAT}emailAddress`;
/** Conditions that are understood. SAML core §2.5.1.1: with any other the assertion must not be relied on. */
const CONDITIONS = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'];

/** It is read with each request of the session. */
const MAX_ENDING = 2_000;
const QUALIFIERS = ['Format', 'NameQualifier', 'SPNameQualifier'];

/** What a request to end the session at the provider names. */
export interface Ending {
  readonly name: string;
  /** Of the NameID. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly session?: string;
}

export interface Expectation {
  /** Of the provider. */
  readonly entityId: string;
  /** Of us. */
  readonly audience: string;
  readonly acs: string;
  /** The ID of the request. Without one, as where a sign-in began at the provider, nothing is taken. */
  readonly request: string;
  readonly subjectAttribute: string | undefined;
  readonly attributes: AttributeNames;
  readonly now: Date;
}

/** Reads who came from the signed assertion. @throws SignInRefused */
export function readArrival(signed: SignedResponse, expected: Expectation, checks: Checks): Arrival {
  return orRefuse(() => {
    const { assertion } = signed;
    checks.claims = claimsOf(assertion);
    checkIssuer(signed, expected, checks);
    checkAddress(signed, expected, checks);
    const confirmedUntil = checkSubject(signed, expected, checks);
    const until = checkConditions(assertion, expected, checks);
    const authn = checkStatement(assertion, expected, checks);
    const name = readName(assertion, expected, checks);
    const { attributes } = expected;
    const email = attributes.email(checks.claims) ?? (name.format === EMAIL ? name.value : undefined);
    const shown = attributes.name(checks.claims);
    const ending = toEnding(assertion, authn.session);
    return {
      issuer: expected.entityId,
      subject: name.subject,
      ...(shown ? { name: shown } : {}),
      ...(email ? { email } : {}),
      emailVerified: email !== undefined,
      groups: attributes.groups(checks.claims),
      amr: methodsOf(authn.context, checks.claims),
      authTime: authn.at,
      claims: checks.claims,
      ...(authn.session ? { session: authn.session } : {}),
      ...(ending ? { ending } : {}),
      once: { id: assertion.attributes.get('ID') ?? '', until: new Date(Math.max(confirmedUntil, until) + SKEW_MS) },
    };
  }, checks);
}

/** Web SSO profile §4.1.4.2: on the response too, where that is signed or the assertion encrypted; equal wherever it is. */
function checkIssuer(
  { response, assertion, isResponseSigned, isEncrypted }: SignedResponse,
  { entityId }: Expectation,
  checks: Checks,
): void {
  const issuers = [childOf(assertion, 'assertion', 'Issuer'), childOf(response, 'assertion', 'Issuer')];
  const needed = isResponseSigned || isEncrypted ? 2 : 1;
  const found = issuers.filter((issuer) => issuer !== undefined).map(textOf);
  const isEntity = issuers.every((issuer) => (issuer?.attributes.get('Format') ?? '').replace(/^.*:entity$/, '') === '');
  checks.require('issuer', issuers[0] !== undefined && found.length >= needed && isEntity && found.every((one) => one === entityId), {
    expected: entityId,
    found: found.join(' '),
  });
}

/** SAML bindings §3.5.5.2: a signed message names where it was to go. */
function checkAddress({ response, isResponseSigned }: SignedResponse, { acs, request }: Expectation, checks: Checks): void {
  const destination = response.attributes.get('Destination');
  checks.require('destination', destination === acs || (destination === undefined && !isResponseSigned), {
    expected: acs,
    found: destination ?? 'none',
  });
  const answered = response.attributes.get('InResponseTo');
  checks.require('in_response_to', answered === request, { expected: request, found: answered ?? 'none' });
}

/** One bearer confirmation has to be for this address and request, and in time (web SSO profile §4.1.4.3). @returns until when, in ms */
function checkSubject({ assertion }: SignedResponse, { acs, request, now }: Expectation, checks: Checks): number {
  const bearers = childrenOf(childOf(assertion, 'assertion', 'Subject') ?? assertion, 'assertion', 'SubjectConfirmation')
    .filter(({ attributes }) => attributes.get('Method') === BEARER)
    .map((confirmation) => childOf(confirmation, 'assertion', 'SubjectConfirmationData')?.attributes ?? new Map<string, string>());
  const forUs = bearers.filter((data) => data.get('Recipient') === acs);
  const recipients = bearers.map((data) => data.get('Recipient') ?? 'none').join(' ');
  checks.require('recipient', forUs.length > 0, { expected: acs, found: recipients || 'no bearer confirmation' });
  const answering = forUs.filter((data) => data.get('InResponseTo') === request);
  if (answering.length === 0)
    checks.refuse('in_response_to', { expected: request, found: forUs.map((data) => data.get('InResponseTo') ?? 'none').join(' ') });
  const inTime = answering.find((data) => data.has('NotOnOrAfter') && isInTime(data, now, checks));
  if (!inTime) return refuseTime(answering[0], now, checks);
  return readTime(inTime.get('NotOnOrAfter'), checks);
}

/** @returns until when, in ms; 0 where nothing is said */
function checkConditions(assertion: XmlElement, { audience, now }: Expectation, checks: Checks): number {
  const conditions = childOf(assertion, 'assertion', 'Conditions');
  if (!conditions) return checks.refuse('audience', { expected: audience, found: 'no conditions' });
  if (!isInTime(conditions.attributes, now, checks)) refuseTime(conditions.attributes, now, checks);
  const issued = readTime(assertion.attributes.get('IssueInstant'), checks);
  checks.require('time', issued <= now.getTime() + SKEW_MS, {
    expected: `before ${now.toISOString()}`,
    found: new Date(issued).toISOString(),
  });
  const unknown = conditions.children.find(({ namespace, name }) => namespace !== NAMESPACES.assertion || !CONDITIONS.includes(name));
  const restrictions = childrenOf(conditions, 'assertion', 'AudienceRestriction').map((one) =>
    childrenOf(one, 'assertion', 'Audience').map(textOf),
  );
  checks.require(
    'audience',
    unknown === undefined && restrictions.length > 0 && restrictions.every((audiences) => audiences.includes(audience)),
    {
      expected: audience,
      found: unknown ? `the condition ${unknown.name}` : restrictions.flat().join(' ') || 'none',
    },
  );
  const until = conditions.attributes.get('NotOnOrAfter');
  return until === undefined ? 0 : readTime(until, checks);
}

/** When and how the person signed in there (web SSO profile §4.1.4.2: at least one statement). */
function checkStatement(
  assertion: XmlElement,
  { now }: Expectation,
  checks: Checks,
): { at: Date; session: string | undefined; context: string } {
  const [statement] = childrenOf(assertion, 'assertion', 'AuthnStatement');
  if (!statement) return checks.refuse('claims', { expected: 'an AuthnStatement', found: 'none' });
  const { attributes } = statement;
  const at = readTime(attributes.get('AuthnInstant'), checks);
  if (at > now.getTime() + SKEW_MS) checks.refuse('time', { expected: `before ${now.toISOString()}`, found: new Date(at).toISOString() });
  const end = attributes.get('SessionNotOnOrAfter');
  if (end !== undefined && readTime(end, checks) <= now.getTime() - SKEW_MS)
    checks.refuse('time', { expected: `after ${now.toISOString()}`, found: end });
  const context = textOf(childOf(childOf(statement, 'assertion', 'AuthnContext'), 'assertion', 'AuthnContextClassRef')) ?? '';
  return { at: new Date(at), session: attributes.get('SessionIndex'), context };
}

/** What names the person. An identifier of another domain of names than the provider's and ours might be somebody else's here. */
function readName(assertion: XmlElement, { entityId, audience, subjectAttribute }: Expectation, checks: Checks) {
  const subject = childOf(assertion, 'assertion', 'Subject');
  const nameId = childOf(subject, 'assertion', 'NameID');
  const value = textOf(nameId) ?? '';
  const format = nameId?.attributes.get('Format') ?? UNSPECIFIED;
  if (subjectAttribute !== undefined) {
    const [first, ...others] = valuesOf(checks.claims, subjectAttribute);
    checks.require('subject', first !== undefined && others.length === 0, {
      expected: `one ${subjectAttribute}`,
      found: first === undefined ? 'none' : [first, ...others].join(' '),
    });
    return { subject: `attribute:${subjectAttribute} ${first}`, value, format };
  }
  const isOurs =
    [entityId, undefined].includes(nameId?.attributes.get('NameQualifier')) &&
    [audience, undefined].includes(nameId?.attributes.get('SPNameQualifier'));
  checks.require('subject', value !== '' && format !== TRANSIENT && isOurs, {
    expected: 'a NameID that is the same each time, or an attribute that is',
    found: value === '' ? (childOf(subject, 'assertion', 'EncryptedID') ? 'an encrypted NameID' : 'no NameID') : `${format} ${value}`,
  });
  return { subject: `${format} ${value}`, value, format };
}

/** The session as the provider named it: SAML core §3.7.3.1 wants the same NameID, letter for letter with all that qualifies it. */
function toEnding(assertion: XmlElement, session: string | undefined): Ending | undefined {
  const nameId = childOf(childOf(assertion, 'assertion', 'Subject'), 'assertion', 'NameID');
  const attributes = [...(nameId?.attributes ?? [])].filter(([name]) => QUALIFIERS.includes(name));
  const ending = { name: textOf(nameId) ?? '', attributes: Object.fromEntries(attributes), ...(session ? { session } : {}) };
  return ending.name && JSON.stringify(ending).length <= MAX_ENDING ? ending : undefined;
}

/** NameID and attributes by name, as the page of attempts shows them and the rules read them. */
function claimsOf(assertion: XmlElement): Claims {
  const claims = new Map<string, string[]>();
  const nameId = childOf(childOf(assertion, 'assertion', 'Subject'), 'assertion', 'NameID');
  if (nameId) claims.set('NameID', [textOf(nameId) ?? '']);
  for (const statement of childrenOf(assertion, 'assertion', 'AttributeStatement')) {
    for (const attribute of childrenOf(statement, 'assertion', 'Attribute')) {
      const name = attribute.attributes.get('Name');
      if (!name || name === 'NameID') continue;
      const values = childrenOf(attribute, 'assertion', 'AttributeValue').map(attributeText);
      claims.set(name, [...(claims.get(name) ?? []), ...values]);
    }
  }
  return Object.fromEntries(claims);
}

/** eduPersonTargetedID holds a NameID; everything else is text. */
function attributeText(value: XmlElement): string {
  return textOf(childOf(value, 'assertion', 'NameID') ?? value) ?? '';
}

function isInTime(attributes: ReadonlyMap<string, string>, now: Date, checks: Checks): boolean {
  const from = attributes.get('NotBefore');
  const until = attributes.get('NotOnOrAfter');
  if (from !== undefined && now.getTime() + SKEW_MS < readTime(from, checks)) return false;
  return until === undefined || now.getTime() - SKEW_MS < readTime(until, checks);
}

function refuseTime(attributes: ReadonlyMap<string, string> | undefined, now: Date, checks: Checks): never {
  const [from, until] = [attributes?.get('NotBefore'), attributes?.get('NotOnOrAfter')];
  return checks.refuse('time', { expected: now.toISOString(), found: `${from ?? 'any time'} to ${until ?? 'no end'}` });
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** xs:dateTime with its zone, in ms: without one it means another instant to each reader. */
function readTime(text: string | undefined, checks: Checks): number {
  const time = text !== undefined && INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) checks.refuse('time', { expected: 'a time with its zone', found: text ?? 'none' });
  return time;
}
