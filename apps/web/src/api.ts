/** The typed client. It is fetched on first use, so that the sign-in page paints without the contract's schemas. */
import type { Client } from '@privexbot/sdk';

export { toFailure } from '@privexbot/ui/failure.ts';

let loading: Promise<Client> | undefined;

export function api(): Promise<Client> {
  loading ??= import('./client.ts').then(({ client }) => client);
  return loading;
}
