import { ROLES, type Role } from '@privexbot/contract';
import { Select } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';

/** One of the five roles, each with what it may. */
export function RoleSelect<R extends Role>({
  value,
  roles = ROLES as readonly Role[] as readonly R[],
  label,
  onChange,
}: {
  value: R;
  roles?: readonly R[];
  label?: string;
  onChange: (role: R) => void;
}) {
  const t = useText();
  const options = roles.map((role) => ({ value: role, label: t(`role.${role}`) }));
  return (
    <Select label={label ?? t('members.role')} help={t(`members.may.${value}`)} value={value} options={options} onValueChange={onChange} />
  );
}
