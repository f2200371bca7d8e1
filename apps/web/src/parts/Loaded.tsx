import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { toFailure } from '../api.ts';
import { Barred, isBarred } from './Barred.tsx';

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
  const failure = query.error && toFailure(query.error);
  if (failure && isBarred(failure)) return <Barred failure={failure} />;
  return (
    <>
      {failure && <ErrorNote title={failed} failure={failure} onRetry={() => void query.refetch()} />}
      {query.data !== undefined && children(query.data)}
    </>
  );
}
