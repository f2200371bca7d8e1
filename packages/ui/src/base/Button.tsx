import { type ComponentProps, type ReactNode, useId } from 'react';
import { useText } from '../text/TextProvider.tsx';
import { useEnvironment } from '../verification/EnvironmentProvider.tsx';

const VARIANTS = {
  primary: 'border-transparent bg-accent text-on-accent hover:not-aria-disabled:bg-accent-hover',
  secondary: 'border-control bg-surface text-ink hover:not-aria-disabled:bg-sunken',
  quiet: 'border-transparent bg-transparent text-ink hover:not-aria-disabled:bg-sunken',
  danger: 'border-transparent bg-danger-solid text-on-danger hover:not-aria-disabled:brightness-110',
} as const;

const SIZES = { md: 'control px-3', sm: 'min-h-8 px-2 pointer-coarse:min-h-11', icon: 'target justify-center p-0' } as const;

export interface ButtonLook {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
}

/** The classes of a button, for links that look like one. */
export function buttonClass({ variant = 'secondary', size = 'md' }: ButtonLook = {}): string {
  return `inline-flex items-center justify-center gap-2 rounded-control border text-body font-medium whitespace-nowrap select-none transition-colors active:not-aria-disabled:scale-[0.98] aria-disabled:opacity-60 ${VARIANTS[variant]} ${SIZES[size]}`;
}

type ButtonProps = Omit<ComponentProps<'button'>, 'disabled'> &
  ButtonLook & {
    /** Why it cannot be used now. It stays focusable and says so. */
    disabledReason?: string | undefined;
    /** Its work is under way: it keeps its place, says so, and takes no second press. */
    busy?: boolean;
    children: ReactNode;
  };

/** One that submits a form does nothing while nothing may be sent. */
export function Button({
  variant = 'secondary',
  size = 'md',
  disabledReason: ownReason,
  busy = false,
  className = '',
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const t = useText();
  const { gate } = useEnvironment();
  const disabledReason = ownReason ?? (rest.type === 'submit' && gate === 'closed' ? t('gate.closed') : undefined);
  const reasonId = useId();
  const blocked = busy || disabledReason !== undefined;
  return (
    <>
      <button
        type="button"
        {...rest}
        aria-disabled={blocked || undefined}
        aria-busy={busy || undefined}
        aria-describedby={disabledReason ? reasonId : rest['aria-describedby']}
        title={disabledReason ?? rest.title}
        data-primary={variant === 'primary' || undefined}
        onClick={(event) => {
          if (blocked) event.preventDefault();
          else onClick?.(event);
        }}
        className={`${buttonClass({ variant, size })} ${className}`}
      >
        {children}
      </button>
      {disabledReason && (
        <span id={reasonId} className="sr-only">
          {disabledReason}
        </span>
      )}
    </>
  );
}
