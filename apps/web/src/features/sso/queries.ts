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

/** How often is looked for what others do meanwhile. */
const LOOK_EVERY_MS = 30_000;

export const handOverQuery = (org: string, connection: string) =>
  queryOptions({
    queryKey: ['sso', org, 'hand-over', connection],
    queryFn: async ({ signal }) => (await api()).handOver.get({ params: { org, connection } }, { signal }),
    refetchInterval: ({ state }) => (isWorking(state.data?.handOver) ? LOOK_EVERY_MS : false),
  });

export function isWorking(handOver: { state: string } | undefined): boolean {
  return handOver?.state === 'open' || handOver?.state === 'used';
}

export type SetUpView = Output<(typeof contract)['handOver']['read']>;

/** Looked at again from time to time: the link may have ended, and a test is completed in another tab. */
export const setUpQuery = (connection: string) =>
  queryOptions({
    queryKey: ['set-up', connection],
    queryFn: async ({ signal }) => (await api()).handOver.read({ params: { connection } }, { signal }),
    refetchInterval: LOOK_EVERY_MS,
    refetchOnWindowFocus: 'always',
  });
