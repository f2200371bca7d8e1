import type { Checks, LogoutNotice } from '../strategy.ts';
import { type Ending, UNSPECIFIED } from './arrival.ts';
import { orRefuse, readTree, requireSuccess } from './signed-response.ts';
import { childOf, childrenOf, escapeXml, NAMESPACES, textOf, type XmlElement } from './xml.ts';

/** By how much the provider's clock may differ. */
const SKEW_MS = 120_000;
/** How long a request to end a session is good for where it does not say. */
const FRESH_MS = 600_000;
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';

interface Envelope {
  readonly id: string;
  readonly at: Date;
  readonly issuer: string;
  readonly destination: string;
}

interface Expected {
  /** Of the provider. */
  readonly entityId: string;
  /** Our single logout service. */
  readonly slo: string;
  readonly now: Date;
}

/** SAML core §3.4.1 */
export function writeAuthnRequest(envelope: Envelope, wish: { acs: string; format: string; forceAuthn: boolean }): string {
  const force = wish.forceAuthn ? ' ForceAuthn="true"' : '';
  const format = wish.format === UNSPECIFIED ? '' : ` Format="${escapeXml(wish.format)}"`;
  return write(
    'AuthnRequest',
    envelope,
    `${force} ProtocolBinding="${POST}" AssertionConsumerServiceURL="${escapeXml(wish.acs)}"`,
    `<p:NameIDPolicy${format} AllowCreate="true"/>`,
  );
}

/** SAML core §3.7.1 */
export function writeLogoutRequest(envelope: Envelope, { name, attributes, session }: Ending): string {
  const qualifiers = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const index = session === undefined ? '' : `<p:SessionIndex>${escapeXml(session)}</p:SessionIndex>`;
  return write('LogoutRequest', envelope, '', `<a:NameID${qualifiers.join('')}>${escapeXml(name)}</a:NameID>${index}`);
}

/** SAML core §3.7.2 */
export function writeLogoutResponse(envelope: Envelope, request: string): string {
  const status = '<p:Status><p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></p:Status>';
  return write('LogoutResponse', envelope, ` InResponseTo="${escapeXml(request)}"`, status);
}

/** Reads a request to end a session, whose signature was checked. SAML core §3.7.3.2. */
export function readLogoutRequest(xml: string, expected: Expected, checks: Checks): LogoutNotice & { readonly id: string } {
  return orRefuse(() => {
    const request = readTree(xml, 'LogoutRequest', checks);
    const { attributes } = request;
    const until = checkEnvelope(request, expected, checks);
    const nameId = childOf(request, 'assertion', 'NameID');
    const name = textOf(nameId) ?? '';
    // Where several are named, all sessions of the person end: none of them is more than that.
    const sessions = childrenOf(request, 'protocol', 'SessionIndex');
    const session = sessions.length === 1 ? textOf(sessions[0]) : undefined;
    checks.require('subject', name !== '', { expected: 'a NameID', found: 'none' });
    const id = attributes.get('ID') ?? '';
    return {
      id,
      subject: `${nameId?.attributes.get('Format') ?? UNSPECIFIED} ${name}`,
      ...(session ? { session } : {}),
      once: { id, until: new Date(until + SKEW_MS) },
    };
  }, checks);
}

/** Reads the answer to a request of ours to end a session, whose signature was checked. SAML core §3.7.2. */
export function readLogoutResponse(xml: string, expected: Expected & { readonly request: string }, checks: Checks): void {
  orRefuse(() => {
    const response = readTree(xml, 'LogoutResponse', checks);
    checkEnvelope(response, expected, checks);
    const answered = response.attributes.get('InResponseTo');
    checks.require('in_response_to', answered === expected.request, { expected: expected.request, found: answered ?? 'none' });
    requireSuccess(response, checks);
  }, checks);
}

/** From whom, to whom and when. @returns until when the message is good, in ms */
function checkEnvelope(message: XmlElement, { entityId, slo, now }: Expected, checks: Checks): number {
  const issuer = textOf(childOf(message, 'assertion', 'Issuer'));
  checks.require('issuer', issuer === entityId, { expected: entityId, found: issuer ?? 'none' });
  const { attributes } = message;
  const destination = attributes.get('Destination');
  checks.require('destination', destination === slo, { expected: slo, found: destination ?? 'none' });
  const issued = Date.parse(attributes.get('IssueInstant') ?? '');
  const until = attributes.has('NotOnOrAfter') ? Date.parse(attributes.get('NotOnOrAfter') ?? '') : issued + FRESH_MS;
  checks.require('time', issued <= now.getTime() + SKEW_MS && now.getTime() - SKEW_MS < until, {
    expected: now.toISOString(),
    found: attributes.get('IssueInstant') ?? 'none',
  });
  return until;
}

function write(name: string, { id, at, issuer, destination }: Envelope, attributes: string, content: string): string {
  return (
    `<p:${name} xmlns:p="${NAMESPACES.protocol}" xmlns:a="${NAMESPACES.assertion}" ID="${id}" Version="2.0" IssueInstant="${at.toISOString()}"` +
    ` Destination="${escapeXml(destination)}"${attributes}><a:Issuer>${escapeXml(issuer)}</a:Issuer>${content}</p:${name}>`
  );
}
