import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link, useLocation } from '@tanstack/react-router';
import { directoryLeft } from '../../../session/directory-left.ts';
import { AuthPage } from '../AuthPage.tsx';

/** After a sign-out that went on to the person's directory; the browser comes back here, if the directory sends it. */
export function SignedOut() {
  const t = useText();
  const { hash } = useLocation();
  const name = directoryLeft();
  // Anybody can link here: the directory is spoken of only in the tab that went there.
  const text = !name ? t('signedOut.here') : hash === 'there' ? t('signedOut.there', { name }) : t('signedOut.asked', { name });
  return (
    <AuthPage title={t('signedOut.title')}>
      <p className="text-body text-muted">{text}</p>
      <Link to="/sign-in" className={buttonClass()}>
        {t('connection.again')}
      </Link>
    </AuthPage>
  );
}
