import { useEnvironment } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import type { Deployment } from './Channel.tsx';

/** The address of a channel with the identity of this environment in it, so that visitors are served by no other. */
export function pinnedAddress(channel: Deployment['channel'], address: string, pin: string | undefined): string {
  if (pin === undefined) return address;
  if (channel === 'page') return `${address}#pin=${pin}`;
  return channel === 'widget' ? address.replace(' async>', ` data-pin="${pin}" async>`) : address;
}

/** The identity of the environment that this browser verified, as a pin states it. */
export function useIdentityPin(): string | undefined {
  const { verdict } = useEnvironment();
  return verdict && verdict.verdict !== 'not-verified' ? verdict.environment.identityKey : undefined;
}
