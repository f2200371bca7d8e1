/** What the app reads from the server, each under one key. Screens share the cache and never a copy of it. */
import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import { api, toFailure } from './api.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Only failures that may pass by themselves are tried again.
      retry: (count, error) => count < 2 && toFailure(error).retry && toFailure(error).code !== 'internal',
    },
  },
});

export interface Place {
  org: string;
  workspace: string;
}

const WORKING_POLL_MS = 1_000;

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => (await api()).auth.me({}, { signal }),
  staleTime: 60_000,
});

export const optionsQuery = queryOptions({ queryKey: ['options'], queryFn: async () => (await api()).auth.options(), staleTime: 60_000 });
export const securityQuery = queryOptions({ queryKey: ['security'], queryFn: async () => (await api()).credentials.security() });
export const sessionsQuery = queryOptions({ queryKey: ['sessions'], queryFn: async () => (await api()).auth.sessions({}) });

export const botsQuery = (params: Place) =>
  queryOptions({ queryKey: ['bots', params], queryFn: async ({ signal }) => (await api()).bots.list({ params }, { signal }) });

export const botQuery = (params: Place & { bot: string }) =>
  queryOptions({ queryKey: ['bot', params], queryFn: async ({ signal }) => (await api()).bots.get({ params }, { signal }) });

export const versionsQuery = (params: Place & { bot: string }) =>
  queryOptions({
    queryKey: ['bot', params, 'versions'],
    queryFn: async ({ signal }) => (await api()).bots.versions({ params }, { signal }),
  });

export const versionQuery = (params: Place & { bot: string; version: string }, against?: string) =>
  queryOptions({
    queryKey: ['bot', params, 'version', against],
    queryFn: async ({ signal }) => (await api()).bots.version({ params, query: against ? { against } : {} }, { signal }),
  });

export const deploymentsQuery = (params: Place & { bot: string }) =>
  queryOptions({
    queryKey: ['bot', params, 'deployments'],
    queryFn: async ({ signal }) => (await api()).bots.deployments({ params }, { signal }),
  });

export const knowledgeListQuery = (params: Place) =>
  queryOptions({ queryKey: ['knowledge', params], queryFn: async ({ signal }) => (await api()).knowledge.list({ params }, { signal }) });

export type InKnowledge = Place & { knowledge: string };

export const knowledgeQuery = (params: InKnowledge) =>
  queryOptions({
    queryKey: ['knowledge-base', params],
    queryFn: async ({ signal }) => (await api()).knowledge.get({ params }, { signal }),
  });

/** Asks again every second while a document is being read or made findable by meaning, and not at all otherwise. */
export const documentsQuery = (params: InKnowledge) =>
  infiniteQueryOptions({
    queryKey: ['documents', params],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) =>
      (await api()).knowledge.documents({ params, query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } }, { signal }),
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((item) => isWorking(item))) ? WORKING_POLL_MS : false,
  });

export const documentQuery = (params: InKnowledge & { document: string }) =>
  queryOptions({
    queryKey: ['document', params],
    queryFn: async ({ signal }) => (await api()).knowledge.document({ params }, { signal }),
    refetchInterval: ({ state }) => (state.data && isWorking(state.data) ? WORKING_POLL_MS : false),
  });

export const PASSAGES_PER_PAGE = 50;

export const passagesQuery = (params: InKnowledge & { document: string }, from: number) =>
  queryOptions({
    queryKey: ['document', params, 'passages', from],
    queryFn: async ({ signal }) => (await api()).knowledge.passages({ params, query: { from, limit: PASSAGES_PER_PAGE } }, { signal }),
    placeholderData: keepPreviousData,
  });

export const organizationQuery = (org: string) =>
  queryOptions({
    queryKey: ['organization', org],
    queryFn: async ({ signal }) => (await api()).organizations.get({ params: { org } }, { signal }),
  });

export const modelsQuery = (org: string) =>
  queryOptions({ queryKey: ['models', org], queryFn: async ({ signal }) => (await api()).models.list({ params: { org } }, { signal }) });

export const apiKeysQuery = (org: string) =>
  queryOptions({
    queryKey: ['api-keys', org, 'own'],
    queryFn: async ({ signal }) => (await api()).apiKeys.list({ params: { org } }, { signal }),
  });

export const allKeysQuery = (org: string) =>
  queryOptions({
    queryKey: ['api-keys', org, 'all'],
    queryFn: async ({ signal }) => (await api()).apiKeys.listAll({ params: { org } }, { signal }),
  });

export const serviceAccountsQuery = (org: string) =>
  queryOptions({
    queryKey: ['service-accounts', org],
    queryFn: async ({ signal }) => (await api()).serviceAccounts.list({ params: { org } }, { signal }),
  });

export const usageQuery = (org: string, days: number) =>
  queryOptions({
    queryKey: ['usage', org, days],
    queryFn: async ({ signal }) => (await api()).usage.read({ params: { org }, query: { days } }, { signal }),
    placeholderData: keepPreviousData,
  });

export const spendingQuery = (org: string) =>
  queryOptions({
    queryKey: ['spending', org],
    queryFn: async ({ signal }) => (await api()).usage.spending({ params: { org } }, { signal }),
  });

/** Asks again every second while a rotation is under way. */
export const rootKeyQuery = (org: string) =>
  queryOptions({
    queryKey: ['root-key', org],
    queryFn: async ({ signal }) => (await api()).privacy.keys({ params: { org } }, { signal }),
    refetchInterval: ({ state }) => (state.data?.rotation ? WORKING_POLL_MS : false),
  });

/** Keyed by the epoch as well: each rotation that ends adds one. */
export const receiptsQuery = (org: string, epoch: number, rotating: boolean) =>
  queryOptions({
    queryKey: ['receipts', org, epoch, rotating],
    queryFn: async ({ signal }) => (await api()).privacy.receipts({ params: { org } }, { signal }),
    placeholderData: keepPreviousData,
  });

/** What narrows the log: exact ids, a span of days, an action or the domain of several. */
export type AuditFilter = { [K in 'action' | 'actor' | 'target' | 'from' | 'to']?: string | undefined };

export const auditQuery = (org: string, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', org, filter],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) =>
      (await api()).audit.list(
        { params: { org }, query: { limit: 50, ...filter, ...(pageParam ? { cursor: pageParam } : {}) } },
        { signal },
      ),
    getNextPageParam: (page) => page.next,
  });

export const auditSettingsQuery = (org: string) =>
  queryOptions({
    queryKey: ['audit-settings', org],
    queryFn: async ({ signal }) => (await api()).audit.settings({ params: { org } }, { signal }),
  });

export const auditSinksQuery = (org: string) =>
  queryOptions({
    queryKey: ['audit-sinks', org],
    queryFn: async ({ signal }) => (await api()).audit.sinks({ params: { org } }, { signal }),
  });

export const auditReportQuery = (org: string) =>
  queryOptions({
    queryKey: ['audit-report', org],
    queryFn: async ({ signal }) => (await api()).audit.verify({ params: { org } }, { signal }),
    staleTime: 60_000,
  });

/** Whether something about a document still changes by itself. */
export function isWorking(document: { state: string; passages: number; embedded: number }): boolean {
  return (
    document.state === 'queued' || document.state === 'reading' || (document.state === 'ready' && document.embedded < document.passages)
  );
}
