import type { MessageId } from '@privexbot/contract';
import { estimateTokens } from '../../providers/models/model.ts';
import type { TurnRecord } from './store.ts';

export interface HistoryTurn {
  readonly question: string;
  readonly answer: string;
}

/**
 * The branch that ends at `parent`, oldest first. Turns that failed are left out.
 * @param parent null for none
 */
export function historyOf(turns: readonly TurnRecord[], parent: MessageId | null): HistoryTurn[] {
  const byId = new Map<string, TurnRecord>(turns.map((turn) => [turn.id, turn]));
  const history: HistoryTurn[] = [];
  let turn = parent ? byId.get(parent) : undefined;
  for (; turn; turn = turn.content.parent ? byId.get(turn.content.parent) : undefined) {
    const { question, answer, outcome } = turn.content;
    if (outcome !== 'failed') history.unshift({ question, answer });
  }
  return history;
}

/** As much of the end of a history as fits the budget; no turn is cut. */
export function fitHistory(history: readonly HistoryTurn[], budgetTokens: number): readonly HistoryTurn[] {
  let left = budgetTokens;
  const from = history.findLastIndex(({ question, answer }) => {
    left -= estimateTokens(question) + estimateTokens(answer);
    return left < 0;
  });
  return history.slice(from + 1);
}
