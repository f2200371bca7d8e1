import type { Call, contract, Output } from '@privexbot/contract';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../api.ts';

type Members = (typeof contract)['members'];
export type Member = Output<Members['list']>['items'][number];
export type MemberFilter = NonNullable<Call<Members['list']>['query']>;
export type Group = Output<(typeof contract)['groups']['list']>[number];
export type Invitation = Output<(typeof contract)['organizations']['invitations']>[number];

export const MEMBERS_PER_PAGE = 50;
/** Others change who is in: directories, and whoever accepts an invitation. */
const STALE_MS = 1_000;

export const membersQuery = (org: string, query: MemberFilter) =>
  queryOptions({
    queryKey: ['members', org, query],
    queryFn: async ({ signal }) => (await api()).members.list({ params: { org }, query }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: STALE_MS,
  });

export const groupsQuery = (org: string) =>
  queryOptions({ queryKey: ['groups', org], queryFn: async ({ signal }) => (await api()).groups.list({ params: { org } }, { signal }) });

export const groupMembersQuery = (org: string, group: string, from: number) =>
  queryOptions({
    queryKey: ['groups', org, group, from],
    queryFn: async ({ signal }) =>
      (await api()).groups.members({ params: { org, group }, query: { from, limit: MEMBERS_PER_PAGE } }, { signal }),
    placeholderData: keepPreviousData,
  });

export const invitationsQuery = (org: string) =>
  queryOptions({
    queryKey: ['invitations', org],
    queryFn: async ({ signal }) => (await api()).organizations.invitations({ params: { org } }, { signal }),
    staleTime: STALE_MS,
  });

export const agenciesQuery = (org: string) =>
  queryOptions({
    queryKey: ['agencies', org],
    queryFn: async ({ signal }) => (await api()).agencies.list({ params: { org } }, { signal }),
  });

export const clientsQuery = (org: string) =>
  queryOptions({
    queryKey: ['agencies', org, 'clients'],
    queryFn: async ({ signal }) => (await api()).agencies.clients({ params: { org } }, { signal }),
  });
