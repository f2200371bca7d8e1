import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api.ts';

export interface InConnection {
  org: string;
  connection: string;
}

export const scimQuery = (params: InConnection) =>
  queryOptions({ queryKey: ['scim', params], queryFn: async ({ signal }) => (await api()).scim.get({ params }, { signal }) });

export const scimLogQuery = (params: InConnection) =>
  queryOptions({ queryKey: ['scim', params, 'log'], queryFn: async ({ signal }) => (await api()).scim.log({ params }, { signal }) });
