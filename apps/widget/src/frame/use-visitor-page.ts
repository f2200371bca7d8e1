import { applyBrand } from '@privexbot/ui/brand.ts';
import { type Failure, toFailure } from '@privexbot/ui/failure.ts';
import { useWasOpen } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import { useEffect, useState } from 'react';
import type { Visitor } from './visitor.ts';

type Page = Awaited<ReturnType<Visitor['page']>>;
export type PageState = { state: 'loading' } | { state: 'ready'; page: Page } | { state: 'failed'; failure: Failure };

/** Name, look and greeting of the bot, and a way to ask for them again. */
export function useVisitorPage(visitor: Visitor): [PageState, () => void] {
  const wasOpen = useWasOpen();
  const [state, setState] = useState<PageState>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again
  useEffect(() => {
    if (!wasOpen) return;
    let brand: (() => void) | undefined;
    let left = false;
    visitor.page().then(
      (page) => {
        if (left) return;
        document.title = page.title;
        brand = applyBrand(page.colour);
        setState({ state: 'ready', page });
      },
      (error: unknown) => {
        if (!left) setState({ state: 'failed', failure: toFailure(error) });
      },
    );
    return () => {
      left = true;
      brand?.();
    };
  }, [visitor, attempt, wasOpen]);
  return [
    state,
    () => {
      setState({ state: 'loading' });
      setAttempt((count) => count + 1);
    },
  ];
}
