import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api.ts';
import { attemptsQuery, type Connection, connectionsQuery } from './queries.ts';
import { TestStep } from './TestStep.tsx';

export function AdminTest({ org, connection: { id, kind } }: { org: string; connection: Connection }) {
  const queryClient = useQueryClient();
  const params = { org, connection: id };
  const attempts = useQuery(attemptsQuery(org, id));
  return (
    <TestStep
      kind={kind}
      last={attempts.data?.find(({ outcome }) => outcome.startsWith('test_'))}
      onProbe={async () => (await api()).sso.probe({ params })}
      onTest={async (body) => (await api()).sso.test({ params, body })}
      onTested={() => queryClient.invalidateQueries({ queryKey: connectionsQuery(org).queryKey })}
    />
  );
}
