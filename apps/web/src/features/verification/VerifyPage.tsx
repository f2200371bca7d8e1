import { buttonClass } from '@privexbot/ui/base/Button.tsx';
import { LanguagePicker } from '@privexbot/ui/text/LanguagePicker.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { VerificationPanel } from '@privexbot/ui/verification/VerificationPanel.tsx';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';

/** The panel behind the shield as a page of its own, for whoever wants to look before signing in. */
export function VerifyPage() {
  const t = useText();
  const title = t('verification.title');
  useEffect(() => {
    document.title = t('page.title', { page: title });
  }, [t, title]);
  return (
    <div className="flex min-h-window flex-col">
      <header className="flex items-center justify-between gap-4 p-4">
        <span className="text-reading font-semibold">PrivexBot</span>
        <LanguagePicker />
      </header>
      <main className="mx-auto flex w-full max-w-2xl flex-1 flex-col gap-4 p-4 pb-12">
        <h1 className="text-h1 font-semibold">{title}</h1>
        <p className="max-w-[72ch] text-body text-muted">{t('verification.pageText')}</p>
        <VerificationPanel />
        <Link to="/" className={`${buttonClass()} self-start`}>
          {t('verification.toApp')}
        </Link>
      </main>
    </div>
  );
}
