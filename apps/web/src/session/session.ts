/** Who is signed in, where, and what that person may do there. */
import { hasPermission, type Permission } from '@privexbot/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { notFound, useParams } from '@tanstack/react-router';
import { meQuery, type Place } from '../queries.ts';

export function useAccount() {
  return useSuspenseQuery(meQuery).data;
}

export type Organization = ReturnType<typeof useAccount>['organizations'][number];

/** The organization of the address; somebody else's does not exist. */
export function useOrganization(): Organization {
  const { org } = useParams({ strict: false });
  const found = useAccount().organizations.find((organization) => organization.id === org);
  if (!found) throw notFound();
  return found;
}

/** Organization and workspace of the address, as calls want them. */
export function usePlace(): Place {
  const organization = useOrganization();
  const { workspace } = useParams({ strict: false });
  const found = organization.workspaces.find((candidate) => candidate.id === workspace);
  if (!found) throw notFound();
  return { org: organization.id, workspace: found.id };
}

/** Whether the person's role in this organization holds a permission. */
export function useCan(): (permission: Permission) => boolean {
  const { role } = useOrganization();
  return (permission) => hasPermission(role, permission);
}
