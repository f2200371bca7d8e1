import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { toFailure } from '../../../api.ts';

/** Why no passkey was used: the person closed the question, the address takes none, or the server refused. */
export function PasskeyProblem({ title, error }: { title: string; error: unknown }) {
  const t = useText();
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasskeyCancelled') return <p role="alert">{t('passkey.cancelled')}</p>;
  // WebAuthn §5.1.3: an address that is a number, or a page without TLS elsewhere.
  const isAddress = name === 'SecurityError' || name === 'WebAuthnError';
  const failure = isAddress ? { code: 'passkeys_need_name', reference: '', retry: false, details: {} } : toFailure(error);
  return <ErrorNote title={title} failure={failure as ReturnType<typeof toFailure>} />;
}
