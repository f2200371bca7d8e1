import type { SamlSettings } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox, RadioGroup } from '@privexbot/ui/base/Checkbox.tsx';
import { Select, TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useRef } from 'react';
import { type FieldsProps, filled, type KindForm, requireAll, splitPem, type Values } from './kind-form.ts';

const SOURCES = ['metadata', 'address', 'values'] as const;
const FORMATS = ['unspecified', 'persistent', 'email'] as const;
const NAMES = ['subjectAttribute', 'emailAttribute', 'nameAttribute', 'groupsAttribute'] as const;

interface Protocol {
  kind: 'saml';
  settings: SamlSettings;
}

/** The provider by its metadata, pasted or from a file or by address, or by its values; then what few need to change. */
export const samlForm: KindForm<SamlSettings, Protocol> = {
  initial(settings) {
    const { provider } = settings ?? {};
    const described = provider && 'entityId' in provider ? provider : undefined;
    return {
      source: described ? (described.metadataUrl ? 'address' : 'values') : 'metadata',
      metadata: '',
      metadataUrl: described?.metadataUrl ?? '',
      entityId: described?.entityId ?? '',
      signOnUrl: described?.signOnUrl ?? '',
      logoutUrl: described?.logoutUrl ?? '',
      certificates: described?.certificates.join('\n') ?? '',
      nameIdFormat: settings?.nameIdFormat ?? 'unspecified',
      forceAuthn: settings?.forceAuthn ? 'yes' : '',
      signOutThere: settings?.signOutThere === false ? '' : 'yes',
      ...Object.fromEntries(NAMES.map((name) => [name, settings?.[name] ?? ''])),
    };
  },

  check(values, t) {
    if (values.source === 'metadata') return requireAll(values, ['metadata'], t);
    if (values.source === 'address') return URL.canParse(values.metadataUrl ?? '') ? {} : { metadataUrl: t('form.url') };
    return {
      ...requireAll(values, ['entityId'], t),
      ...(URL.canParse(values.signOnUrl ?? '') ? {} : { signOnUrl: t('form.url') }),
      ...(!values.logoutUrl || URL.canParse(values.logoutUrl) ? {} : { logoutUrl: t('form.url') }),
      ...(splitPem(values.certificates ?? '').length ? {} : { certificates: t('directory.noCertificate') }),
    };
  },

  toProtocol: (values) => ({
    kind: 'saml',
    settings: {
      provider: providerOf(values),
      nameIdFormat: FORMATS.find((format) => format === values.nameIdFormat) ?? 'unspecified',
      forceAuthn: values.forceAuthn === 'yes',
      signOutThere: values.signOutThere === 'yes',
      ...filled(values, NAMES),
    },
  }),

  Fields: SamlFields,
};

function providerOf(values: Values): SamlSettings['provider'] {
  const { source, metadata = '', metadataUrl = '', entityId = '', signOnUrl = '', certificates = '' } = values;
  if (source === 'metadata') return { metadata };
  if (source === 'address') return { metadataUrl: metadataUrl.trim() };
  return {
    entityId: entityId.trim(),
    signOnUrl: signOnUrl.trim(),
    certificates: splitPem(certificates),
    ...filled(values, ['logoutUrl']),
  };
}

function SamlFields({ form }: FieldsProps) {
  const t = useText();
  const { values } = form;
  const source = SOURCES.find((one) => one === values.source) ?? 'metadata';
  return (
    <>
      <RadioGroup
        legend={t('saml.source')}
        value={source}
        onValueChange={(value) => form.set('source', value)}
        options={SOURCES.map((value) => ({ value, label: t(`saml.source.${value}`) }))}
      />
      {source === 'metadata' && <Metadata form={form} />}
      {source === 'address' && (
        <TextField {...form.field('metadataUrl')} label={t('saml.metadataUrl')} type="url" dir="ltr" autoComplete="off" />
      )}
      {source === 'values' && (
        <>
          <TextField {...form.field('entityId')} label={t('saml.entityId')} dir="ltr" autoComplete="off" />
          <TextField
            {...form.field('signOnUrl')}
            label={t('saml.signOnUrl')}
            help={t('saml.signOnUrlHelp')}
            type="url"
            dir="ltr"
            autoComplete="off"
          />
          <TextField
            {...form.field('logoutUrl')}
            label={t('saml.logoutUrl')}
            optional={t('field.optional')}
            type="url"
            dir="ltr"
            autoComplete="off"
          />
          <TextArea
            {...form.field('certificates')}
            label={t('saml.certificates')}
            help={t('saml.certificatesHelp')}
            dir="ltr"
            spellCheck={false}
          />
        </>
      )}
      <details className="flex flex-col gap-4">
        <summary className="cursor-pointer text-body font-medium">{t('saml.more')}</summary>
        <div className="mt-3 flex flex-col gap-4">
          <Select
            label={t('saml.nameId')}
            help={t('saml.nameIdHelp')}
            value={values.nameIdFormat}
            onValueChange={(value) => form.set('nameIdFormat', value)}
            options={FORMATS.map((value) => ({ value, label: t(`saml.nameId.${value}`) }))}
          />
          {NAMES.map((name) => (
            <TextField
              key={name}
              {...form.field(name)}
              label={t(`saml.${name}`)}
              {...(name === 'subjectAttribute' ? { help: t('saml.subjectAttributeHelp') } : {})}
              optional={t('field.optional')}
              dir="ltr"
              autoComplete="off"
            />
          ))}
          <Checkbox
            label={t('saml.forceAuthn')}
            checked={values.forceAuthn === 'yes'}
            onCheckedChange={(checked) => form.set('forceAuthn', checked ? 'yes' : '')}
          />
          <Checkbox
            label={t('directory.signOutThere')}
            description={t('saml.signOutThereHelp')}
            checked={values.signOutThere === 'yes'}
            onCheckedChange={(checked) => form.set('signOutThere', checked ? 'yes' : '')}
          />
        </div>
      </details>
    </>
  );
}

/** Pasted, or read from a file: providers offer it as a download. */
function Metadata({ form }: Pick<FieldsProps, 'form'>) {
  const t = useText();
  const file = useRef<HTMLInputElement>(null);
  return (
    <div className="flex flex-col items-stretch gap-2">
      <TextArea {...form.field('metadata')} label={t('saml.metadata')} help={t('saml.metadataHelp')} dir="ltr" spellCheck={false} />
      <input
        ref={file}
        type="file"
        accept=".xml,application/xml,text/xml"
        hidden
        onChange={({ currentTarget: { files } }) => void files?.[0]?.text().then((text) => form.set('metadata', text))}
      />
      <Button size="sm" className="self-start" onClick={() => file.current?.click()}>
        {t('saml.chooseFile')}
      </Button>
    </div>
  );
}
