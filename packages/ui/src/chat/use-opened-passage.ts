import type { Citation } from '@privexbot/contract';
import { useRef, useState } from 'react';
import type { Failure } from '../failure.ts';
import type { OpenedPassage, Opening } from './PassageView.tsx';
import type { ShownTurn } from './turns.ts';

type Load = (turn: ShownTurn, citation: Citation) => Promise<OpenedPassage>;

/** Which citation is open, and how far its passage has come. */
export function useOpenedPassage(load: Load, toFailure: (error: unknown) => Failure) {
  const [opening, setOpening] = useState<Opening>();
  const asked = useRef<[ShownTurn, Citation]>(undefined);

  function open(turn: ShownTurn, citation: Citation): void {
    const request: [ShownTurn, Citation] = [turn, citation];
    asked.current = request;
    setOpening({ state: 'loading' });
    const settle = (result: Opening) => {
      if (asked.current === request) setOpening(result);
    };
    load(turn, citation).then(
      (passage) => settle({ state: 'open', passage }),
      (error: unknown) => settle({ state: 'failed', failure: toFailure(error) }),
    );
  }
  return {
    opening,
    open,
    retry: () => {
      if (asked.current) open(...asked.current);
    },
    close: () => {
      asked.current = undefined;
      setOpening(undefined);
    },
  };
}
