import { PERMISSIONS, type Permission } from '@privexbot/contract';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useCan } from './session.ts';

/** For a control inside a visible area: why this person cannot use it and who can, or undefined where it works. */
export function useReason(): (permission: Permission) => string | undefined {
  const t = useText();
  const can = useCan();
  return (permission) => (can(permission) ? undefined : t('access.needs', { role: PERMISSIONS[permission].roles.at(-1) ?? 'admin' }));
}
