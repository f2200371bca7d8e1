import { Button } from '@privexbot/ui/base/Button.tsx';
import { Checkbox, RadioGroup } from '@privexbot/ui/base/Checkbox.tsx';
import { Select, TextArea } from '@privexbot/ui/base/Field.tsx';
import { useToast } from '@privexbot/ui/base/Toasts.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { type MessageId, messageId } from '@privexbot/ui/text/texts.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, toFailure } from '../../api.ts';
import { MissingForSso, PolicyEffect } from './PolicyEffect.tsx';
import { type Effect, type Policies, type PolicyState, policiesQuery } from './queries.ts';

type Way = NonNullable<Policies['ways']>[number];

const WAYS: readonly (readonly [Way, MessageId])[] = [
  ['password', messageId('policies.way.password')],
  ['link', messageId('policies.way.link')],
  ['passkey', messageId('policies.way.passkey')],
  ['evm', messageId('policies.way.evm')],
  ['solana', messageId('policies.way.solana')],
  ['cosmos', messageId('policies.way.cosmos')],
  ['sso', messageId('policies.way.sso')],
];
const IDLE = [5, 15, 30, 60, 240, 1_440, 10_080] as const;
const AGES = [60, 480, 1_440, 10_080, 43_200] as const;
const NEVER = 'never';

/** The policies as a draft: its effect is looked at first, then it is set as a whole. */
export function PolicyForm({ org, state }: { org: string; state: PolicyState }) {
  const t = useText();
  const toast = useToast();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(state.policies);
  const [networks, setNetworks] = useState(state.policies.networks.join('\n'));
  const preview = useMutation({
    mutationFn: async (body: Policies) => ({ of: body, effect: await (await api()).policies.preview({ params: { org }, body }) }),
  });
  const save = useMutation({
    mutationFn: async (policies: Policies) => (await api()).policies.set({ params: { org }, body: { policies, revision: state.revision } }),
    onSuccess: async () => {
      toast(t('policies.saved'));
      await queryClient.invalidateQueries({ queryKey: policiesQuery(org).queryKey });
    },
  });
  const change = (part: Partial<Policies>) => setDraft((now) => ({ ...now, ...part }));
  const wish: Policies = { ...draft, networks: networks.split(/[\s,]+/).filter(Boolean) };
  const isLookedAt = preview.data && JSON.stringify(preview.data.of) === JSON.stringify(wish);
  const isChanged = JSON.stringify(wish) !== JSON.stringify(state.policies);
  const reason = isChanged ? (isLookedAt ? hindrance(t, preview.data.effect) : t('policies.lookFirst')) : t('policies.unchanged');
  const ways = draft.ways ?? WAYS.map(([way]) => way);
  const setWay = (way: Way, on: boolean) => {
    const next = WAYS.map(([one]) => one).filter((one) => (one === way ? on : ways.includes(one)));
    if (next.length > 0) change({ ways: next.length === WAYS.length ? undefined : next });
  };
  return (
    <form className="flex flex-col gap-6" onSubmit={(event) => event.preventDefault()}>
      <Section title={t('policies.mfa')}>
        <RadioGroup
          legend={t('policies.mfaWhom')}
          value={draft.mfa}
          onValueChange={(mfa) => change({ mfa })}
          options={[
            { value: 'off', label: t('policies.mfaOff') },
            { value: 'own', label: t('policies.mfaOwn'), description: t('policies.mfaOwnText') },
            { value: 'everybody', label: t('policies.mfaEverybody'), description: t('policies.mfaEverybodyText') },
          ]}
        />
      </Section>
      <Section title={t('policies.sso')}>
        <MissingForSso needs={state.missing} />
        <Checkbox
          label={t('policies.ssoRequired')}
          description={t('policies.ssoText')}
          checked={draft.ssoRequired}
          onCheckedChange={(ssoRequired) => change({ ssoRequired })}
        />
        {draft.ssoRequired && (
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-1 text-body font-medium">{t('policies.breakGlass')}</legend>
            <p className="text-dense text-muted">{t('policies.breakGlassText')}</p>
            {state.admins.map(({ user, name, email, secondFactor }) => (
              <Checkbox
                key={user}
                label={<bdi>{email ? `${name} (${email})` : name}</bdi>}
                description={secondFactor ? undefined : t('policies.noSecondFactor')}
                checked={draft.breakGlass.includes(user)}
                onCheckedChange={(on) =>
                  change({ breakGlass: on ? [...draft.breakGlass, user] : draft.breakGlass.filter((one) => one !== user) })
                }
              />
            ))}
          </fieldset>
        )}
      </Section>
      <Section title={t('policies.ways')}>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-body font-medium">{t('policies.waysAllowed')}</legend>
          {WAYS.map(([way, word]) => (
            <Checkbox key={way} label={t(word)} checked={ways.includes(way)} onCheckedChange={(on) => setWay(way, on)} />
          ))}
        </fieldset>
      </Section>
      <Section title={t('policies.sessions')}>
        <div className="flex flex-wrap gap-4">
          <Duration
            label={t('policies.idle')}
            help={t('policies.idleText')}
            choices={IDLE}
            value={draft.idleMinutes}
            onChange={(idleMinutes) => change({ idleMinutes })}
          />
          <Duration
            label={t('policies.age')}
            help={t('policies.ageText')}
            choices={AGES}
            value={draft.sessionMinutes}
            onChange={(sessionMinutes) => change({ sessionMinutes })}
          />
        </div>
      </Section>
      <Section title={t('policies.networks')}>
        <TextArea
          label={t('policies.networksAllowed')}
          help={t('policies.networksText', { address: state.address })}
          rows={4}
          dir="ltr"
          spellCheck={false}
          value={networks}
          onChange={(event) => setNetworks(event.currentTarget.value)}
        />
      </Section>
      <Section title={t('policies.capture')}>
        <Checkbox
          label={t('policies.captureDomains')}
          description={t('policies.captureText')}
          checked={draft.captureDomains}
          onCheckedChange={(captureDomains) => change({ captureDomains })}
        />
      </Section>
      {isLookedAt && <PolicyEffect effect={preview.data.effect} />}
      {preview.error && <ErrorNote title={t('policies.notLookedAt')} failure={toFailure(preview.error)} />}
      {save.error && <ErrorNote title={t('policies.notSaved')} failure={toFailure(save.error)} />}
      <div className="flex flex-wrap gap-2">
        <Button
          busy={preview.isPending}
          disabledReason={isChanged ? undefined : t('policies.unchanged')}
          onClick={() => preview.mutate(wish)}
        >
          {t('policies.look')}
        </Button>
        <Button variant="primary" busy={save.isPending} disabledReason={reason} onClick={() => save.mutate(wish)}>
          {t('policies.save')}
        </Button>
      </div>
    </form>
  );
}

function hindrance(t: ReturnType<typeof useText>, { you, missing }: Effect): string | undefined {
  if (you.length > 0) return t('policies.locksYouOut');
  return missing.length > 0 ? t('policies.missingFirst') : undefined;
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <h2 className="text-reading font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Duration({
  label,
  help,
  choices,
  value,
  onChange,
}: {
  label: string;
  help: string;
  choices: readonly number[];
  value: number | undefined;
  onChange: (minutes: number | undefined) => void;
}) {
  const t = useText();
  // One that was set by another client is there to be kept.
  const all = value === undefined || choices.includes(value) ? choices : [...choices, value].sort((a, b) => a - b);
  return (
    <Select
      label={label}
      help={help}
      value={value === undefined ? NEVER : String(value)}
      options={[
        { value: NEVER, label: t('policies.never') },
        ...all.map((minutes) => ({ value: String(minutes), label: inWords(t, minutes) })),
      ]}
      onValueChange={(chosen) => onChange(chosen === NEVER ? undefined : Number(chosen))}
    />
  );
}

function inWords(t: ReturnType<typeof useText>, minutes: number): string {
  if (minutes % 1_440 === 0) return t('policies.days', { count: minutes / 1_440 });
  return minutes % 60 === 0 ? t('policies.hours', { count: minutes / 60 }) : t('policies.minutes', { count: minutes });
}
