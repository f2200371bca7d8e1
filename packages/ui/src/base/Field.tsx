import { type ComponentProps, type ReactNode, useId } from 'react';

interface FieldProps {
  label: ReactNode;
  help?: ReactNode;
  /** What is wrong and what to enter instead. */
  error?: string | undefined;
  /** Shown after the label of a field that may stay empty. */
  optional?: string;
}

/** Label above, control, help below, error last. The render function receives what ties the control to them. */
export function Field({
  label,
  help,
  error,
  optional,
  children,
}: FieldProps & {
  children: (tie: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined }) => ReactNode;
}) {
  const id = useId();
  const helpId = help ? `${id}-help` : undefined;
  const errorId = error ? `${id}-error` : undefined;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-body font-medium text-ink">
        {label}
        {optional && <span className="font-normal text-muted"> ({optional})</span>}
      </label>
      {children({
        id,
        'aria-describedby': [helpId, errorId].filter(Boolean).join(' ') || undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {help && (
        <p id={helpId} className="text-dense text-muted">
          {help}
        </p>
      )}
      {error && (
        <p id={errorId} className="text-dense font-medium text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

export const inputClass =
  'w-full rounded-control border border-control bg-surface px-3 text-body text-ink pointer-coarse:text-reading aria-invalid:border-danger disabled:bg-sunken disabled:text-muted [&[readonly]]:bg-sunken';

type Own<P> = Omit<P, 'id' | 'aria-describedby' | 'aria-invalid'> & FieldProps;

export function TextField({ label, help, error, optional, className = '', ...rest }: Own<ComponentProps<'input'>>) {
  return (
    <Field label={label} help={help} error={error} {...(optional ? { optional } : {})}>
      {(tie) => <input {...rest} {...tie} className={`control ${inputClass} ${className}`} />}
    </Field>
  );
}

/** Grows with its text where the browser can, and can be dragged taller everywhere. */
export function TextArea({ label, help, error, optional, className = '', ...rest }: Own<ComponentProps<'textarea'>>) {
  return (
    <Field label={label} help={help} error={error} {...(optional ? { optional } : {})}>
      {(tie) => (
        <textarea
          dir="auto"
          rows={4}
          {...rest}
          {...tie}
          className={`field-sizing-content max-h-96 min-h-20 resize-y py-2 ${inputClass} ${className}`}
        />
      )}
    </Field>
  );
}

/** A choice among a few: the system's own control, which needs no script and is best on a phone. */
export function Select<V extends string>({
  label,
  help,
  error,
  options,
  onValueChange,
  ...rest
}: Own<Omit<ComponentProps<'select'>, 'onChange'>> & {
  options: readonly { value: V; label: string }[];
  onValueChange: (value: V) => void;
}) {
  return (
    <Field label={label} help={help} error={error}>
      {(tie) => (
        <select
          {...rest}
          {...tie}
          onChange={(event) => {
            const chosen = options.find((option) => option.value === event.currentTarget.value);
            if (chosen) onValueChange(chosen.value);
          }}
          className={`control ${inputClass}`}
        >
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
