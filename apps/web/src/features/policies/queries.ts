import type { contract, Output } from '@privexbot/contract';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api.ts';

export type PolicyState = Output<(typeof contract)['policies']['get']>;
export type Policies = PolicyState['policies'];
export type Effect = Output<(typeof contract)['policies']['preview']>;

export const policiesQuery = (org: string) =>
  queryOptions({
    queryKey: ['policies', org],
    queryFn: async ({ signal }) => (await api()).policies.get({ params: { org } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    // Who may break the glass changes without a change of the policies.
    refetchOnMount: 'always',
  });
