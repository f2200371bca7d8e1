/** What a provider, or somebody in its place, may send: each with what must come of it. `vectors/saml` holds the same, written down. */
import type { SsoCheckName } from '@privexbot/contract';
import {
  assertionOf,
  change,
  child,
  insert,
  type Node,
  node,
  responseOf,
  SHA1,
  type Situation,
  signed,
  withAttributes,
  without,
  write,
} from './provider.fixture.ts';

export interface Row {
  readonly id: string;
  /** `accept`, or the check that fails. */
  readonly expected: 'accept' | SsoCheckName;
  /** Subject that an accepted row names. */
  readonly subject?: string;
  readonly response: string;
}

export interface Keys {
  /** PEM of the provider's key, and of a stranger's. */
  readonly provider: string;
  readonly stranger: string;
}

/** Somebody who holds a good answer for herself, and wants to be another. */
const VICTIM = 'victim';

export function makeRows(situation: Situation, { provider, stranger }: Keys): Row[] {
  const assertion = assertionOf(situation);
  const forged = assertionOf(situation, VICTIM, '_forged');
  const own = signed(assertion, provider);
  const good = responseOf(situation, own);
  const whole = signed(responseOf(situation, assertion), provider);
  const both = signed(good, provider);
  const signature = child(own, 'd:Signature');
  const unsigned = without(own, 'd:Signature');
  const minutes = (count: number) => new Date(situation.at.getTime() + count * 60_000).toISOString();
  const rows: Row[] = [];
  const add = (expected: Row['expected'], group: string, made: Record<string, Node | string>) => {
    for (const [id, response] of Object.entries(made)) {
      const text = typeof response === 'string' ? response : write(response);
      const subject = expected === 'accept' ? { subject: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent ana' } : {};
      rows.push({ id: `${group}/${id}`, expected, ...subject, response: text });
    }
  };
  /** A good answer whose assertion says something else, signed by the provider. */
  const saying = (how: (assertion: Node) => Node) => responseOf(situation, signed(how(assertion), provider));
  const confirming = (attributes: Record<string, string | undefined>) =>
    saying((one) =>
      change(one, ['a:Subject', 'a:SubjectConfirmation', 'a:SubjectConfirmationData'], (data) => withAttributes(data, attributes)),
    );
  const naming = (how: (name: Node) => Node | string) => saying((one) => change(one, ['a:Subject', 'a:NameID'], how));

  add('accept', 'good', {
    'assertion-signed': good,
    'response-signed': whole,
    'both-signed': both,
    'with-declaration': `<?xml version="1.0" encoding="UTF-8"?>\n${write(good)}\n`,
    'white-space-around-name': naming((name) => ({ ...name, children: ['\n  ana\n  '] })),
    'carriage-return-in-attribute': saying((one) =>
      change(one, ['a:AttributeStatement', 'a:Attribute', 'a:AttributeValue'], (value) => ({ ...value, children: ['ana@example.com\r'] })),
    ),
    'other-assertion-in-advice': saying((one) => insert(one, 3, node('a:Advice', {}, forged))),
    'two-confirmations': saying((one) =>
      change(one, ['a:Subject'], (subject) =>
        insert(subject, 1, node('a:SubjectConfirmation', { Method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' })),
      ),
    ),
    'two-audiences': saying((one) =>
      change(one, ['a:Conditions', 'a:AudienceRestriction'], (restriction) =>
        insert(restriction, 0, node('a:Audience', {}, 'https://other.example')),
      ),
    ),
    'one-time-use': saying((one) => change(one, ['a:Conditions'], (conditions) => insert(conditions, 1, node('a:OneTimeUse')))),
    'clock-a-minute-ahead': responseOf(
      situation,
      signed(assertionOf({ ...situation, at: new Date(situation.at.getTime() + 60_000) }), provider),
    ),
  });

  // Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", USENIX Security 2012, and what came later.
  const around = (inner: Node) => node('p:Extensions', {}, inner);
  const carrying = (place: Node) => insert(place, place.children.length, node('d:Object', {}, unsigned));
  const victim = (extra: Node | string, at = 1) => insert(forged, at, extra);
  add('document', 'wrapping', {
    'response-inside-signature': insert(
      { ...forgeResponse(situation, forged) },
      1,
      carryingIn(child(whole, 'd:Signature'), node('d:Object', {}, responseOf(situation, assertion))),
    ),
    'response-beside-signature': insert(forgeResponse(situation, forged), 1, child(whole, 'd:Signature'), responseOf(situation, assertion)),
    'good-first': insert(responseOf(situation, own), 2, forged),
    'good-last': insert(responseOf(situation, forged), 3, own),
    'good-inside-forged': responseOf(situation, victim(own)),
    'good-inside-forged-signed-beside': responseOf(situation, insert(forged, 1, signature, unsigned)),
    'good-inside-forged-signature': responseOf(situation, victim(carrying(signature))),
    'forged-around-both': responseOf(situation, insert(forged, 1, carrying(signature))),
    'good-in-extensions': insert(responseOf(situation, forged), 1, around(own)),
    'good-in-other-element': insert(responseOf(situation, forged), 1, node('o:Wrap', {}, own)),
    'good-in-object-of-response': insert(responseOf(situation, insert(forged, 1, signature)), 1, node('o:Wrap', {}, unsigned)),
    'same-id-twice': responseOf(situation, insert(withAttributes(forged, { ID: '_assertion' }), 1, own)),
    'id-in-other-case': insert(responseOf(situation, own), 0, node('o:Wrap', { Id: '_assertion' })),
    'id-with-namespace': insert(responseOf(situation, own), 0, node('o:Wrap', { 'o:ID': '_assertion' })),
    'signature-of-another': responseOf(situation, insert(forged, 1, signature)),
    'signature-over-response-in-assertion': responseOf(situation, insert(assertion, 1, child(whole, 'd:Signature'))),
    'forged-in-advice-of-own': saying((one) => insert(insert(one, 3, node('a:Advice', {}, forged)), 4, node('a:Advice', {}, forged))),
    'assertion-of-other-namespace': responseOf(situation, { ...own, children: [...own.children, { ...forged, name: 'o:Assertion' }] }),
    'subject-twice': saying((one) => insert(one, 1, child(forged, 'a:Subject'))),
    'name-twice': saying((one) => change(one, ['a:Subject'], (subject) => insert(subject, 0, node('a:NameID', {}, VICTIM)))),
    'conditions-twice': saying((one) => insert(one, 2, node('a:Conditions'))),
    'status-twice': insert(good, 1, node('p:Status', {}, node('p:StatusCode', { Value: 'urn:oasis:names:tc:SAML:2.0:status:Success' }))),
  });

  add('document', 'signature', {
    'two-references': reSign(own, (info) => insert(info, 3, child(info, 'd:Reference'))),
    'two-signed-infos': shape(own, (one) => insert(one, 0, child(one, 'd:SignedInfo'))),
    'signed-info-in-key-info': shape(own, (one) => insert(one, 2, node('d:KeyInfo', {}, child(one, 'd:SignedInfo')))),
    'value-before-info': shape(own, (one) => ({ ...one, children: [...one.children].reverse() })),
    'two-signatures': responseOf(situation, insert(own, 1, signature)),
    'reference-to-nothing': reSign(own, (info) => change(info, ['d:Reference'], (one) => withAttributes(one, { URI: '' }))),
    'reference-to-elsewhere': reSign(own, (info) => change(info, ['d:Reference'], (one) => withAttributes(one, { URI: '#_response' }))),
    'reference-by-xpointer': reSign(own, (info) =>
      change(info, ['d:Reference'], (one) => withAttributes(one, { URI: "#xpointer(id('_assertion'))" })),
    ),
    'xpath-transform': reSign(own, (info) =>
      change(info, ['d:Reference', 'd:Transforms'], (one) =>
        insert(
          one,
          1,
          node(
            'd:Transform',
            { Algorithm: 'http://www.w3.org/TR/1999/REC-xpath-19991116' },
            node('d:XPath', {}, 'not(ancestor-or-self::a:Subject)'),
          ),
        ),
      ),
    ),
    'xslt-transform': reSign(own, (info) =>
      change(info, ['d:Reference', 'd:Transforms', 'd:Transform'], () =>
        node('d:Transform', { Algorithm: 'http://www.w3.org/TR/1999/REC-xslt-19991116' }),
      ),
    ),
    'no-transforms': reSign(own, (info) => change(info, ['d:Reference'], (one) => without(one, 'd:Transforms'))),
    'inclusive-form': reSign(own, (info) =>
      change(info, ['d:CanonicalizationMethod'], (one) =>
        withAttributes(one, { Algorithm: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }),
      ),
    ),
    'object-beside': shape(own, (one) => insert(one, 2, node('d:Object'))),
  });
  function reSign(of: Node, how: (info: Node) => Node): Node {
    return shape(of, (one) => change(one, ['d:SignedInfo'], how));
  }
  function shape(of: Node, how: (signature: Node) => Node): Node {
    return responseOf(situation, change(of, ['d:Signature'], how));
  }

  add('algorithm', 'algorithm', {
    'sha1-assertion': responseOf(situation, signed(assertion, provider, SHA1)),
    'sha1-response': signed(responseOf(situation, assertion), provider, SHA1),
    'sha1-digest-only': responseOf(
      situation,
      signed(assertion, provider, { ...SHA1, signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', hash: 'sha256' }),
    ),
    'sha1-response-around-good': signed(good, provider, SHA1),
    hmac: reSign(own, (info) =>
      change(info, ['d:SignatureMethod'], (one) => withAttributes(one, { Algorithm: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1' })),
    ),
    'no-method': reSign(own, (info) => change(info, ['d:SignatureMethod'], (one) => withAttributes(one, { Algorithm: undefined }))),
  });

  add('signature', 'signature', {
    none: responseOf(situation, assertion),
    strangers: responseOf(situation, signed(assertion, stranger)),
    'strangers-response-around-good': signed(good, stranger),
    'strangers-assertion-inside-good': signed(responseOf(situation, signed(assertion, stranger)), provider),
    'name-changed': responseOf(
      situation,
      change(own, ['a:Subject', 'a:NameID'], (name) => ({ ...name, children: [VICTIM] })),
    ),
    'group-added': responseOf(
      situation,
      change(own, ['a:AttributeStatement'], (one) =>
        insert(one, 0, node('a:Attribute', { Name: 'groups' }, node('a:AttributeValue', {}, 'admins'))),
      ),
    ),
    'response-changed': withAttributes(whole, { InResponseTo: '_other' }),
    'digest-changed': reSign(own, (info) => change(info, ['d:Reference', 'd:DigestValue'], (one) => ({ ...one, children: ['AAAA'] }))),
    'value-empty': shape(own, (one) => change(one, ['d:SignatureValue'], (value) => ({ ...value, children: [''] }))),
    'good-in-advice': responseOf(situation, insert(forged, 3, node('a:Advice', {}, own))),
  });

  const text = write(good);
  add('document', 'document', {
    'document-type': `<!DOCTYPE p:Response><p:Response${text.slice('<p:Response'.length)}`,
    entity: `<!DOCTYPE r [<!ENTITY e "victim">]>${text.replace('>ana<', '>&e;<')}`,
    'entity-of-nobody': text.replace('>ana<', '>&e;<'),
    'external-entity': `<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>${text}`,
    'processing-instruction': text.replace('<p:Status>', '<?php x?><p:Status>'),
    'style-sheet': `<?xml-stylesheet href="x"?>${text}`,
    'comment-in-name': text.replace('>ana<', '>ana<!---->.victim<'),
    'comment-in-email': text.replace('>ana@example.com<', '>victim@example.com<!---->.evil.example<'),
    'comment-before': `<!-- -->${text}`,
    cdata: text.replace('>ana<', '><![CDATA[ana]]><'),
    'two-roots': `${text}${text}`,
    'text-behind': `${text}x`,
    'not-closed': text.slice(0, -1),
    'prefix-of-nobody': text.replace('<p:Status>', '<x:Status>').replace('</p:Status>', '</x:Status>'),
    'attribute-twice': text.replace('Version="2.0"', 'Version="2.0" Version="2.0"'),
    'declared-utf-16': `<?xml version="1.0" encoding="UTF-16"?>${text}`,
    'version-1.1': `<?xml version="1.1"?>${text}`,
    'control-character': text.replace('>ana<', '>ana&#0;<'),
    'too-deep': text.replace('<p:Status>', `${'<o:x xmlns:o="urn:x">'.repeat(60)}${'</o:x>'.repeat(60)}<p:Status>`),
    'element-in-name': naming((name) => ({ ...name, children: ['ana', node('o:x', {}, VICTIM)] })),
    'saml-1': withAttributes(good, { Version: '1.1' }),
    'no-id': withAttributes(good, { ID: undefined }),
    'an-assertion-alone': own,
    'no-assertion': without(good, 'a:Assertion'),
  });

  add('answer', 'answer', {
    'not-successful': change(good, ['p:Status', 'p:StatusCode'], (one) =>
      withAttributes(one, { Value: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }),
    ),
    'no-status': without(good, 'p:Status'),
    'request-denied': node(
      'p:Response',
      good.attributes,
      node('a:Issuer', {}, situation.entityId),
      node(
        'p:Status',
        {},
        node(
          'p:StatusCode',
          { Value: 'urn:oasis:names:tc:SAML:2.0:status:Requester' },
          node('p:StatusCode', { Value: 'urn:oasis:names:tc:SAML:2.0:status:RequestDenied' }),
        ),
      ),
    ),
  });

  const issuer = (name: string | undefined, attributes = {}) => (name === undefined ? '' : node('a:Issuer', attributes, name));
  add('issuer', 'issuer', {
    'another-assertion-issuer': saying((one) => change(one, ['a:Issuer'], () => issuer('https://other.example'))),
    'another-response-issuer': change(good, ['a:Issuer'], () => issuer('https://other.example')),
    'no-assertion-issuer': saying((one) => change(one, ['a:Issuer'], () => issuer(undefined))),
    'no-response-issuer-where-signed': signed(
      change(responseOf(situation, assertion), ['a:Issuer'], () => issuer(undefined)),
      provider,
    ),
    'another-letter-case': saying((one) => change(one, ['a:Issuer'], () => issuer(situation.entityId.toUpperCase()))),
    'other-format': saying((one) =>
      change(one, ['a:Issuer'], () => issuer(situation.entityId, { Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' })),
    ),
  });
  add('accept', 'issuer', { 'no-response-issuer-where-unsigned': change(good, ['a:Issuer'], () => issuer(undefined)) });

  add('destination', 'destination', {
    another: withAttributes(good, { Destination: 'https://other.example/acs' }),
    prefix: withAttributes(good, { Destination: `${situation.acs}/more` }),
    'none-where-signed': signed(withAttributes(responseOf(situation, assertion), { Destination: undefined }), provider),
  });
  add('accept', 'destination', { 'none-where-unsigned': withAttributes(good, { Destination: undefined }) });
  add('recipient', 'recipient', {
    another: confirming({ Recipient: 'https://other.example/acs' }),
    none: confirming({ Recipient: undefined }),
    'no-bearer': saying((one) =>
      change(one, ['a:Subject', 'a:SubjectConfirmation'], (confirmation) =>
        withAttributes(confirmation, { Method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }),
      ),
    ),
    'no-data': saying((one) =>
      change(one, ['a:Subject', 'a:SubjectConfirmation'], (confirmation) => without(confirmation, 'a:SubjectConfirmationData')),
    ),
    'no-subject': saying((one) => without(one, 'a:Subject')),
  });
  add('in_response_to', 'request', {
    another: withAttributes(good, { InResponseTo: '_other' }),
    'unasked-for': withAttributes(confirming({ InResponseTo: undefined }), { InResponseTo: undefined }),
    'another-confirmed': confirming({ InResponseTo: '_other' }),
    'none-confirmed': confirming({ InResponseTo: undefined }),
  });
  add('time', 'time', {
    'confirmed-too-late': confirming({ NotOnOrAfter: minutes(-3) }),
    'confirmed-too-early': confirming({ NotBefore: minutes(3) }),
    'confirmed-for-ever': confirming({ NotOnOrAfter: undefined }),
    'conditions-ended': saying((one) =>
      change(one, ['a:Conditions'], (conditions) => withAttributes(conditions, { NotOnOrAfter: minutes(-3) })),
    ),
    'conditions-not-begun': saying((one) =>
      change(one, ['a:Conditions'], (conditions) => withAttributes(conditions, { NotBefore: minutes(3) })),
    ),
    'issued-in-the-future': saying((one) => withAttributes(one, { IssueInstant: minutes(3) })),
    'signed-in-in-the-future': saying((one) =>
      change(one, ['a:AuthnStatement'], (statement) => withAttributes(statement, { AuthnInstant: minutes(3) })),
    ),
    'session-ended': saying((one) =>
      change(one, ['a:AuthnStatement'], (statement) => withAttributes(statement, { SessionNotOnOrAfter: minutes(-3) })),
    ),
    'no-zone': confirming({ NotOnOrAfter: minutes(5).replace('Z', '') }),
    'no-time': confirming({ NotOnOrAfter: 'tomorrow' }),
  });
  add('audience', 'audience', {
    another: saying((one) =>
      change(one, ['a:Conditions', 'a:AudienceRestriction', 'a:Audience'], (audience) => ({
        ...audience,
        children: ['https://other.example'],
      })),
    ),
    none: saying((one) => change(one, ['a:Conditions'], (conditions) => ({ ...conditions, children: [] }))),
    'no-conditions': saying((one) => without(one, 'a:Conditions')),
    'second-restriction': saying((one) =>
      change(one, ['a:Conditions'], (conditions) =>
        insert(conditions, 1, node('a:AudienceRestriction', {}, node('a:Audience', {}, 'https://other.example'))),
      ),
    ),
    'unknown-condition': saying((one) => change(one, ['a:Conditions'], (conditions) => insert(conditions, 1, node('o:Only')))),
  });
  add('claims', 'statement', { none: saying((one) => without(one, 'a:AuthnStatement')) });
  add('subject', 'subject', {
    empty: naming((name) => ({ ...name, children: [''] })),
    blank: naming((name) => ({ ...name, children: [' \n '] })),
    none: naming(() => ''),
    transient: naming((name) => withAttributes(name, { Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' })),
    'of-another-domain': naming((name) => withAttributes(name, { NameQualifier: 'https://upstream.example' })),
    'for-another-service': naming((name) => withAttributes(name, { SPNameQualifier: 'https://other.example' })),
    encrypted: naming(() => node('a:EncryptedID')),
  });
  return rows;
}

function forgeResponse(situation: Situation, forged: Node): Node {
  return withAttributes(responseOf(situation, forged), { ID: '_forged_response' });
}

function carryingIn(signature: Node, what: Node): Node {
  return insert(signature, signature.children.length, what);
}
