import type { OidcSecrets, OidcSettings } from '@privexbot/contract';
import { Checkbox } from '@privexbot/ui/base/Checkbox.tsx';
import { Select, TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type FieldsProps, filled, type KindForm, requireAll } from './kind-form.ts';

const AUTHENTICATIONS = ['client_secret_basic', 'client_secret_post', 'none'] as const;

interface Protocol {
  kind: 'oidc';
  settings: OidcSettings;
  secrets?: OidcSecrets;
}

/** The provider by its issuer, and who we are there. */
export const oidcForm: KindForm<OidcSettings, Protocol> = {
  initial: (settings) => ({
    issuer: settings?.issuer ?? '',
    clientId: settings?.clientId ?? '',
    clientSecret: '',
    clientAuth: settings?.clientAuth ?? 'client_secret_basic',
    scopes: settings?.scopes ?? 'openid profile email',
    groupsClaim: settings?.groupsClaim ?? 'groups',
    signOutThere: settings?.signOutThere ? 'yes' : '',
  }),

  check: (values, t) => ({
    ...(/^https?:/.test(values.issuer ?? '') && URL.canParse(values.issuer ?? '') ? {} : { issuer: t('form.url') }),
    ...requireAll(values, ['clientId', 'groupsClaim'], t),
    ...(/^openid( \S+)*$/.test(values.scopes?.trim() ?? '') ? {} : { scopes: t('oidc.scopesWrong') }),
  }),

  toProtocol: (values) => ({
    kind: 'oidc',
    settings: {
      issuer: values.issuer?.trim() ?? '',
      clientId: values.clientId?.trim() ?? '',
      clientAuth: AUTHENTICATIONS.find((one) => one === values.clientAuth) ?? 'client_secret_basic',
      scopes: values.scopes?.trim() ?? '',
      groupsClaim: values.groupsClaim?.trim() ?? '',
      signOutThere: values.signOutThere === 'yes',
    },
    secrets: filled(values, ['clientSecret']),
  }),

  Fields: OidcFields,
};

function OidcFields({ form, secretEndings, placeholder }: FieldsProps) {
  const t = useText();
  const kept = secretEndings.clientSecret;
  const plain = { dir: 'ltr', autoComplete: 'off', spellCheck: false } as const;
  return (
    <>
      <TextField
        {...form.field('issuer')}
        {...plain}
        label={t('oidc.issuer')}
        help={t('oidc.issuerHelp')}
        type="url"
        placeholder={placeholder}
      />
      <TextField {...form.field('clientId')} {...plain} label={t('oidc.clientId')} />
      <TextField
        {...form.field('clientSecret')}
        {...plain}
        label={t('oidc.clientSecret')}
        help={kept ? t('sso.secretKept', { ending: kept }) : t('sso.secretHelp')}
        type="password"
      />
      <details>
        <summary className="cursor-pointer text-body font-medium">{t('oidc.more')}</summary>
        <div className="mt-3 flex flex-col gap-4">
          <TextField {...form.field('scopes')} {...plain} label={t('oidc.scopes')} help={t('oidc.scopesHelp')} />
          <TextField {...form.field('groupsClaim')} {...plain} label={t('oidc.groupsClaim')} help={t('oidc.groupsClaimHelp')} />
          <Select
            label={t('oidc.clientAuth')}
            value={form.values.clientAuth}
            onValueChange={(value) => form.set('clientAuth', value)}
            options={AUTHENTICATIONS.map((value) => ({ value, label: value }))}
          />
          <Checkbox
            label={t('directory.signOutThere')}
            description={t('oidc.signOutThereHelp')}
            checked={form.values.signOutThere === 'yes'}
            onCheckedChange={(checked) => form.set('signOutThere', checked ? 'yes' : '')}
          />
        </div>
      </details>
    </>
  );
}
