/** A chat as a tree of turns: retry and edit make branches and overwrite nothing. Pure; the hook beside it talks to the server. */
import type { AnswerEvent, Citation, Turn } from '@privexbot/contract';
import type { Failure } from '../failure.ts';

export type TurnState = 'streaming' | 'answered' | 'unsure' | 'stopped' | 'failed' | 'incomplete';

export interface ChatTurn {
  /** Stable on this page. */
  readonly key: string;
  /** The server's id, once it has said so. */
  readonly id?: string;
  /** Key of the turn before it. */
  readonly parent: string | null;
  readonly question: string;
  readonly answer: string;
  readonly state: TurnState;
  readonly citations: readonly Citation[];
  readonly failure?: Failure;
  readonly model?: string;
  readonly milliseconds?: number;
  readonly tokens?: { input: number; output: number };
  readonly feedback?: 'up' | 'down';
}

export interface ChatState {
  readonly turns: readonly ChatTurn[];
  /** The branch shown under each parent key; the newest where nothing was chosen. */
  readonly chosen: Readonly<Record<string, string>>;
}

export const EMPTY_CHAT: ChatState = { turns: [], chosen: {} };

/** A turn as it is shown: with its place among the branches that share its parent. */
export interface ShownTurn extends ChatTurn {
  readonly branch: number;
  readonly branches: number;
}

export type ChatAction =
  | { type: 'loaded'; turns: readonly Turn[] }
  | { type: 'asked'; key: string; parent: string | null; question: string }
  | { type: 'event'; key: string; event: AnswerEvent }
  | { type: 'failed'; key: string; failure: Failure }
  | { type: 'ended'; key: string; state: 'stopped' | 'incomplete' }
  | { type: 'rated'; key: string; feedback: 'up' | 'down' | null }
  | { type: 'branch'; key: string; step: 1 | -1 }
  | { type: 'reset' };

export function reduceChat(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case 'loaded':
      return { turns: action.turns.map(fromServer), chosen: {} };
    case 'asked': {
      const { key, parent, question } = action;
      const turn: ChatTurn = { key, parent, question, answer: '', state: 'streaming', citations: [] };
      return { turns: [...state.turns, turn], chosen: { ...state.chosen, [parent ?? '']: key } };
    }
    case 'event':
      return change(state, action.key, (turn) => applyEvent(turn, action.event));
    case 'failed':
      return change(state, action.key, (turn) => ({ ...turn, state: 'failed', failure: action.failure }));
    case 'ended':
      return change(state, action.key, (turn) => (turn.state === 'streaming' ? { ...turn, state: action.state } : turn));
    case 'rated':
      return change(state, action.key, ({ feedback: _, ...turn }) => (action.feedback ? { ...turn, feedback: action.feedback } : turn));
    case 'branch':
      return chooseBranch(state, action.key, action.step);
    case 'reset':
      return EMPTY_CHAT;
  }
}

const shown = new WeakMap<ChatTurn, ShownTurn>();

/** The turns of the chosen branch, first to last. A turn that did not change keeps its identity, so that it is not drawn again. */
export function shownTurns({ turns, chosen }: ChatState): ShownTurn[] {
  const children = Map.groupBy(turns, (turn) => turn.parent ?? '');
  const path: ShownTurn[] = [];
  for (let parent = ''; ; ) {
    const siblings = children.get(parent);
    const turn = siblings?.find((sibling) => sibling.key === chosen[parent]) ?? siblings?.at(-1);
    if (!turn || !siblings) return path;
    path.push(withPlace(turn, siblings.indexOf(turn) + 1, siblings.length));
    parent = turn.key;
  }
}

function withPlace(turn: ChatTurn, branch: number, branches: number): ShownTurn {
  const known = shown.get(turn);
  if (known?.branch === branch && known.branches === branches) return known;
  const placed = { ...turn, branch, branches };
  shown.set(turn, placed);
  return placed;
}

function applyEvent(turn: ChatTurn, event: AnswerEvent): ChatTurn {
  switch (event.type) {
    case 'started':
      return { ...turn, id: event.turn };
    case 'text':
      return { ...turn, answer: turn.answer + event.text };
    case 'done': {
      const { outcome, citations, model, milliseconds, tokens } = event;
      return { ...turn, state: outcome, citations, model, milliseconds, tokens };
    }
    case 'failed': {
      const { code, reference, retry } = event;
      return { ...turn, state: 'failed', failure: { code, reference, retry, details: {} } };
    }
  }
}

function fromServer(turn: Turn): ChatTurn {
  const { id, parent, question, answer, citations, outcome, model, feedback, failure } = turn;
  return {
    key: id,
    id,
    parent,
    question,
    answer,
    citations,
    model,
    state: outcome,
    ...(feedback ? { feedback } : {}),
    ...(outcome === 'failed'
      ? { failure: { code: (failure ?? 'internal') as Failure['code'], reference: '', retry: true, details: {} } }
      : {}),
  };
}

function chooseBranch(state: ChatState, key: string, step: 1 | -1): ChatState {
  const turn = state.turns.find((candidate) => candidate.key === key);
  if (!turn) return state;
  const siblings = state.turns.filter((candidate) => candidate.parent === turn.parent);
  const next = siblings[siblings.indexOf(turn) + step];
  return next ? { ...state, chosen: { ...state.chosen, [turn.parent ?? '']: next.key } } : state;
}

function change(state: ChatState, key: string, update: (turn: ChatTurn) => ChatTurn): ChatState {
  return { ...state, turns: state.turns.map((turn) => (turn.key === key ? update(turn) : turn)) };
}
