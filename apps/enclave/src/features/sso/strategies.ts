import type { CertificateOwner, ConnectionKind } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { createBearer } from './jwt/bearer.ts';
import { createLdap } from './ldap/ldap.ts';
import { createOidc } from './oidc/oidc.ts';
import { createSaml } from './saml/saml.ts';
import type { StoredConnection } from './store.ts';
import type { Addresses, Connection, Strategy } from './strategy.ts';

export type StrategyPorts = Pick<Context, 'config' | 'outbound' | 'now'>;
/** What a stored connection holds was checked by the schemas of its kind, and is given to the strategy of that kind only. */
type AnyStrategy = Strategy<object, object>;
export type Strategies = Readonly<Record<ConnectionKind, AnyStrategy>>;

/** Every kind of connection there is. */
export function createStrategies(ports: StrategyPorts): Strategies {
  const strategies = { oidc: createOidc(ports), saml: createSaml(ports), ldap: createLdap(ports), jwt: createBearer(ports) };
  return strategies as unknown as Strategies;
}

/** A connection as its strategy sees it. */
export function toConnection({ id, org, settings, secrets }: StoredConnection, origin: string): Connection<object, object> {
  return { id, org, settings, secrets, addresses: addressesOf(id, origin) };
}

export function addressesOf(id: string, origin: string): Addresses {
  const base = `${origin}/sso/${id}`;
  return {
    callback: `${base}/callback`,
    acs: `${base}/acs`,
    metadata: `${base}/metadata`,
    slo: `${base}/slo`,
    backchannelLogout: `${base}/backchannel-logout`,
    signedOut: `${origin}/signed-out`,
    start: `${base}/start`,
  };
}

/** When the certificates end by which we know the directory, and it knows us. */
export function endsOf(strategies: Strategies, connection: StoredConnection, origin: string): Record<CertificateOwner, Date | undefined> {
  const { expiresAt, ownExpiresAt } = strategies[connection.kind];
  const at = toConnection(connection, origin);
  return { directory: expiresAt?.(at), own: ownExpiresAt?.(at) };
}
