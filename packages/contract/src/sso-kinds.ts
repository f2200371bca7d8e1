// Settings and secrets of each kind of connection. Settings are shown to Admins, secrets only go in.
import * as z from 'zod';

/** `http` passes here and is refused later, but where whoever runs the machine allowed the host. */
const Url = z.url({ protocol: /^https?$/ }).max(500);
const Text = z.string().trim().min(1).max(300);
const Claim = z.string().trim().min(1).max(100);
const Secret = z.string().max(2_000);

/** Signatures by a key pair only: whoever checks a token must not be able to make one. */
export const TOKEN_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

export const OidcSettings = z.strictObject({
  /** Where `/.well-known/openid-configuration` is, letter for letter as the directory names itself. */
  issuer: Url,
  clientId: Text,
  clientAuth: z.enum(['client_secret_basic', 'client_secret_post', 'none']).default('client_secret_basic'),
  scopes: z
    .string()
    .trim()
    .max(500)
    .regex(/^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'Use names separated by single spaces, openid first.')
    .default('openid profile email'),
  /** Which claim lists a person's groups. */
  groupsClaim: Claim.default('groups'),
  /** Whether whoever signs out here is sent to the provider's own sign-out, which has to know our address for it. */
  signOutThere: z.boolean().default(false),
});
export const OidcSecrets = z.strictObject({ clientSecret: Secret.optional() });

export const JwtSettings = z.strictObject({
  issuer: Text,
  audience: Text,
  algorithms: z.array(z.enum(TOKEN_ALGORITHMS)).min(1).max(10).default(['RS256', 'ES256', 'EdDSA']),
  /** Where the issuer publishes its keys; or the keys themselves. */
  keys: z.union([z.strictObject({ url: Url }), z.strictObject({ set: z.string().min(2).max(50_000) })]),
  subjectClaim: Claim.default('sub'),
  emailClaim: Claim.default('email'),
  nameClaim: Claim.default('name'),
  groupsClaim: Claim.default('groups'),
  /** A token made longer ago is refused, whatever it says of its end. */
  maxAgeSeconds: z.number().int().min(10).max(3_600).default(300),
});
export const JwtSecrets = z.strictObject({});

export type OidcSettings = z.output<typeof OidcSettings>;
export type OidcSecrets = z.output<typeof OidcSecrets>;
export type JwtSettings = z.output<typeof JwtSettings>;
export type JwtSecrets = z.output<typeof JwtSecrets>;
