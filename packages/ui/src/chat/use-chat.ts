/** Runs a chat over any server call that answers with a stream of events. */
import type { AnswerEvent } from '@privexbot/contract';
import { useEffect, useReducer, useRef } from 'react';
import type { Failure } from '../failure.ts';
import { recall } from '../remember.ts';
import { type ChatTurn, EMPTY_CHAT, reduceChat, type ShownTurn, shownTurns } from './turns.ts';

export interface AskInput {
  question: string;
  /** The turns before the question, first to last. */
  before: readonly ChatTurn[];
  signal: AbortSignal;
}

export interface ChatPort {
  ask(input: AskInput): Promise<AsyncIterable<AnswerEvent>>;
  toFailure(error: unknown): Failure;
}

let lastKey = 0;

/** @returns the shown turns and everything a person can do with them */
export function useChat({ ask, toFailure }: ChatPort) {
  const [state, dispatch] = useReducer(reduceChat, EMPTY_CHAT);
  const running = useRef<AbortController>(undefined);
  const turns = shownTurns(state);

  useEffect(() => () => running.current?.abort(), []);

  async function run(question: string, before: readonly ChatTurn[]): Promise<void> {
    const key = `turn-${++lastKey}`;
    const abort = new AbortController();
    running.current?.abort();
    running.current = abort;
    dispatch({ type: 'asked', key, parent: before.at(-1)?.key ?? null, question });
    const paint = paintText((text) => dispatch({ type: 'event', key, event: { type: 'text', text } }));
    try {
      for await (const event of await ask({ question, before, signal: abort.signal })) {
        if (event.type === 'text') paint.add(event.text);
        else {
          if (event.type !== 'started') paint.flush();
          dispatch({ type: 'event', key, event });
        }
      }
      paint.flush();
      dispatch({ type: 'ended', key, state: abort.signal.aborted ? 'stopped' : 'incomplete' });
    } catch (error) {
      paint.flush();
      if (abort.signal.aborted) dispatch({ type: 'ended', key, state: 'stopped' });
      else dispatch({ type: 'failed', key, failure: toFailure(error) });
    }
  }

  /** The turns before this one, so that a question can be asked again in its place. */
  function before(turn: ShownTurn): readonly ChatTurn[] {
    return turns.slice(
      0,
      turns.findIndex(({ key }) => key === turn.key),
    );
  }

  return {
    turns,
    busy: turns.at(-1)?.state === 'streaming',
    send: (question: string) => void run(question, turns),
    retry: (turn: ShownTurn) => void run(turn.question, before(turn)),
    edit: (turn: ShownTurn, question: string) => void run(question, before(turn)),
    stop: () => running.current?.abort(),
    reset: () => {
      running.current?.abort();
      dispatch({ type: 'reset' });
    },
    dispatch,
  };
}

export type Chat = ReturnType<typeof useChat>;

/** Hands text on once a frame; by paragraph where motion is reduced; in one piece where streaming is switched off. */
function paintText(show: (text: string) => void) {
  let pending = '';
  let frame = 0;
  const whole = recall('streaming') === 'off';
  const byParagraph = matchMedia('(prefers-reduced-motion: reduce)').matches;

  function paint(): void {
    frame = 0;
    const end = byParagraph ? pending.lastIndexOf('\n\n') + 2 : pending.length;
    if (end < 2 && byParagraph) return;
    show(pending.slice(0, end));
    pending = pending.slice(end);
  }
  return {
    add(text: string): void {
      pending += text;
      if (!whole) frame ||= requestAnimationFrame(paint);
    },
    flush(): void {
      cancelAnimationFrame(frame);
      frame = 0;
      if (pending) show(pending);
      pending = '';
    },
  };
}
