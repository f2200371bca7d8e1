import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import { type Failure, failureText } from '@privexbot/ui/failure.ts';
import { EmptyState } from '@privexbot/ui/state/EmptyState.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link } from '@tanstack/react-router';

const POLICIES: readonly Failure['code'][] = ['sso_required', 'mfa_required', 'policy_refused'];

/** Whether a policy of the organization keeps out whoever came the way they did. */
export function isBarred({ code }: Failure): boolean {
  return POLICIES.includes(code);
}

/** In place of a screen: trying again would come to the same, signing in another way would not. */
export function Barred({ failure }: { failure: Failure }) {
  const t = useText();
  return (
    <div role="alert">
      <EmptyState
        title={t('barred.title')}
        action={
          <Link to="/sign-in" search={{ next: location.pathname + location.search }} className={buttonClass({ variant: 'primary' })}>
            {t('barred.action')}
          </Link>
        }
      >
        {failureText(t, failure)}
      </EmptyState>
    </div>
  );
}
