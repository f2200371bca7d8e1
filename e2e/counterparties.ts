// Everything that a company has outside the product: name servers, mail, three kinds of directory. All of it real.

import { type Mailbox, openMailbox } from '@privexbot/enclave/features/auth/mailbox.fixture.ts';
import { type OidcProvider, startOidcProvider } from '@privexbot/enclave/features/sso/oidc/oidc-provider.fixture.ts';
import { type NameServer, startNameServer } from '@privexbot/enclave/providers/dns/name-server.fixture.ts';
import { choosePort } from '@privexbot/testing/choose-port.ts';
import { type SamlProvider, startSamlProvider } from '@privexbot/testing/saml-provider.ts';
import { startServer } from '@privexbot/testing/server.ts';
import { type Slapd, startSlapd } from '@privexbot/testing/slapd.ts';
import { buildClients } from '../scripts/build.ts';

export interface Counterparties {
  /** The server's address by name: browsers take no passkeys at an address that is a number. */
  readonly url: string;
  readonly names: NameServer;
  readonly mailbox: Mailbox;
  readonly oidc: OidcProvider;
  readonly saml: SamlProvider;
  readonly slapd: Slapd;
}

/** Starts them and a server that reaches them. @param running ends them all */
export async function startCounterparties(running: AsyncDisposableStack): Promise<Counterparties> {
  await buildClients({ production: false });
  const names = running.use(await startNameServer());
  const mailbox = running.use(await openMailbox());
  const oidc = running.use(await startOidcProvider());
  const saml = running.use(await startSamlProvider());
  const slapd = running.use(await startSlapd());
  const port = await choosePort();
  const url = `http://localhost:${port}`;
  const settings = {
    PRIVEXBOT_PORT: `${port}`,
    PRIVEXBOT_PUBLIC_URL: url,
    PRIVEXBOT_DNS: names.address,
    PRIVEXBOT_SMTP_URL: mailbox.url,
    PRIVEXBOT_PRIVATE_HOSTS: '127.0.0.1',
  };
  running.use(await startServer({ settings }));
  return { url, names, mailbox, oidc, saml, slapd };
}
