import type { contract, Output } from '@privexbot/contract';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api.ts';

export type Domain = Output<(typeof contract)['domains']['list']>[number];

export const domainsQuery = (org: string) =>
  queryOptions({
    queryKey: ['domains', org],
    queryFn: async ({ signal }) => (await api()).domains.list({ params: { org } }, { signal }),
  });
