import { Button } from '@privexbot/ui/base/Button.tsx';
import { Dialog } from '@privexbot/ui/base/Dialog.tsx';
import { TextField } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api.ts';
import { useForm } from '../../forms/use-form.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { meQuery } from '../../queries.ts';
import { CodeForm } from '../auth/steps/CodeForm.tsx';

import { DirectoryPassword, GoToDirectory, type WayIn } from '../auth/steps/ConnectionStep.tsx';
import { PasskeyProblem } from '../auth/steps/PasskeyProblem.tsx';
import type { WayProps } from '../auth/ways.ts';

type Started = Awaited<ReturnType<Awaited<ReturnType<typeof api>>['credentials']['startStepUp']>>;
type Way = Started['ways'][number];

/** Proves once more who is at the device, the strongest way first. Closing it gives the call up. */
export function StepUpDialog({ onDone }: { onDone: (proven: boolean) => void }) {
  const t = useText();
  const start = useQuery({
    queryKey: ['step-up'],
    queryFn: async () => (await api()).credentials.startStepUp(),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Dialog open onOpenChange={() => onDone(false)} title={t('stepUp.title')} description={t('stepUp.text')}>
      <Loaded query={start} failed={t('stepUp.failed')}>
        {(started) =>
          started.ways.length > 0 ? (
            <Ways started={started} again={start.refetch} onDone={onDone} />
          ) : started.connection ? (
            <AtDirectory connection={started.connection} onDone={onDone} />
          ) : (
            <SignInAgain onDone={onDone} />
          )
        }
      </Loaded>
    </Dialog>
  );
}

function Ways({ started, again, onDone }: { started: Started; again: () => Promise<unknown>; onDone: (proven: boolean) => void }) {
  const t = useText();
  const [way, setWay] = useState<Way>(started.ways[0] ?? 'password');
  const prove = async (body: Parameters<Awaited<ReturnType<typeof api>>['credentials']['stepUp']>[0]['body']) => {
    await (await api()).credentials.stepUp({ body });
    onDone(true);
  };
  return (
    <div className="flex flex-col gap-4 pb-2">
      {way === 'passkey' && (
        <PasskeyProof
          prove={async () => {
            const { challenge = '', options = {} } = started.passkey ?? {};
            const { askFor } = await import('../auth/passkeys.ts');
            // Whatever comes of it, a challenge is asked once.
            await askFor(options)
              .then((response) => prove({ way, challenge, response }))
              .finally(again);
          }}
        />
      )}
      {way === 'password' && <PasswordProof prove={(password) => prove({ way, password })} />}
      {(way === 'totp' || way === 'recovery') && (
        <CodeForm key={way} way={way} failed={t('stepUp.failed')} action={t('stepUp.action')} prove={(code) => prove({ way, code })} />
      )}
      {started.ways.length > 1 && (
        <div className="flex flex-wrap gap-2 border-t border-line pt-4">
          {started.ways
            .filter((other) => other !== way)
            .map((other) => (
              <Button key={other} className="flex-1" onClick={() => setWay(other)}>
                {t(`factor.${other}`)}
              </Button>
            ))}
        </div>
      )}
    </div>
  );
}

function PasswordProof({ prove }: { prove: (password: string) => Promise<void> }) {
  const t = useText();
  const form = useForm({
    initial: { password: '' },
    check: ({ password }) => (password ? {} : { password: t('form.empty') }),
    submit: ({ password }) => prove(password),
  });
  return (
    <form {...form.form} className="flex flex-col gap-4">
      <TextField {...form.field('password')} label={t('auth.password')} type="password" autoComplete="current-password" autoFocus />
      {form.failure && <ErrorNote title={t('stepUp.failed')} failure={form.failure} />}
      <Button type="submit" variant="primary" busy={form.busy}>
        {t('stepUp.action')}
      </Button>
    </form>
  );
}

function PasskeyProof({ prove }: { prove: () => Promise<void> }) {
  const t = useText();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      {error !== undefined && <PasskeyProblem title={t('stepUp.failed')} error={error} />}
      <Button
        variant="primary"
        busy={busy}
        onClick={() => {
          setBusy(true);
          void prove()
            .catch(setError)
            .finally(() => setBusy(false));
        }}
      >
        {t('passkey.use')}
      </Button>
    </div>
  );
}

/** A directory is asked here with name and password, or on pages of its own, from which one comes back to this page. */
function AtDirectory({ connection, onDone }: { connection: WayIn; onDone: (proven: boolean) => void }) {
  const t = useText();
  const { data: me } = useQuery(meQuery);
  const enter: WayProps['enter'] = async (signIn) => {
    const { id } = await signIn();
    // Whoever else signed in there has a session of their own now, and nothing of what was begun here.
    if (id !== me?.id) location.assign('/');
    else onDone(true);
  };
  if (connection.kind === 'ldap') return <DirectoryPassword connection={connection} name="" enter={enter} onBack={() => onDone(false)} />;
  return (
    <div className="flex flex-col gap-4 pb-2">
      <p>{t('stepUp.directory', { name: connection.name })}</p>
      <GoToDirectory connection={connection} back={location.pathname + location.search} />
    </div>
  );
}

/** Of people who come by a wallet or a mailed link: they prove themselves there. */
function SignInAgain({ onDone }: { onDone: (proven: boolean) => void }) {
  const t = useText();
  const navigate = useNavigate();
  return (
    <div className="flex flex-col items-start gap-4 pb-2">
      <p>{t('stepUp.again')}</p>
      <Button
        variant="primary"
        onClick={() => {
          onDone(false);
          void navigate({ to: '/sign-in', search: { next: location.pathname + location.search } });
        }}
      >
        {t('signIn.action')}
      </Button>
    </div>
  );
}
