import type { Failure } from '@privexbot/ui/failure.ts';
import { type SyntheticEvent, useRef, useState } from 'react';
import { toFailure } from '../api.ts';

export type Problems<V> = { [K in keyof V]?: string };

interface FormInput<V> {
  initial: V;
  /** Sentences about fields that cannot be sent as they are; empty when all is well. */
  check: (values: V) => Problems<V>;
  /** Throws when it fails; everything typed stays. */
  submit: (values: V) => Promise<void>;
}

/** State of a form: checked when a field is left, then live; nothing typed is ever lost. */
export function useForm<V extends Record<string, string>>({ initial, check, submit }: FormInput<V>) {
  const [values, setValues] = useState(initial);
  const [left, setLeft] = useState<Partial<Record<keyof V, true>>>({});
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const form = useRef<HTMLFormElement>(null);
  const problems = check(values);

  async function onSubmit(event: SyntheticEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setTried(true);
    const first = Object.keys(problems)[0];
    if (first) {
      form.current?.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      await submit(values);
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      setBusy(false);
    }
  }

  return {
    values,
    busy,
    failure,
    set: <K extends keyof V & string>(name: K, value: V[K]) => setValues((now) => ({ ...now, [name]: value })),
    reset: () => {
      setValues(initial);
      setLeft({});
      setTried(false);
      setFailure(undefined);
    },
    /** Spread on the `<form>`. */
    form: { ref: form, onSubmit: (event: SyntheticEvent) => void onSubmit(event), noValidate: true },
    /** Spread on a text field. */
    field: (name: keyof V & string) => ({
      name,
      value: values[name] as string,
      error: tried || left[name] ? problems[name] : undefined,
      onBlur: () => setLeft((now) => ({ ...now, [name]: true })),
      onChange: (event: { currentTarget: { value: string } }) => {
        const { value } = event.currentTarget;
        setValues((now) => ({ ...now, [name]: value }));
      },
    }),
  };
}
