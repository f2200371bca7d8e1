import type { Call, ConnectionKind, contract } from '@privexbot/contract';
import { jwtForm } from './jwt.tsx';
import type { KindForm } from './kind-form.ts';
import { ldapForm } from './ldap.tsx';
import { oidcForm } from './oidc.tsx';
import { samlForm } from './saml.tsx';

type New = Call<(typeof contract)['sso']['create']>['body'];
/** What a form makes, as a call takes it. */
export type Protocol = New extends infer B
  ? B extends { kind: unknown; settings: unknown }
    ? Pick<B, 'kind' | 'settings' | ('secrets' & keyof B)>
    : never
  : never;
type AnyForm = KindForm<object, Protocol>;

const FORMS: Readonly<Partial<Record<ConnectionKind, unknown>>> = { oidc: oidcForm, saml: samlForm, ldap: ldapForm, jwt: jwtForm };

export const KINDS = Object.keys(FORMS) as ConnectionKind[];

/** The form of a kind. It is given settings of its own kind only. */
export function formOf(kind: ConnectionKind): AnyForm {
  const form = FORMS[kind];
  if (!form) throw new Error(`no form for ${kind}`);
  return form as AnyForm;
}
