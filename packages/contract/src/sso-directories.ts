// Settings and secrets of connections to SAML identity providers and LDAP directories.
import * as z from 'zod';

/** `http` passes here and is refused later, but on the machine itself. */
const Url = z.url({ protocol: /^https?$/ }).max(1_000);
const Text = z.string().trim().min(1).max(300);
const Pem = z.string().trim().min(1).max(10_000);
/** RFC 4512 §1.4 `descr`. */
const Attribute = z
  .string()
  .trim()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'Use the name of an attribute.');
const DistinguishedName = z.string().trim().min(3).max(500);

/** How a SAML identity provider is told: by its metadata, as text or by address; kept as what that says. */
const Provider = z.union([
  z.strictObject({ metadata: z.string().min(1).max(262_144) }),
  z.strictObject({ metadataUrl: Url }),
  z.strictObject({
    entityId: z.string().trim().min(1).max(1_024),
    /** Single sign-on service, HTTP-Redirect binding. */
    signOnUrl: Url,
    /** Single logout service, HTTP-Redirect binding. */
    logoutUrl: Url.optional(),
    /** PEM. One of these has signed; more than one while the provider changes over. */
    certificates: z.array(Pem).min(1).max(5),
    /** Where the above was read, and is read again when the connection is saved. */
    metadataUrl: Url.optional(),
  }),
]);

export const SamlSettings = z.strictObject({
  provider: Provider,
  /** Asked for as the person's identifier. `unspecified` leaves the choice to the provider. */
  nameIdFormat: z.enum(['persistent', 'email', 'unspecified']).default('unspecified'),
  /** An attribute that names the person for good, in place of NameID: needed where that changes with each sign-in. */
  subjectAttribute: Text.optional(),
  /** Names of attributes; without one, the names that common providers use. */
  emailAttribute: Text.optional(),
  nameAttribute: Text.optional(),
  groupsAttribute: Text.optional(),
  /** Whether the provider is to ask for the password again each time. */
  forceAuthn: z.boolean().default(false),
  /** Whether whoever signs out here is sent to the provider's single logout service, where it has one. */
  signOutThere: z.boolean().default(true),
});
/** Own keys are made by the server and never shown. */
export const SamlSecrets = z.strictObject({});

export const LdapSettings = z.strictObject({
  /** `ldaps://host` for TLS from the first byte; `ldap://host` for StartTLS, before which nothing is sent. */
  url: z
    .string()
    .trim()
    .max(300)
    .regex(/^ldaps?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?\/?$/, 'Use an address like ldaps://directory.example.com.'),
  /** PEM. Only certificates that these signed are taken; without any, those that public authorities signed. */
  authorities: z.array(Pem).max(5).default([]),
  /** The account that looks people up. */
  bindDn: DistinguishedName,
  /** Below which people are. */
  baseDn: DistinguishedName,
  personClass: Attribute.default('inetOrgPerson'),
  /** What people may enter as their name. */
  loginAttributes: z.array(Attribute).min(1).max(5).default(['uid', 'mail']),
  /** What names a person for good: never reused, and not changed with the name. */
  subjectAttribute: z.enum(['entryUUID', 'objectGUID', 'nsUniqueId', 'ipaUniqueID', 'GUID']).default('entryUUID'),
  nameAttribute: Attribute.default('cn'),
  emailAttribute: Attribute.default('mail'),
  groups: z
    .strictObject({
      /** Below which groups are; where people are, if not given. */
      baseDn: DistinguishedName.optional(),
      groupClass: Attribute.default('groupOfNames'),
      memberAttribute: Attribute.default('member'),
      /** What a group is called in the table of roles: `dn`, or an attribute that is unique in the whole directory. */
      nameAttribute: Attribute.default('dn'),
      /** Whether members of a group's groups are its members too. */
      nested: z.boolean().default(true),
    })
    .prefault({}),
});
export const LdapSecrets = z.strictObject({ bindPassword: z.string().min(1).max(500) });

export type SamlSettings = z.output<typeof SamlSettings>;
export type LdapSettings = z.output<typeof LdapSettings>;
export type LdapSecrets = z.output<typeof LdapSecrets>;
