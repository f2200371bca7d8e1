import * as z from 'zod';

/** Everything that is checked about what a directory says, in words of the protocol's own documents. */
export const SSO_CHECKS = [
  // Reaching the directory.
  'reachable',
  'discovery',
  'tls',
  'certificate',
  'bind',
  // What it sent, as a whole.
  'answer',
  'state',
  'size',
  'document',
  'encryption',
  'algorithm',
  'keys',
  'signature',
  // What it says.
  'claims',
  'issuer',
  'audience',
  'destination',
  'recipient',
  'in_response_to',
  'nonce',
  'time',
  'replay',
  'subject',
  'email',
  // LDAP.
  'name',
  'one_entry',
  'password',
  'enabled',
  // Ours, after the directory's part.
  'domain',
  'member',
  'suspended',
  'provisioning',
] as const;

export const SsoCheckName = z.enum(SSO_CHECKS);
export type SsoCheckName = z.output<typeof SsoCheckName>;
