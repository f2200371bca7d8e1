import type { Account } from '@privexbot/contract';
import { useNavigate } from '@tanstack/react-router';
import type * as z from 'zod';
import { toFailure } from '../../api.ts';
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

/**
 * Runs a call that signs in, then arrives; or goes to the second step where one is asked for. Throws what else the call throws.
 */
export function useEnter(to: string): (call: () => Promise<z.output<typeof Account>>) => Promise<void> {
  const arrive = useArrive();
  const navigate = useNavigate();
  return async (call) => {
    try {
      await arrive(await call(), to);
    } catch (error) {
      const { code, details } = toFailure(error);
      if (code !== 'second_factor_required') throw error;
      const next: SecondStep = { challenge: String(details.challenge), ways: String(details.ways).split(', '), to };
      sessionStorage.setItem(SECOND_STEP, JSON.stringify(next));
      await navigate({ to: '/second-factor' });
    }
  };
}

const SECOND_STEP = 'second-step';

/** A sign-in whose first step is done. The challenge is worth nothing to another device, so it may wait in this tab. */
export interface SecondStep {
  readonly challenge: string;
  readonly ways: readonly string[];
  readonly to: string;
}

export function recallSecondStep(): SecondStep | undefined {
  const kept = sessionStorage.getItem(SECOND_STEP);
  return kept ? (JSON.parse(kept) as SecondStep) : undefined;
}

export function forgetSecondStep(): void {
  sessionStorage.removeItem(SECOND_STEP);
}

const ANYWHERE = 'https://own.invalid';

/** A path of this app; anything that could lead to another site becomes the start page. */
export function safeTarget(to: string | undefined): string {
  // Browsers drop control characters before they look at an address.
  if (!to?.startsWith('/') || /[\\\p{Cc}]|%(?:0|1|5c)/iu.test(to)) return '/';
  const { origin, pathname = '//' } = URL.parse(to, ANYWHERE) ?? {};
  return origin === ANYWHERE && !pathname.includes('//') ? to : '/';
}

/** The secret of a link, which travels in the fragment so that no server or log sees it. Taken out of the address bar at once. */
export function takeToken(): string {
  const token = location.hash.replace(/^#(?:token=)?/, '');
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
