import type { LdapSecrets, LdapSettings } from '@privexbot/contract';
import { Checkbox, RadioGroup } from '@privexbot/ui/base/Checkbox.tsx';
import { Select, TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type FieldsProps, type KindForm, requireAll, splitPem, type Values } from './kind-form.ts';

const SUBJECTS = ['entryUUID', 'objectGUID', 'nsUniqueId', 'ipaUniqueID', 'GUID'] as const;
const ATTRIBUTE = /^[A-Za-z][A-Za-z0-9-]*$/;
const ADDRESS = /^ldaps?:\/\/[^\s/?#@]+\/?$/;

/** What directories of a kind call things. */
const PRESETS = {
  active: {
    personClass: 'user',
    loginAttributes: 'sAMAccountName, userPrincipalName, mail',
    subjectAttribute: 'objectGUID',
    nameAttribute: 'displayName',
    emailAttribute: 'mail',
    groupClass: 'group',
    memberAttribute: 'member',
    groupName: 'sAMAccountName',
  },
  other: {
    personClass: 'inetOrgPerson',
    loginAttributes: 'uid, mail',
    subjectAttribute: 'entryUUID',
    nameAttribute: 'cn',
    emailAttribute: 'mail',
    groupClass: 'groupOfNames',
    memberAttribute: 'member',
    groupName: 'dn',
  },
} as const satisfies Record<string, Values>;
/** Fields that are one line each. */
type Line =
  | 'url'
  | 'bindDn'
  | 'baseDn'
  | 'personClass'
  | 'loginAttributes'
  | 'nameAttribute'
  | 'emailAttribute'
  | 'groupClass'
  | 'memberAttribute'
  | 'groupName';
const SINGLE = ['personClass', 'nameAttribute', 'emailAttribute', 'groupClass', 'memberAttribute', 'groupName'] as const;

interface Protocol {
  kind: 'ldap';
  settings: LdapSettings;
  secrets: LdapSecrets;
}

/** Where the directory is, who looks people up, and what things are called there. */
export const ldapForm: KindForm<LdapSettings, Protocol> = {
  initial(settings) {
    if (!settings)
      return {
        preset: 'active',
        url: 'ldaps://',
        authorities: '',
        bindDn: '',
        bindPassword: '',
        baseDn: '',
        groupsBaseDn: '',
        nested: 'yes',
        ...PRESETS.active,
      };
    const { groups, authorities, loginAttributes, ...plain } = settings;
    return {
      ...plain,
      preset: settings.subjectAttribute === 'objectGUID' ? 'active' : 'other',
      authorities: authorities.join('\n'),
      loginAttributes: loginAttributes.join(', '),
      bindPassword: '',
      groupsBaseDn: groups.baseDn ?? '',
      groupClass: groups.groupClass,
      memberAttribute: groups.memberAttribute,
      groupName: groups.nameAttribute,
      nested: groups.nested ? 'yes' : '',
    };
  },

  check(values, t) {
    const wrong = [...SINGLE, 'loginAttributes'].filter(
      (name) => listOf(values[name]).length === 0 || listOf(values[name]).some((one) => !ATTRIBUTE.test(one)),
    );
    return {
      ...(ADDRESS.test(values.url?.trim() ?? '') ? {} : { url: t('ldap.urlWrong') }),
      ...(!values.authorities?.trim() || splitPem(values.authorities).length ? {} : { authorities: t('directory.noCertificate') }),
      ...requireAll(values, ['bindDn', 'baseDn'], t),
      ...Object.fromEntries(wrong.map((name) => [name, t('ldap.attributeWrong')])),
    };
  },

  toProtocol(values) {
    const text = (name: string) => values[name]?.trim() ?? '';
    const groupsBaseDn = text('groupsBaseDn');
    return {
      kind: 'ldap',
      settings: {
        url: text('url'),
        authorities: splitPem(text('authorities')),
        bindDn: text('bindDn'),
        baseDn: text('baseDn'),
        personClass: text('personClass'),
        loginAttributes: listOf(values.loginAttributes),
        subjectAttribute: SUBJECTS.find((one) => one === values.subjectAttribute) ?? 'entryUUID',
        nameAttribute: text('nameAttribute'),
        emailAttribute: text('emailAttribute'),
        groups: {
          groupClass: text('groupClass'),
          memberAttribute: text('memberAttribute'),
          nameAttribute: text('groupName'),
          nested: values.nested === 'yes',
          ...(groupsBaseDn ? { baseDn: groupsBaseDn } : {}),
        },
      },
      secrets: { bindPassword: values.bindPassword ?? '' },
    };
  },

  Fields: LdapFields,
};

function listOf(text = ''): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function LdapFields({ form, secretEndings }: FieldsProps) {
  const t = useText();
  const { values } = form;
  const kept = secretEndings.bindPassword;
  const name = (field: Line, help?: string) => (
    <TextField
      {...form.field(field)}
      label={t(`ldap.${field}`)}
      {...(help ? { help } : {})}
      dir="ltr"
      autoComplete="off"
      spellCheck={false}
    />
  );
  const choose = (preset: keyof typeof PRESETS) => {
    form.set('preset', preset);
    for (const [field, value] of Object.entries(PRESETS[preset])) form.set(field, value);
  };
  return (
    <>
      <RadioGroup
        legend={t('ldap.preset')}
        value={values.preset === 'other' ? 'other' : 'active'}
        onValueChange={choose}
        options={(['active', 'other'] as const).map((value) => ({ value, label: t(`ldap.preset.${value}`) }))}
      />
      {name('url', t('ldap.urlHelp'))}
      <TextArea
        {...form.field('authorities')}
        label={t('ldap.authorities')}
        help={t('ldap.authoritiesHelp')}
        optional={t('field.optional')}
        dir="ltr"
        spellCheck={false}
      />
      {name('bindDn', t('ldap.bindDnHelp'))}
      <TextField
        {...form.field('bindPassword')}
        label={t('ldap.bindPassword')}
        help={kept ? t('sso.secretKept', { ending: kept }) : t('sso.secretHelp')}
        type="password"
        dir="ltr"
        autoComplete="off"
      />
      {name('baseDn', t('ldap.baseDnHelp'))}
      <details>
        <summary className="cursor-pointer text-body font-medium">{t('ldap.more')}</summary>
        <div className="mt-3 flex flex-col gap-4">
          {name('personClass')}
          {name('loginAttributes', t('ldap.loginAttributesHelp'))}
          <Select
            label={t('ldap.subjectAttribute')}
            help={t('ldap.subjectAttributeHelp')}
            value={values.subjectAttribute}
            onValueChange={(value) => form.set('subjectAttribute', value)}
            options={SUBJECTS.map((value) => ({ value, label: value }))}
          />
          {name('nameAttribute')}
          {name('emailAttribute')}
          <TextField
            {...form.field('groupsBaseDn')}
            label={t('ldap.groupsBaseDn')}
            help={t('ldap.groupsBaseDnHelp')}
            optional={t('field.optional')}
            dir="ltr"
            autoComplete="off"
          />
          {name('groupClass')}
          {name('memberAttribute')}
          {name('groupName', t('ldap.groupNameHelp'))}
          <Checkbox
            label={t('ldap.nested')}
            checked={values.nested === 'yes'}
            onCheckedChange={(checked) => form.set('nested', checked ? 'yes' : '')}
          />
        </div>
      </details>
    </>
  );
}
