import type { contract, SpendingRules } from '@privexbot/contract';
import { useQueryClient } from '@tanstack/react-query';
import type * as z from 'zod';
import { api } from '../../api.ts';
import { spendingQuery } from '../../queries.ts';

export type Spending = z.output<typeof contract.usage.spending.response>;

/** Saves the rules in place of those of `revision`. */
export function useSetSpending(org: string): (rules: SpendingRules, revision: number) => Promise<void> {
  const queryClient = useQueryClient();
  const { queryKey } = spendingQuery(org);
  return async (rules, revision) => {
    try {
      queryClient.setQueryData(queryKey, await (await api()).usage.setSpending({ params: { org }, body: { rules, revision } }));
    } catch (error) {
      // Perhaps somebody else changed them: the next try is over what is there now.
      await queryClient.invalidateQueries({ queryKey });
      throw error;
    }
  };
}
