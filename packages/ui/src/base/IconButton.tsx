import type { LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { Button } from './Button.tsx';
import { Icon } from './Icon.tsx';
import { Tooltip } from './Tooltip.tsx';

type Props = Omit<ComponentProps<typeof Button>, 'children' | 'size' | 'aria-label'> & {
  icon: LucideIcon;
  label: string;
  mirror?: boolean;
};

/** A button that shows only an icon: its name is read out and shown on hover and focus. */
export function IconButton({ icon, label, mirror = false, variant = 'quiet', ...rest }: Props) {
  return (
    <Tooltip text={label}>
      <Button {...rest} variant={variant} size="icon" aria-label={label}>
        <Icon of={icon} mirror={mirror} />
      </Button>
    </Tooltip>
  );
}
