import type { Checks, LogoutNotice } from '../strategy.ts';
import { UNSPECIFIED } from './arrival.ts';
import { orRefuse, readTree } from './signed-response.ts';
import { childOf, childrenOf, escapeXml, NAMESPACES, textOf } from './xml.ts';

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
export function writeLogoutRequest(envelope: Envelope, person: { format: string; name: string; session: string | undefined }): string {
  const session = person.session === undefined ? '' : `<p:SessionIndex>${escapeXml(person.session)}</p:SessionIndex>`;
  return write(
    'LogoutRequest',
    envelope,
    '',
    `<a:NameID Format="${escapeXml(person.format)}">${escapeXml(person.name)}</a:NameID>${session}`,
  );
}

/** SAML core §3.7.2 */
export function writeLogoutResponse(envelope: Envelope, request: string): string {
  const status = '<p:Status><p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></p:Status>';
  return write('LogoutResponse', envelope, ` InResponseTo="${escapeXml(request)}"`, status);
}

/** Reads a request to end a session, whose signature was checked. SAML core §3.7.3.2. */
export function readLogoutRequest(
  xml: string,
  expected: { entityId: string; slo: string; now: Date },
  checks: Checks,
): LogoutNotice & { readonly id: string } {
  return orRefuse(() => {
    const request = readTree(xml, 'LogoutRequest', checks);
    const { attributes } = request;
    const issuer = textOf(childOf(request, 'assertion', 'Issuer'));
    checks.require('issuer', issuer === expected.entityId, { expected: expected.entityId, found: issuer ?? 'none' });
    const destination = attributes.get('Destination');
    checks.require('destination', destination === expected.slo, { expected: expected.slo, found: destination ?? 'none' });
    const issued = Date.parse(attributes.get('IssueInstant') ?? '');
    const until = attributes.has('NotOnOrAfter') ? Date.parse(attributes.get('NotOnOrAfter') ?? '') : issued + FRESH_MS;
    const now = expected.now.getTime();
    checks.require('time', issued <= now + SKEW_MS && now - SKEW_MS < until, {
      expected: expected.now.toISOString(),
      found: attributes.get('IssueInstant') ?? 'none',
    });
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

function write(name: string, { id, at, issuer, destination }: Envelope, attributes: string, content: string): string {
  return (
    `<p:${name} xmlns:p="${NAMESPACES.protocol}" xmlns:a="${NAMESPACES.assertion}" ID="${id}" Version="2.0" IssueInstant="${at.toISOString()}"` +
    ` Destination="${escapeXml(destination)}"${attributes}><a:Issuer>${escapeXml(issuer)}</a:Issuer>${content}</p:${name}>`
  );
}
