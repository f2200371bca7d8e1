import type { useText } from '@privexbot/ui/text/TextProvider.tsx';
import type { ReactElement } from 'react';
import type { Problems, useForm } from '../../../forms/use-form.ts';

export type Values = Record<string, string>;
type Text = ReturnType<typeof useText>;

/** How the settings of one kind of connection are entered: as plain texts, so that nothing typed is lost. `S` are settings, `P` what is sent. */
export interface KindForm<S, P> {
  /** Of a connection that is changed, else what is usual. */
  initial(settings: S | undefined): Values;
  check(values: Values, t: Text): Problems<Values>;
  toProtocol(values: Values): P;
  Fields(props: FieldsProps): ReactElement;
}

export interface FieldsProps {
  readonly form: ReturnType<typeof useForm<Values>>;
  /** Last characters of secrets that are kept, by name. */
  readonly secretEndings: Readonly<Record<string, string>>;
  /** How the main address looks at the product that was chosen. */
  readonly placeholder?: string;
}

/** Certificates in PEM, one after the other. */
export function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}

/** Says which of the named fields are empty. */
export function requireAll(values: Values, names: readonly string[], t: Text): Problems<Values> {
  return Object.fromEntries(names.filter((name) => !values[name]?.trim()).map((name) => [name, t('form.empty')]));
}

/** The fields that hold something, trimmed. */
export function filled(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.flatMap((name) => (values[name]?.trim() ? [[name, values[name].trim()]] : [])));
}
