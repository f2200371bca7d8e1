import type { Call, contract } from '@privexbot/contract';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { documentsQuery, type InKnowledge } from '../../queries.ts';

type Body = Call<(typeof contract)['knowledge']['add']>['body'];

/** Adds a document and lets the lists know. */
export function useAddDocument(params: InKnowledge) {
  const queryClient = useQueryClient();
  return async (body: Body) => {
    const document = await (await api()).knowledge.add({ params, body });
    await queryClient.invalidateQueries({ queryKey: documentsQuery(params).queryKey });
    void queryClient.invalidateQueries({ queryKey: ['knowledge'] });
    void queryClient.invalidateQueries({ queryKey: ['knowledge-base'] });
    return document;
  };
}
