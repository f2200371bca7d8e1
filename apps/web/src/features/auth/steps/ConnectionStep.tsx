import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useState } from 'react';
import { api } from '../../../api.ts';
import { useForm } from '../../../forms/use-form.ts';
import { problems } from '../checks.ts';
import type { WayProps } from '../ways.ts';
import { rememberTarget } from './after-directory.ts';

export interface WayIn {
  readonly id: string;
  readonly name: string;
  readonly kind: 'oidc' | 'saml' | 'ldap';
}

/** The company's own directories for the typed address: a page of theirs, or their name and password. */
export function ConnectionStep({ email, connections, enter, onBack }: WayProps) {
  const t = useText();
  const [asked, setAsked] = useState(connections.length === 1 && connections[0]?.kind === 'ldap' ? connections[0] : undefined);
  if (asked) return <DirectoryPassword connection={asked} name={email} enter={enter} onBack={onBack} />;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center justify-between gap-2">
        <bdi className="min-w-0 truncate">{email}</bdi>
        <Button variant="quiet" size="sm" onClick={onBack}>
          {t('signIn.otherAddress')}
        </Button>
      </div>
      {connections.map((connection) =>
        connection.kind === 'ldap' ? (
          <Button key={connection.id} variant="primary" onClick={() => setAsked(connection)}>
            {t('connection.continue', { name: connection.name })}
          </Button>
        ) : (
          <GoToDirectory key={connection.id} connection={connection} email={email} />
        ),
      )}
    </div>
  );
}

/** Leaves for the directory's pages; the browser comes back to `/sign-in/return`. With `back`, a page here, the directory asks anew. */
export function GoToDirectory({ connection: { id, name }, email, back }: { connection: WayIn; email?: string; back?: string }) {
  const t = useText();
  const form = useForm({
    initial: {},
    check: () => ({}),
    async submit() {
      const started = await (await api()).sso.start({
        body: { connection: id, ...(email ? { loginHint: email } : {}), ...(back ? { fresh: true } : {}) },
      });
      if (started.way !== 'redirect') throw new Error('the directory has no pages');
      rememberTarget(back ?? new URLSearchParams(location.search).get('next') ?? '/');
      location.assign(started.url);
    },
  });
  return (
    <form {...form.form} className="flex flex-col gap-3">
      {form.failure && <ErrorNote title={t('signIn.failed')} failure={form.failure} />}
      <Button type="submit" variant="primary" busy={form.busy}>
        {t('connection.continue', { name })}
      </Button>
    </form>
  );
}

/** Name and password of a directory that is asked directly; they go through the sealed channel only. */
export function DirectoryPassword({
  connection,
  name,
  enter,
  onBack,
}: { connection: WayIn; name: string } & Pick<WayProps, 'enter' | 'onBack'>) {
  const t = useText();
  const form = useForm({
    initial: { name, password: '' },
    check: (values) =>
      problems({ name: values.name.trim() ? undefined : t('form.empty'), password: values.password ? undefined : t('form.empty') }),
    submit: ({ name, password }) =>
      enter(async () => (await api()).sso.signIn({ body: { connection: connection.id, name: name.trim(), password } })),
  });
  return (
    <form {...form.form} className="flex flex-col gap-4">
      <p className="text-body text-muted">{t('connection.directText', { name: connection.name })}</p>
      <TextField {...form.field('name')} label={t('connection.name')} autoComplete="username" dir="ltr" spellCheck={false} />
      <TextField {...form.field('password')} label={t('auth.password')} type="password" autoComplete="current-password" />
      {form.failure && <ErrorNote title={t('signIn.failed')} failure={form.failure} />}
      <Button type="submit" variant="primary" busy={form.busy}>
        {t('signIn.action')}
      </Button>
      <Button variant="quiet" onClick={onBack}>
        {t('way.back')}
      </Button>
    </form>
  );
}
