/** What the guide knows of directories: what they speak, and what they call what we have to tell them. */
import type { ConnectionKind, SsoConnection, SsoProduct } from '@privexbot/contract';

type Address = keyof SsoConnection['addresses'];
/** Our addresses, each with the name of its field there, in the product's own language. */
type Fields = readonly (readonly [address: Address, theirs: string])[];

export interface Product {
  readonly id: SsoProduct;
  /** A name, which is the same in all languages; absent for those that the guide does not know. */
  readonly name?: string;
  /** How the issuer looks there. */
  readonly issuer: string;
  readonly kinds: Readonly<Partial<Record<ConnectionKind, Fields>>>;
}

export const PRODUCTS: readonly Product[] = [
  {
    id: 'okta',
    name: 'Okta',
    issuer: 'https://company.okta.com',
    kinds: {
      oidc: [
        ['callback', 'Sign-in redirect URIs'],
        ['start', 'Initiate login URI'],
      ],
      saml: [
        ['acs', 'Single sign-on URL'],
        ['metadata', 'Audience URI (SP Entity ID)'],
        ['slo', 'Single Logout URL'],
      ],
    },
  },
  {
    id: 'entra',
    name: 'Microsoft Entra ID',
    issuer: 'https://login.microsoftonline.com/TENANT-ID/v2.0',
    kinds: {
      oidc: [
        ['callback', 'Redirect URI (Web)'],
        ['signedOut', 'Redirect URI (Web), one more'],
      ],
      saml: [
        ['metadata', 'Identifier (Entity ID)'],
        ['acs', 'Reply URL (Assertion Consumer Service URL)'],
        ['start', 'Sign on URL'],
        ['slo', 'Logout URL'],
      ],
    },
  },
  {
    id: 'ping',
    name: 'Ping Identity',
    issuer: 'https://auth.pingone.com/ENVIRONMENT-ID/as',
    kinds: {
      oidc: [
        ['callback', 'Redirect URIs'],
        ['start', 'Initiate Login URI'],
        ['signedOut', 'Signoff URLs'],
      ],
      saml: [
        ['acs', 'ACS URLs'],
        ['metadata', 'Entity ID'],
        ['slo', 'SLO Endpoint'],
      ],
    },
  },
  {
    id: 'keycloak',
    name: 'Keycloak',
    issuer: 'https://keycloak.company.com/realms/REALM',
    kinds: {
      oidc: [
        ['callback', 'Valid redirect URIs'],
        ['signedOut', 'Valid post logout redirect URIs'],
        ['backchannelLogout', 'Backchannel logout URL'],
      ],
      saml: [
        ['metadata', 'Client ID'],
        ['acs', 'Assertion Consumer Service POST Binding URL'],
        ['slo', 'Logout Service Redirect Binding URL'],
      ],
    },
  },
  {
    id: 'google',
    name: 'Google Workspace',
    issuer: 'https://accounts.google.com',
    kinds: {
      oidc: [['callback', 'Authorized redirect URIs']],
      saml: [
        ['acs', 'ACS URL'],
        ['metadata', 'Entity ID'],
        ['start', 'Start URL'],
      ],
    },
  },
  {
    id: 'generic',
    issuer: 'https://login.company.com',
    kinds: {
      oidc: [
        ['callback', 'redirect_uris'],
        ['start', 'initiate_login_uri'],
        ['signedOut', 'post_logout_redirect_uris'],
        ['backchannelLogout', 'backchannel_logout_uri'],
      ],
      saml: [
        ['metadata', 'entityID'],
        ['acs', 'AssertionConsumerService (HTTP-POST)'],
        ['slo', 'SingleLogoutService (HTTP-Redirect)'],
      ],
      ldap: [],
      jwt: [],
    },
  },
];

export function productOf(id: SsoProduct): Product {
  const found = PRODUCTS.find((product) => product.id === id);
  if (!found) throw new Error(`no guide for ${id}`);
  return found;
}
