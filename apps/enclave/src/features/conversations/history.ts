import type { MessageId } from '@privexbot/contract';
import { estimateTokens } from '../../providers/models/model.ts';
import type { TurnRecord } from './store.ts';

/** What earlier turns may take of a model's context. */
export const HISTORY_TOKENS = 2_000;

export interface HistoryTurn {
  readonly question: string;
  readonly answer: string;
}

/**
 * The branch that ends at `parent`, oldest first, as much of its end as fits the budget. Turns that failed are left out.
 * @param parent null for none
 */
export function historyOf(turns: readonly TurnRecord[], parent: MessageId | null, budgetTokens: number): HistoryTurn[] {
  const byId = new Map<string, TurnRecord>(turns.map((turn) => [turn.id, turn]));
  const history: HistoryTurn[] = [];
  let left = budgetTokens;
  let turn = parent ? byId.get(parent) : undefined;
  for (; turn; turn = turn.content.parent ? byId.get(turn.content.parent) : undefined) {
    const { question, answer, outcome } = turn.content;
    if (outcome === 'failed') continue;
    left -= estimateTokens(question) + estimateTokens(answer);
    if (left < 0) break;
    history.unshift({ question, answer });
  }
  return history;
}
