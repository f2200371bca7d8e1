import type { JwtSettings } from '@privexbot/contract';
import { RadioGroup } from '@privexbot/ui/base/Checkbox.tsx';
import { TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type FieldsProps, type KindForm, requireAll } from './kind-form.ts';

const CLAIMS = ['subjectClaim', 'emailClaim', 'nameClaim', 'groupsClaim'] as const;
const DEFAULTS = { subjectClaim: 'sub', emailClaim: 'email', nameClaim: 'name', groupsClaim: 'groups' };

interface Protocol {
  kind: 'jwt';
  settings: Omit<JwtSettings, 'algorithms' | 'maxAgeSeconds'> & Partial<Pick<JwtSettings, 'algorithms' | 'maxAgeSeconds'>>;
}

/** Whose tokens are taken, for whom they are made, and by which keys they are checked. */
export const jwtForm: KindForm<JwtSettings, Protocol> = {
  initial: (settings) => ({
    issuer: settings?.issuer ?? '',
    audience: settings?.audience ?? '',
    source: settings && 'set' in settings.keys ? 'set' : 'url',
    keysUrl: settings && 'url' in settings.keys ? settings.keys.url : '',
    keysSet: settings && 'set' in settings.keys ? settings.keys.set : '',
    ...Object.fromEntries(CLAIMS.map((name) => [name, settings?.[name] ?? DEFAULTS[name]])),
  }),

  check: (values, t) => ({
    ...requireAll(values, ['issuer', 'audience', ...CLAIMS], t),
    ...(values.source === 'url' && !URL.canParse(values.keysUrl ?? '') ? { keysUrl: t('form.url') } : {}),
    ...(values.source === 'set' ? requireAll(values, ['keysSet'], t) : {}),
  }),

  toProtocol(values) {
    const text = (name: string) => values[name]?.trim() ?? '';
    return {
      kind: 'jwt',
      settings: {
        issuer: text('issuer'),
        audience: text('audience'),
        keys: values.source === 'set' ? { set: text('keysSet') } : { url: text('keysUrl') },
        subjectClaim: text('subjectClaim'),
        emailClaim: text('emailClaim'),
        nameClaim: text('nameClaim'),
        groupsClaim: text('groupsClaim'),
      },
    };
  },

  Fields: JwtFields,
};

function JwtFields({ form }: FieldsProps) {
  const t = useText();
  const plain = { dir: 'ltr', autoComplete: 'off', spellCheck: false } as const;
  return (
    <>
      <TextField {...form.field('issuer')} {...plain} label={t('jwt.issuer')} help={t('jwt.issuerHelp')} />
      <TextField {...form.field('audience')} {...plain} label={t('jwt.audience')} help={t('jwt.audienceHelp')} />
      <RadioGroup
        legend={t('jwt.keys')}
        value={form.values.source === 'set' ? 'set' : 'url'}
        onValueChange={(value) => form.set('source', value)}
        options={(['url', 'set'] as const).map((value) => ({ value, label: t(`jwt.keys.${value}`) }))}
      />
      {form.values.source === 'set' ? (
        <TextArea {...form.field('keysSet')} label={t('jwt.keysSet')} help={t('jwt.keysSetHelp')} dir="ltr" spellCheck={false} />
      ) : (
        <TextField {...form.field('keysUrl')} {...plain} label={t('jwt.keysUrl')} help={t('jwt.keysUrlHelp')} type="url" />
      )}
      <details>
        <summary className="cursor-pointer text-body font-medium">{t('jwt.more')}</summary>
        <div className="mt-3 flex flex-col gap-4">
          {CLAIMS.map((name) => (
            <TextField key={name} {...form.field(name)} {...plain} label={t(`jwt.${name}`)} />
          ))}
        </div>
      </details>
    </>
  );
}
