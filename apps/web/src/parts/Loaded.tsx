import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { toFailure } from '../api.ts';

/** A region that reads from the server: its skeleton, its error, or its content. A failed refresh keeps what was there. */
export function Loaded<T>({
  query,
  failed,
  skeleton = <Skeleton />,
  children,
}: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  /** What could not be loaded. */
  failed: string;
  skeleton?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (query.data === undefined && !query.error) return skeleton;
  return (
    <>
      {query.error && <ErrorNote title={failed} failure={toFailure(query.error)} onRetry={() => void query.refetch()} />}
      {query.data !== undefined && children(query.data)}
    </>
  );
}
