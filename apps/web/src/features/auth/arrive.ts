import type { Account } from '@privexbot/contract';
import { useNavigate } from '@tanstack/react-router';
import type * as z from 'zod';
import { markSignedIn } from '../../session/mark.ts';

/** After a sign-in: forget what another person may have left in the cache, then go where the person wanted to be. */
export function useArrive(): (account: z.output<typeof Account>, to: string) => Promise<void> {
  const navigate = useNavigate();
  return async (account, to) => {
    const { meQuery, queryClient } = await import('../../queries.ts');
    markSignedIn(true);
    queryClient.clear();
    queryClient.setQueryData(meQuery.queryKey, account);
    await navigate({ href: safeTarget(to) });
  };
}

/** Runs a call that signs in, then arrives. Throws what the call throws. */
export function useEnter(to: string): (call: () => Promise<z.output<typeof Account>>) => Promise<void> {
  const arrive = useArrive();
  return async (call) => arrive(await call(), to);
}

/** A path of this app; anything that could lead to another site becomes the start page. */
export function safeTarget(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) ? to : '/';
}

/** The secret of a link, which travels in the fragment so that no server or log sees it. Taken out of the address bar at once. */
export function takeToken(): string {
  const token = location.hash.replace(/^#(?:token=)?/, '');
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
