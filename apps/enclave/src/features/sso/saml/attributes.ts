import type { Claims } from '../strategy.ts';

/** Names that providers give to attributes, the more particular first. They are claims, so their letters' case counts. */
const KNOWN = {
  email: [
    'email',
    'mail',
    'emailAddress',
    'urn:oid:0.9.2342.19200300.100.1.3',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  ],
  name: [
    'displayName',
    'name',
    'cn',
    'urn:oid:2.16.840.1.113730.3.1.241',
    'urn:oid:2.5.4.3',
    'http://schemas.microsoft.com/identity/claims/displayname',
  ],
  firstName: [
    'firstName',
    'givenName',
    'first_name',
    'urn:oid:2.5.4.42',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname',
  ],
  lastName: ['lastName', 'surname', 'sn', 'last_name', 'urn:oid:2.5.4.4', 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname'],
  groups: [
    'groups',
    'group',
    'memberOf',
    'Role',
    'urn:oid:1.3.6.1.4.1.5923.1.5.1.1',
    'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups',
    'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
    'http://schemas.xmlsoap.org/claims/Group',
  ],
} as const;

/** How each part of a person is read from claims. */
export interface AttributeNames {
  email(claims: Claims): string | undefined;
  name(claims: Claims): string | undefined;
  groups(claims: Claims): readonly string[];
}

/** Reads by the names that the connection sets, else by those that common providers use. */
export function attributeNames(set: {
  email?: string | undefined;
  name?: string | undefined;
  groups?: string | undefined;
}): AttributeNames {
  return {
    email: (claims) => first(claims, set.email ? [set.email] : KNOWN.email),
    name(claims) {
      const name = first(claims, set.name ? [set.name] : KNOWN.name);
      if (name || set.name) return name;
      return [first(claims, KNOWN.firstName), first(claims, KNOWN.lastName)].filter(Boolean).join(' ') || undefined;
    },
    groups: (claims) => [...new Set((set.groups ? [set.groups] : KNOWN.groups).flatMap((name) => valuesOf(claims, name)))],
  };
}

/** SAML authentication contexts by what RFC 8176 calls them. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  'urn:oasis:names:tc:SAML:2.0:ac:classes:Password': ['pwd'],
  'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport': ['pwd'],
  'urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken': ['otp'],
  'urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI': ['hwk', 'pin', 'mfa'],
  'urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract': ['mfa'],
  'https://refeds.org/profile/mfa': ['mfa'],
  'http://schemas.microsoft.com/claims/multipleauthn': ['mfa'],
};
/** Where Entra ID says how somebody signed in: its context class is the same each time. */
const ENTRA_METHODS = 'http://schemas.microsoft.com/claims/authnmethodsreferences';

/** RFC 8176 names of how somebody signed in there; nothing where that is not known. */
export function methodsOf(context: string, claims: Claims): string[] {
  return [
    ...new Set([context, ...valuesOf(claims, ENTRA_METHODS)].flatMap((one) => (Object.hasOwn(METHODS, one) ? (METHODS[one] ?? []) : []))),
  ];
}

function first(claims: Claims, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = valuesOf(claims, name)[0];
    if (value) return value;
  }
  return undefined;
}

/** Values that are not empty. */
export function valuesOf(claims: Claims, name: string): readonly string[] {
  return Object.hasOwn(claims, name) ? (claims[name] ?? []).filter((value) => value !== '') : [];
}
