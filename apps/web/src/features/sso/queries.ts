import type { contract, Output } from '@privexbot/contract';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api.ts';

export type Connection = Output<(typeof contract)['sso']['list']>[number];
export type Attempt = Output<(typeof contract)['sso']['attempts']>[number];

export const connectionsQuery = (org: string) =>
  queryOptions({ queryKey: ['sso', org], queryFn: async ({ signal }) => (await api()).sso.list({ params: { org } }, { signal }) });

export const syncQuery = (org: string, connection: string) =>
  queryOptions({
    queryKey: ['sso', org, 'sync', connection],
    queryFn: async ({ signal }) => (await api()).sso.lastSync({ params: { org, connection } }, { signal }),
  });

export const attemptsQuery = (org: string, connection: string) =>
  queryOptions({
    queryKey: ['sso', org, 'attempts', connection],
    queryFn: async ({ signal }) => (await api()).sso.attempts({ params: { org, connection } }, { signal }),
  });
