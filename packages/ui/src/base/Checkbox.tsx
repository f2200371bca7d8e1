import { type ComponentProps, type ReactNode, useId } from 'react';

const BOX = 'mt-0.5 size-4 shrink-0 accent-accent';

type Choice = Omit<ComponentProps<'input'>, 'type' | 'onChange'> & {
  label: ReactNode;
  description?: ReactNode;
  onCheckedChange: (checked: boolean) => void;
};

/** A native check box with its label and an optional line below. */
export function Checkbox({ label, description, onCheckedChange, ...rest }: Choice) {
  return <Ticked {...rest} type="checkbox" label={label} description={description} onCheckedChange={onCheckedChange} />;
}

/** On or off, at once: no save button follows. */
export function Switch({ label, description, onCheckedChange, ...rest }: Choice) {
  return <Ticked {...rest} type="checkbox" role="switch" label={label} description={description} onCheckedChange={onCheckedChange} />;
}

function Ticked({ label, description, onCheckedChange, role, ...rest }: Choice & { type: 'checkbox' | 'radio' }) {
  const id = useId();
  const look =
    role === 'switch'
      ? 'relative h-5 w-9 shrink-0 appearance-none rounded-full border border-control bg-sunken transition-colors before:absolute before:start-0.5 before:top-0.5 before:size-3.5 before:rounded-full before:bg-muted before:transition-transform checked:border-accent checked:bg-accent checked:before:translate-x-4 checked:before:bg-on-accent rtl:checked:before:-translate-x-4'
      : BOX;
  return (
    <div className="flex min-h-6 items-start gap-2 pointer-coarse:min-h-11">
      <input
        {...rest}
        id={id}
        role={role}
        aria-describedby={description ? `${id}-more` : undefined}
        onChange={(event) => onCheckedChange(event.currentTarget.checked)}
        className={look}
      />
      <div className="min-w-0">
        <label htmlFor={id} className="block min-h-5 text-body text-ink">
          {label}
        </label>
        {description && (
          <p id={`${id}-more`} className="text-dense text-muted">
            {description}
          </p>
        )}
      </div>
    </div>
  );
}

interface RadioOption<V extends string> {
  value: V;
  label: ReactNode;
  description?: ReactNode;
}

/** One of a few, all visible. Native radios, so arrow keys and forms work as everywhere. */
export function RadioGroup<V extends string>({
  legend,
  options,
  value,
  onValueChange,
  disabled = false,
}: {
  legend: ReactNode;
  options: readonly RadioOption<V>[];
  value: V;
  onValueChange: (value: V) => void;
  disabled?: boolean;
}) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-body font-medium text-ink">{legend}</legend>
      {options.map((option) => (
        <Ticked
          key={option.value}
          type="radio"
          name={name}
          label={option.label}
          description={option.description}
          checked={option.value === value}
          disabled={disabled}
          onCheckedChange={() => onValueChange(option.value)}
        />
      ))}
    </fieldset>
  );
}
