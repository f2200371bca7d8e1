import type { ConnectionKind } from '@privexbot/contract';
import { Button } from '@privexbot/ui/base/Button.tsx';
import { TextArea, TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { toFailure } from '../../api.ts';
import { AttemptView, CheckList } from './AttemptView.tsx';
import type { Attempt } from './queries.ts';

type Started = { url: string } | { attempt: unknown };

/** What can be checked without a person, and a sign-in that signs nobody in. */
export function TestStep({
  kind,
  last,
  onProbe,
  onTest,
  onTested,
}: {
  kind: ConnectionKind;
  /** The last test there was. */
  last: Attempt | undefined;
  onProbe: () => Promise<Attempt['checks']>;
  onTest: (given: Given) => Promise<Started>;
  onTested: () => Promise<void>;
}) {
  const { t, formats } = useTexts();
  const probe = useMutation({ mutationFn: onProbe });
  const test = useMutation({
    async mutationFn({ given, tab }: { given: Given; tab: Window | null }) {
      const started = await onTest(given);
      if ('url' in started) go(started.url, tab);
    },
    onError: (_, { tab }) => tab?.close(),
    onSuccess: onTested,
  });
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap gap-2">
        <Button busy={probe.isPending} onClick={() => probe.mutate()}>
          {t('sso.probe')}
        </Button>
        {(kind === 'oidc' || kind === 'saml') && (
          // The tab is opened by the press itself: browsers refuse one that comes later.
          <Button busy={test.isPending} onClick={() => test.mutate({ given: {}, tab: window.open('about:blank', '_blank') })}>
            {t('sso.test')}
          </Button>
        )}
      </div>
      {kind === 'ldap' && (
        <DirectTest fields={['name', 'password']} busy={test.isPending} onTest={(given) => test.mutate({ given, tab: null })} />
      )}
      {kind === 'jwt' && <DirectTest fields={['token']} busy={test.isPending} onTest={(given) => test.mutate({ given, tab: null })} />}
      {probe.error && <ErrorNote title={t('sso.notProbed')} failure={toFailure(probe.error)} />}
      {test.error && <ErrorNote title={t('sso.notTested')} failure={toFailure(test.error)} />}
      {probe.data && <CheckList checks={probe.data} label={t('sso.probed')} />}
      {last && (
        <section aria-label={t('sso.lastTest')} className="flex flex-col gap-3">
          <h4 className="text-body font-semibold">
            {t('sso.lastTest')} · <time dateTime={last.at}>{formats.date(last.at)}</time>
          </h4>
          <AttemptView attempt={last} />
        </section>
      )}
    </div>
  );
}

interface Given {
  name?: string;
  password?: string;
  token?: string;
}

function DirectTest({ fields, busy, onTest }: { fields: readonly (keyof Given)[]; busy: boolean; onTest: (given: Given) => void }) {
  const { t } = useTexts();
  const [values, setValues] = useState<Given>({});
  const input: Record<keyof Given, () => ReactNode> = {
    name: () => (
      <TextField
        label={t('sso.testName')}
        autoComplete="off"
        value={values.name ?? ''}
        onChange={(event) => set('name', event.currentTarget.value)}
      />
    ),
    password: () => (
      <TextField
        label={t('auth.password')}
        type="password"
        autoComplete="off"
        value={values.password ?? ''}
        onChange={(event) => set('password', event.currentTarget.value)}
      />
    ),
    token: () => (
      <TextArea
        label={t('sso.testToken')}
        dir="ltr"
        spellCheck={false}
        value={values.token ?? ''}
        onChange={(event) => set('token', event.currentTarget.value)}
      />
    ),
  };
  const set = (name: keyof Given, value: string) => setValues((before) => ({ ...before, [name]: value }));
  return (
    <form
      className="flex max-w-xl flex-col items-start gap-3 *:w-full"
      onSubmit={(event) => {
        event.preventDefault();
        onTest(values);
      }}
    >
      {fields.map((field) => (
        <div key={field}>{input[field]()}</div>
      ))}
      <Button type="submit" className="self-start" busy={busy}>
        {t('sso.testHere')}
      </Button>
    </form>
  );
}

/** Where the browser opened no tab, the test goes on in this one. */
function go(url: string, tab: Window | null): void {
  if (tab) tab.location.replace(url);
  else location.assign(url);
}
