import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { documentQuery, documentsQuery, type InKnowledge } from '../../queries.ts';
import type { DocumentInfo } from './document-state.ts';

/** Stop reading, read again, delete. */
export function useDocumentActions(params: InKnowledge, { id }: Pick<DocumentInfo, 'id'>) {
  const queryClient = useQueryClient();
  const target = { ...params, document: id };
  const refresh = async () => {
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: documentsQuery(params).queryKey }),
      queryClient.invalidateQueries({ queryKey: documentQuery(target).queryKey }),
      queryClient.invalidateQueries({ queryKey: ['knowledge-base', params] }),
      queryClient.invalidateQueries({ queryKey: ['knowledge'] }),
    ]);
  };
  const act = useMutation({
    mutationFn: async (actions: readonly ('cancel' | 'retry' | 'deleteDocument')[]) => {
      const { knowledge } = await api();
      for (const action of actions) await knowledge[action]({ params: target });
    },
    onSettled: refresh,
  });
  return {
    busy: act.isPending,
    error: act.error,
    cancel: () => act.mutate(['cancel']),
    retry: () => act.mutate(['retry']),
    /** For one that is stuck: only what was cancelled can be read again. */
    restart: () => act.mutate(['cancel', 'retry']),
    remove: () => act.mutateAsync(['deleteDocument']),
  };
}
